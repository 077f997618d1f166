/**
 * Writes what is made from the contracts: `docs/routes.md`, `docs/openapi/<service>.json` and the contract lock.
 *
 *   node tools/contract-lock.mjs            refuses when a locked contract would break, and says what
 *   node tools/contract-lock.mjs --accept   writes nevertheless; the change is then visible in the review
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

const folder = mkdtempSync(join(process.cwd(), 'node_modules', '.contract-lock-'));
try {
  const file = join(folder, 'documents.mjs');
  const bundle = await rolldown({
    input: 'libs/service-kit/src/documents.ts',
    platform: 'node',
    tsconfig: 'libs/service-kit/tsconfig.json',
    // Our own code and the compiler's helpers go in; packages are imported from node_modules.
    external: (id) => !/^(@muster\/|@oxc-project\/|[./\0])/.test(id),
  });
  await bundle.write({ file, format: 'esm', codeSplitting: false, keepNames: true });
  await bundle.close();
  const { changesSince, contractDocuments, LOCK_FILE } = await import(pathToFileURL(file).href);
  const breaking = existsSync(LOCK_FILE) ? changesSince(LOCK_FILE) : [];
  for (const change of breaking) console.error(`breaks: ${change}`);
  if (breaking.length > 0 && !process.argv.includes('--accept')) {
    console.error('Add a new version beside the old contract, or accept with --accept.');
    process.exitCode = 1;
  } else {
    for (const [path, text] of Object.entries(contractDocuments())) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      console.log(path);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

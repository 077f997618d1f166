import { mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

/** What the tests use (`libs/testing`), bundled as it is now. `entry`: `index` (servers, devices) or `load/index` (a fleet). */
export const testing = (entry = 'index') => bundled('libs/testing', `src/${entry}.ts`);

/** A module of a project, bundled as it is now. */
export async function bundled(project, file) {
  const place = mkdtempSync(resolve('node_modules/.bench-'));
  try {
    const bundle = await rolldown({
      input: `${project}/${file}`,
      platform: 'node',
      tsconfig: `${project}/tsconfig.json`,
      external: (id) => !/^(@muster\/|@oxc-project\/|[./\0])/.test(id),
    });
    await bundle.write({ file: join(place, 'testing.mjs'), format: 'esm', codeSplitting: false, keepNames: true });
    await bundle.close();
    return await import(pathToFileURL(join(place, 'testing.mjs')).href);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

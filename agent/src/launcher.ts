import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * Starts the installed version of the agent in this same process: `current` beside this file names the folder below
 * `versions/`. It knows nothing else and is never updated, so that whatever happens to an update, the service manager
 * finds a program here that starts. What the versions owe it is an exported `main(arguments)` that gives an exit code.
 */
interface Version {
  main(given: readonly string[]): Promise<number>;
}

const install = dirname(fileURLToPath(import.meta.url));
const version = readFileSync(join(install, 'current'), 'utf8').trim();
if (!/^[0-9A-Za-z][0-9A-Za-z.+-]*$/.test(version)) {
  console.error(`muster-agent: ${join(install, 'current')} does not name a version`);
  process.exit(1);
}
const agent = (await import(pathToFileURL(join(install, 'versions', version, 'main.mjs')).href)) as Version;
process.exit(await agent.main(process.argv.slice(2)));

/** `npm start`: installs what is missing, builds what changed, and becomes the supervisor of the local stack. */
import { readFileSync } from 'node:fs';
import { build, checkNode, installDependencies, installSystemPackages } from './prepare.mjs';

if (process.argv.includes('--help')) {
  console.log(readFileSync(new URL('../local-stack/usage.txt', import.meta.url), 'utf8').trimEnd());
  process.exit(0);
}
process.env.MUSTER_STARTED_AT = String(Date.now());
checkNode();
installSystemPackages('run');
installDependencies();
console.log('Building …');
build();
await import('../local-stack/dist/main.mjs');

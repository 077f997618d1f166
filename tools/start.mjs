/** `npm start`: installs what is missing, builds what changed, and becomes the supervisor of the local stack. */
import { build, checkNode, installDependencies, installSystemPackages } from './prepare.mjs';

process.env.MUSTER_STARTED_AT = String(Date.now());
checkNode();
installSystemPackages('run');
installDependencies();
console.log('Building …');
build();
await import('../local-stack/dist/main.mjs');

/** `npm run -s broker`: bundles the push broker with its standalone entry when something has changed, and becomes it. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { checkNode, installDependencies, root } from './prepare.mjs';

const project = 'services/push-broker';
const output = join(root, project, 'dist/standalone');
const entries = ['standalone/main', 'standalone/broker'];
const sources = [project, 'libs/bus', 'libs/contracts', 'libs/service-kit', 'libs/testing'].map(
  (name) => `${name}/src`,
);

/** When the newest of what a bundle is made of was changed. */
function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

checkNode();
if (!existsSync(join(root, 'node_modules'))) installDependencies();
const changed = Math.max(
  ...[...sources, 'package-lock.json', 'tools/bundle.mjs'].map((path) => newest(join(root, path))),
);
const stamp = join(output, 'package.json');
if (!existsSync(stamp) || statSync(stamp).mtimeMs < changed) {
  const bundling = spawnSync(process.execPath, ['tools/bundle.mjs', project, output, ...entries], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (bundling.status !== 0) process.exit(bundling.status ?? 1);
}
await import(join(output, 'standalone/main.mjs'));

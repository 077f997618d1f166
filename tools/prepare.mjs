/** Steps that `npm start` and `npm test` share. Plain Node.js without dependencies: nothing is installed yet. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const OLDEST_NODE = [20, 19];

/** Ends the process with one sentence. */
export function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (result.error) fail(`${command} could not be run: ${result.error.message}.`);
  return result.status ?? 1;
}

export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
    fail(`Node.js ${process.versions.node} is too old; install ${OLDEST_NODE.join('.')} or later.`);
  }
}

export function installSystemPackages(purpose) {
  if (process.platform !== 'linux') return;
  if (run('sh', [join(root, 'tools/install-system-packages.sh'), purpose]) !== 0) process.exit(1);
}

/** `npm ci`, but only when the lock file is not the one that was installed. */
export function installDependencies() {
  const stamp = join(root, 'node_modules/.muster-lock');
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.log('Installing npm packages …');
  if (run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']) !== 0) {
    fail('The npm packages could not be installed; read the lines above.');
  }
  writeFileSync(stamp, wanted);
}

/** Environment in which Nx neither leaves a process behind nor asks anything. */
export const nxEnvironment = { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false', CI: process.env.CI ?? 'true' };

/** Builds what changed. Quiet unless it fails. */
export function build() {
  const nx = join(root, 'node_modules/nx/dist/bin/nx.js');
  const args = [nx, 'run-many', '-t', 'build', '--output-style=static'];
  const result = spawnSync(process.execPath, args, { cwd: root, env: nxEnvironment, encoding: 'utf8' });
  if (result.status !== 0) fail(`The build failed:\n${result.stdout}\n${result.stderr}`);
}

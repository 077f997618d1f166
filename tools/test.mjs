/**
 * `npm test`: installs what it needs and runs everything that must hold at each change. Each check counts as one;
 * Vitest's tests count one by one. Ends with `N passed, N failed`. Arguments choose checks by name.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkNode, installDependencies, installSystemPackages, nxEnvironment, root } from './prepare.mjs';

const scratch = mkdtempSync(join(tmpdir(), 'muster-test-'));
const bin = (name) => join(root, 'node_modules/.bin', name);
const nx = [join(root, 'node_modules/nx/dist/bin/nx.js'), 'run-many', '--output-style=static', '-t'];

/** [name, what it does: returns [passed, failed]] */
const checks = [
  ['format', () => command(bin('prettier'), ['--check', '--log-level=warn', '.'])],
  ['lint', () => command(process.execPath, [...nx, 'lint'])],
  ['boundaries', () => command(process.execPath, [join(root, 'tools/boundaries/check.mjs')])],
  ['types', () => command(process.execPath, [...nx, 'typecheck'])],
  ['build', () => command(process.execPath, [...nx, 'build'])],
  ['unit', () => vitest('unit', 'vitest.config.ts')],
  ['e2e', () => vitest('e2e', 'e2e/vitest.config.ts')],
];

checkNode();
installSystemPackages('test');
installDependencies();

const chosen = process.argv.slice(2);
let passed = 0;
let failed = 0;
for (const [name, check] of checks) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  const startedAt = Date.now();
  console.log(`\n== ${name}`);
  const [good, bad] = check();
  passed += good;
  failed += bad;
  console.log(`== ${name}: ${good} passed, ${bad} failed in ${((Date.now() - startedAt) / 1000).toFixed(0)} s`);
}
rmSync(scratch, { recursive: true, force: true });
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);

function command(file, args) {
  const result = spawnSync(file, args, { cwd: root, env: nxEnvironment, encoding: 'utf8', maxBuffer: 64e6 });
  if (result.status === 0) return [1, 0];
  console.log(result.stdout, result.stderr, result.error ?? '');
  return [0, 1];
}

/** A run that produced no report, or found no test, has failed. */
function vitest(name, config) {
  const report = join(scratch, `${name}.json`);
  const args = ['run', '--config', config, '--reporter=dot', '--reporter=json', `--outputFile.json=${report}`];
  // CI: a snapshot that is missing fails instead of being written.
  const result = spawnSync(bin('vitest'), args, { cwd: root, stdio: 'inherit', env: { ...nxEnvironment, CI: 'true' } });
  try {
    const { numPassedTests, numFailedTests, numFailedTestSuites, success } = JSON.parse(readFileSync(report, 'utf8'));
    const bad = Math.max(numFailedTests, numFailedTestSuites > 0 || !success || result.status !== 0 ? 1 : 0);
    return numPassedTests + bad === 0 ? [0, 1] : [numPassedTests, bad];
  } catch (error) {
    console.log(`no report of ${name}: ${error.message}`);
    return [0, 1];
  }
}

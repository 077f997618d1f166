/**
 * `npm test`: installs what it needs and runs everything that must hold at each change. Each check counts as one;
 * Vitest's tests count one by one. Ends with `N passed, N failed`. Arguments choose checks by name.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
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
/** One line each, said once more at the end, where the end of a log is all that is looked at. */
const failures = [];
let passed = 0;
let failed = 0;
for (const [name, check] of checks) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  const startedAt = Date.now();
  console.log(`\n== ${name}`);
  const [good, bad] = check();
  passed += good;
  failed += bad;
  if (bad > 0 && !failures.some((line) => line.startsWith(name))) failures.push(name);
  console.log(`== ${name}: ${good} passed, ${bad} failed in ${((Date.now() - startedAt) / 1000).toFixed(0)} s`);
}
rmSync(scratch, { recursive: true, force: true });
if (failures.length > 0) console.log(`\nFailed:\n  ${failures.join('\n  ')}`);
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
    const run = JSON.parse(readFileSync(report, 'utf8'));
    const { numPassedTests, numFailedTests, numFailedTestSuites, success } = run;
    failures.push(...run.testResults.flatMap((file) => failuresOf(name, file)));
    const bad = Math.max(numFailedTests, numFailedTestSuites > 0 || !success || result.status !== 0 ? 1 : 0);
    return numPassedTests + bad === 0 ? [0, 1] : [numPassedTests, bad];
  } catch (error) {
    console.log(`no report of ${name}: ${error.message}`);
    return [0, 1];
  }
}

/** The failed tests of a file; the file itself when it could not be run. */
function failuresOf(check, { name, status, message, assertionResults }) {
  const file = `${check}: ${relative(root, name)}`;
  const failing = assertionResults.filter((test) => test.status === 'failed');
  if (failing.length === 0) return status === 'failed' ? [`${file}: ${firstLine(message)}`] : [];
  return failing.map((test) => `${file}: ${test.fullName}: ${firstLine(test.failureMessages[0])}`);
}

function firstLine(message = '') {
  return message.split('\n', 1)[0].slice(0, 200);
}

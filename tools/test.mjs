/**
 * `npm test`: installs what it needs and runs everything that must hold at each change. Each check counts as one;
 * Vitest's tests count one by one. Ends with `N passed, N failed`. Arguments choose checks by name.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';
import { checkNode, fail, installDependencies, installSystemPackages, nxEnvironment, root } from './prepare.mjs';

/** A check that takes longer hangs, also on a machine three times slower than the one with two processors this is made for. */
const LONGEST_MINUTES = 60;
const scratch = mkdtempSync(join(tmpdir(), 'muster-test-'));
const bin = (name) => join(root, 'node_modules/.bin', name);
const nx = [join(root, 'node_modules/nx/dist/bin/nx.js'), 'run-many', '--output-style=static', '-t'];

/** [name, what it does: resolves to [passed, failed]], one after another. */
const first = [
  ['format', () => command('format', bin('prettier'), ['--check', '--log-level=warn', '.'])],
  ['lint', () => command('lint', process.execPath, [...nx, 'lint'])],
  ['boundaries', () => command('boundaries', process.execPath, [join(root, 'tools/boundaries/check.mjs')])],
  ['types', () => command('types', process.execPath, [...nx, 'typecheck'])],
  ['build', () => command('build', process.execPath, [...nx, 'build'])],
];
/** What there is time for at each change; `npm run e2e:compose` has the rest: upgrades, the command's image, bad input. */
const COMPOSE_FILES = ['10-servers', '20-devices', '30-backup', '50-certificates'];
/** Two lanes side by side: servers of e2e:compose mostly wait for each other, which leaves the processors to other tests. */
const lanes = [
  [
    ['unit', () => vitest('unit', 'vitest.config.ts')],
    ['e2e', () => vitest('e2e', 'e2e/vitest.config.ts')],
  ],
  [['e2e:compose', () => vitest('e2e:compose', 'e2e-compose/vitest.config.ts', COMPOSE_FILES)]],
];
const names = [...first, ...lanes.flat()].map(([name]) => name);

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !names.includes(name));
if (unknown.length > 0) fail(`There is no check ${unknown.join(', ')}; there are ${names.join(', ')}.`);
const chosen = asked.length > 0 ? asked : names;

checkNode();
installSystemPackages('test');
installDependencies();

/** One line each, said once more at the end, where the end of a log is all that is looked at. */
const failures = [];
let passed = 0;
let failed = 0;
/** Checks that run now; with several, each line says whose it is. */
const running = new Set();
const baseImages = chosen.includes('e2e:compose') ? makeBaseImages() : undefined;
await inOrder(first);
await Promise.all(lanes.map(inOrder));
baseImages?.kill();
rmSync(scratch, { recursive: true, force: true });
if (failures.length > 0) console.log(`\nFailed:\n  ${failures.join('\n  ')}`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);

async function inOrder(checks) {
  for (const [name, check] of checks.filter(([name]) => chosen.includes(name))) {
    const startedAt = Date.now();
    console.log(`\n== ${name}`);
    running.add(name);
    const [good, bad] = await check();
    running.delete(name);
    passed += good;
    failed += bad;
    if (bad > 0 && !failures.some((line) => line.startsWith(`${name}: `))) failures.push(name);
    console.log(`== ${name}: ${good} passed, ${bad} failed in ${((Date.now() - startedAt) / 1000).toFixed(0)} s`);
  }
}

/** What it prints is printed only when it fails. */
async function command(name, file, args) {
  const { code, lines } = await run(name, file, args, { quiet: true });
  if (code === 0) return [1, 0];
  console.log(lines.join('\n'));
  return [0, 1];
}

/** A run that produced no report, or found no test, has failed. */
async function vitest(name, config, files = []) {
  const report = join(scratch, `${name.replace(':', '-')}.json`);
  const reporters = [
    '--reporter=default',
    '--slowTestThreshold=10000',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ];
  const args = ['run', '--config', config, ...reporters, ...files];
  // CI: a snapshot that is missing fails instead of being written. What was built is taken as it is: it was built just now.
  const built = chosen.includes('build') ? { MUSTER_AS_BUILT: '1' } : {};
  const { code, lines } = await run(name, bin('vitest'), args, { env: { ...nxEnvironment, CI: 'true', ...built } });
  const result = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : { testResults: [] };
  if (result.testResults.length === 0) {
    failures.push(`${name}: no test was run: ${errorIn(lines) || `exit code ${code}`}`);
    return [0, 1];
  }
  const { numPassedTests, numFailedTests, numFailedTestSuites, success } = result;
  failures.push(...result.testResults.flatMap((file) => failuresOf(name, file)));
  const bad = Math.max(numFailedTests, numFailedTestSuites > 0 || !success || code !== 0 ? 1 : 0);
  return numPassedTests + bad === 0 ? [0, 1] : [numPassedTests, bad];
}

/** Runs a program to its end. @returns its exit code and every line that it printed */
async function run(name, file, args, { quiet = false, env = nxEnvironment } = {}) {
  const timeout = LONGEST_MINUTES * 60_000;
  const child = spawn(file, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], timeout });
  const lines = [];
  const readers = [child.stdout, child.stderr].map((input) => createInterface({ input }));
  const read = readers.map((reader) => {
    reader.on('line', (line) => {
      lines.push(line);
      if (!quiet) console.log(running.size > 1 ? `${name.padEnd(11)} | ${line}` : line);
    });
    return once(reader, 'close');
  });
  const [code, signal] = await once(child, 'exit').catch((error) => {
    lines.push(`Error: ${error.message}`);
    return [-1];
  });
  if (signal) lines.push(`Error: ended by ${signal}; after ${LONGEST_MINUTES} minutes that is this script's`);
  // What it left behind may hold on to its output.
  setTimeout(() => readers.forEach((reader) => reader.close()), 5_000).unref();
  await Promise.all(read);
  return { code, lines };
}

/** Fetches what e2e:compose stands on while nothing else needs the network; that check waits for it, and says what failed. */
function makeBaseImages() {
  const script = join(root, 'e2e-compose/stand-ins.sh');
  return spawn(script, [process.env.MUSTER_CACHE ?? '/var/tmp/muster-images'], { stdio: 'ignore' }).on(
    'error',
    () => undefined,
  );
}

/** The failed tests of a file; the file itself when it could not be run. */
function failuresOf(check, { name, status, message, assertionResults }) {
  const file = `${check}: ${relative(root, name)}`;
  const failing = assertionResults.filter((test) => test.status === 'failed');
  if (failing.length === 0)
    return status === 'failed'
      ? [`${file}: ${firstLine(message) || 'an error outside of its tests, which stands above'}`]
      : [];
  return failing.map((test) => `${file}: ${test.fullName}: ${firstLine(test.failureMessages[0])}`);
}

/** The first error that was printed, as far as its trace: what a stack needs to start, most likely, and is not there. */
function errorIn(lines) {
  const text = lines.map(stripVTControlCharacters);
  const begin = text.findIndex((line) => /^\w*Error: /.test(line));
  if (begin < 0) return '';
  const length = text.slice(begin).findIndex((line) => /^\s*(❯|at )/.test(line));
  return text
    .slice(begin, begin + Math.min(12, Math.max(1, length)))
    .join('\n    ')
    .trimEnd();
}

function firstLine(message = '') {
  return stripVTControlCharacters(message).split('\n', 1)[0].slice(0, 200);
}

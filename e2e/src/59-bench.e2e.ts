import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { asDatabaseAdministrator } from './harness/load';
import { asAdmin, PASSWORD } from './harness/people';
import { basePort, data, project, status } from './harness/stack';

const folder = mkdtempSync(join(tmpdir(), 'muster-bench-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a bench against this stack, as a person would. @returns the JSON object of its last line */
async function bench(name: string, ...options: string[]): Promise<unknown> {
  const args = ['bench/run.mjs', name, ...options, '--json', '--data', data, '--ports', String(basePort)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: project, maxBuffer: 16 * 1024 * 1024 });
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
}

interface FleetFigures {
  devices: number;
  enrolledPerSecond: number;
  secondsToGreen99: number;
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  lost: number;
  doubled: number;
  otherSections: number;
  refused: number;
  taken: Record<string, number>;
  parts: Array<{ name: string; cpuSeconds: number; residentBytes: number }>;
  bytesPerDevicePerDay: Record<string, number>;
}

describe('the bench of a fleet', () => {
  it('enrols devices, has every kind of report stored once, and prints its figures', async () => {
    await asAdmin();
    const options = ['--devices', '20', '--rate', '40', '--seconds', '8', '--warm-up', '2'];
    const figures = (await bench('fleet', ...options)) as FleetFigures;
    expect(figures).toMatchObject({ devices: 20, lost: 0, doubled: 0, otherSections: 0, refused: 0 });
    const positive = [figures.enrolledPerSecond, figures.secondsToGreen99, figures.p50Ms];
    for (const value of positive) expect(value).toBeGreaterThan(0);
    expect(figures.p99Ms).toBeGreaterThanOrEqual(figures.p50Ms);
    // Open loop: what was due was sent, and none is counted twice.
    expect(figures.requestsPerSecond).toBeGreaterThan(20);
    expect(figures.requestsPerSecond).toBeLessThanOrEqual(41);
    for (const kind of ['samples', 'audit', 'inventory', 'output'])
      expect(figures.taken[kind], kind).toBeGreaterThan(0);

    const running = (await status()).parts.filter(({ pid }) => pid).map(({ name }) => name);
    expect(figures.parts.map(({ name }) => name)).toEqual(expect.arrayContaining([...running, 'load']));
    for (const part of figures.parts) {
      expect(part.residentBytes, part.name).toBeGreaterThan(1024 * 1024);
      expect(part.cpuSeconds, part.name).toBeGreaterThanOrEqual(0);
    }
    const kinds = ['samples', 'logs', 'output', 'inventory', 'audit', 'bookkeeping', 'core'];
    expect(Object.keys(figures.bytesPerDevicePerDay)).toEqual(kinds);
    expect(figures.bytesPerDevicePerDay['samples']).toBeGreaterThan(1000);
  }, 180_000);
});

interface ConsoleFigures {
  devices: number;
  softwareRows: number;
  limitMs: number;
  slow: number;
  queries: Array<{ name: string; medianMs: number; p95Ms: number; slowestMs: number; bytes: number }>;
}

describe('the bench of the console', () => {
  it('times every list in an organisation of its own, with plans, and leaves the database as it was', async () => {
    await asAdmin();
    const plans = join(folder, 'plans.txt');
    const options = ['--devices', '500', '--software', '20', '--rows', '2000', '--runs', '1', '--password', PASSWORD];
    const figures = (await bench('console', ...options, '--plans', plans)) as ConsoleFigures;
    expect(figures).toMatchObject({ devices: 500, softwareRows: 10_000, limitMs: 150 });
    const names = figures.queries.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['users', 'sessions', 'tokens', 'registration keys', 'organisations', 'dead letters']),
    );
    for (const { name, medianMs, p95Ms, slowestMs, bytes } of figures.queries) {
      expect(medianMs, name).toBeGreaterThan(0);
      expect(p95Ms, name).toBeGreaterThanOrEqual(medianMs);
      expect(slowestMs, name).toBeGreaterThanOrEqual(p95Ms);
      expect(bytes, name).toBeGreaterThan(1);
    }
    expect(figures.slow).toBe(figures.queries.filter(({ p95Ms }) => p95Ms > figures.limitMs).length);
    expect(readFileSync(plans, 'utf8')).toContain('Query Text');

    const left = await asDatabaseAdministrator((client) =>
      client.query(`SELECT setconfig FROM pg_db_role_setting WHERE setconfig::text LIKE '%auto_explain%'`),
    );
    expect(left.rows).toEqual([]);
    expect((await status()).ready).toBe(true);
  }, 300_000);
});

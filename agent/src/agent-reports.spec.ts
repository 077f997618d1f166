import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { AuditReport, LogReport, SampleReport } from '@muster/contracts';
import { eventually } from '@muster/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AgentStatus } from './service';
import { AgentProcess, installAgent } from './testing/agent-process';
import type { TakenReport } from './testing/fake-reports';
import { FakeSuite } from './testing/fake-suite';
import { makeOperation } from './testing/operation-maker';

let install: string;
let suite: FakeSuite;
let agent: AgentProcess;

beforeAll(() => (install = installAgent()));
afterAll(() => rmSync(install, { recursive: true, force: true }));
beforeEach(async () => {
  suite = await FakeSuite.start();
  suite.reports.intervals = { sampleSeconds: 10, sendSeconds: 5 };
  agent = new AgentProcess(install, {
    ...suite.config(),
    reportSpreadSeconds: 0,
    issuedAt: new Date().toISOString(),
  });
});
afterEach(async () => {
  await agent.stop('SIGKILL');
  await suite.stop();
  expect([...suite.faults, ...suite.reports.faults, ...suite.reports.changed]).toEqual([]);
});

let sequence = 0;
const ask = (script: string): string => {
  const operation = makeOperation({ script, sequence: ++sequence });
  suite.ask(operation);
  return operation.operationId;
};
const logs = (): LogReport[] => suite.reports.ofKind('log').map(({ report }) => report as LogReport);
const audits = (): AuditReport[] => suite.reports.ofKind('audit').map(({ report }) => report as AuditReport);
const samples = (): SampleReport[] => suite.reports.ofKind('sample').map(({ report }) => report as SampleReport);
const status = (): AgentStatus => JSON.parse(agent.run('status', '--json')) as AgentStatus;
const LONG = { within: 60_000 };
/** Numbers of each spool must run from 1 without gaps, and no report may have come as two. */
function expectWhole(taken: readonly TakenReport[]): void {
  const spools = new Map<string, number[]>();
  for (const { path, spool, sequence: number } of taken)
    spools.set(`${path} ${spool}`, [...(spools.get(`${path} ${spool}`) ?? []), number]);
  for (const [name, numbers] of spools) expect(numbers, name).toEqual(numbers.map((_, index) => index + 1));
  expect(spools.size).toBe(new Set(taken.map(({ path }) => path)).size);
}

describe('what an agent reports', () => {
  it('is its deeds, its log, samples and inventory, each checked by its contract', async () => {
    const id = ask('echo hello; exit 3');
    agent.start();
    await eventually(() => suite.endOf(id), LONG);
    await eventually(() => samples().length > 0 && suite.reports.ofKind('inventory').length > 0, LONG);
    const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${agent.pid}/status`, 'utf8'))?.[1]);
    expect((kilobytes * 1024) / 1e6).toBeLessThan(90);
    expect(await agent.stop('SIGTERM')).toBe(0);
    expect(suite.reports.actions).toEqual(['agent.started', 'operation.started', 'operation.ended', 'agent.stopped']);
    const ended = audits().find(({ action }) => action === 'operation.ended');
    expect(ended?.operationId).toBe(id);
    expect(ended?.details).toEqual(
      expect.arrayContaining([
        { name: 'outcome', value: 'failed' },
        { name: 'exitCode', value: '3' },
      ]),
    );
    expect(logs().map(({ message }) => message)).toEqual(expect.arrayContaining(['serving', 'operation ended']));
    expect(JSON.stringify(suite.reports.taken)).not.toContain(agentSecret());
    expectWhole(suite.reports.taken);
    expect(suite.outputOf(id)).toBe('hello\n');
    const total = Number(/MemTotal: +(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) * 1024;
    expect(samples()[0]?.sample).toMatchObject({ memoryBytes: total, cpuPercent: expect.any(Number) });
    expect(samples()[0]?.sample.processes.length).toBeGreaterThan(0);
  }, 180_000);

  it('arrives once and in order, however often the agent is killed while the server comes and goes', async () => {
    const begun = (): number => suite.reports.actions.filter((action) => action === 'agent.started').length;
    for (let kills = 0; kills < 8; kills++) {
      suite.reportsAway = kills % 3 === 1 ? { retryAfterSeconds: 1 } : undefined;
      suite.loseReplies = kills % 3 === 2 ? 1 : 0;
      const known = begun();
      agent.start();
      await eventually(() => agent.said('serving'), LONG);
      // Some are killed once they are heard of, however slow the machine is; the others at any moment.
      if (kills % 3 === 0) await eventually(() => begun() > known, LONG);
      await pause(Math.random() * 900);
      await agent.stop('SIGKILL');
    }
    suite.reportsAway = undefined;
    suite.loseReplies = 0;
    agent.start();
    await eventually(() => status().reports?.audit.lastSent && status().reports.audit.waiting === 0, LONG);
    await agent.stop('SIGTERM');
    // One that is killed as soon as it serves may have had no time to write it down.
    expect(begun()).toBeGreaterThan(3);
    expect(begun()).toBeLessThanOrEqual(9);
    expect(suite.reports.actions.at(-1)).toBe('agent.stopped');
    expectWhole(suite.reports.taken);
  }, 180_000);

  it('waits on the disk while an old endpoint map names no server for it', async () => {
    suite.mapNamesReports = false;
    agent.start();
    await eventually(() => suite.syncs.length > 0, LONG);
    await eventually(() => status().reports?.audit.waiting === 1, LONG);
    expect(status().reports.rmm.waiting).toBeGreaterThan(0);
    expect(agent.output).not.toContain('not sent');
    await agent.stop('SIGTERM');
    suite.mapNamesReports = true;
    suite.mapVersion = 2;
    agent.start();
    await eventually(() => suite.reports.actions.includes('endpoint-map.taken'), LONG);
    expect(suite.reports.actions.slice(0, 2)).toEqual(['agent.started', 'agent.stopped']);
    await eventually(() => status().reports.audit.lastSent !== undefined, LONG);
    expect(agent.run('status')).toMatch(/reports: rmm: .+; plugins: .+; audit: /);
  }, 180_000);

  it('tells of refused operations, renewed certificates and updates', async () => {
    suite.certificateDays = { notAfter: -5, renewAfter: -35 };
    execFileSync('mkdir', ['-p', agent.state]);
    writeFileSync(join(agent.state, 'version'), '0.0.1');
    const forged = makeOperation({ sequence: ++sequence });
    const kept = suite.ask(forged);
    kept.signed = { ...kept.signed, payload: kept.signed.payload.replace('hello', 'hallo') };
    agent.start();
    await eventually(() => suite.renewals > 0, LONG);
    suite.certificateDays = { notAfter: 90, renewAfter: 60 };
    const wanted = ['agent.updated', 'certificate.renewed', 'operation.refused'];
    await eventually(() => wanted.every((action) => suite.reports.actions.includes(action)), LONG);
    expect(audits().find(({ action }) => action === 'agent.updated')?.details).toContainEqual({
      name: 'from',
      value: '0.0.1',
    });
    expect(audits().find(({ action }) => action === 'operation.refused')).toMatchObject({
      operationId: forged.operationId,
      details: expect.arrayContaining([{ name: 'refusal', value: 'bad-signature' }]),
    });
  }, 180_000);

  it('carries its true age although the clock of the device was two years wrong and was set meanwhile', async () => {
    const set = join(install, `clock-is-set-${process.pid}`);
    const clock = join(install, 'wrong-clock.mjs');
    writeFileSync(
      clock,
      `import { existsSync } from 'node:fs';
      const True = Date;
      const off = () => (existsSync(${JSON.stringify(set)}) ? 0 : -63072000000);
      globalThis.Date = class extends True {
        constructor(...given) { given.length > 0 ? super(...given) : super(True.now() + off()); }
        static now() { return True.now() + off(); }
      };`,
    );
    agent.flags.push('--import', clock);
    suite.reportsAway = { retryAfterSeconds: 1 };
    agent.start();
    await eventually(() => agent.output.includes('reports not sent'), LONG);
    expect(agent.output).toContain(`"time":"${new Date(Date.now() - 63_072_000_000).getUTCFullYear()}-`);
    writeFileSync(set, '');
    await pause(2000);
    suite.reportsAway = undefined;
    await eventually(() => suite.reports.actions.includes('agent.started'), LONG);
    const [started] = suite.reports.ofKind('audit');
    expect(started?.ageMs).toBeGreaterThan(1000);
    expect(started?.ageMs).toBeLessThan(60_000);
  }, 180_000);
});

const agentSecret = (): string => suite.config().registrationKey;

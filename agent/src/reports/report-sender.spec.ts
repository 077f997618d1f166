import { createPublicKey } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { reportToRmm } from '@muster/contracts';
import { eventually } from '@muster/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Identity } from '../identity/identity';
import { Dialler } from '../net/dialler';
import { FunctionServer } from '../net/function-server';
import { ServerClock } from '../state/clock';
import { StateFolder } from '../state/state-folder';
import { CLIENT_AUTH, issue } from '../testing/certificate-maker';
import { FakeSuite } from '../testing/fake-suite';
import { DEVICE_ID, ORGANISATION_ID } from '../testing/operation-maker';
import { RecordedLog } from '../testing/recorded-log';
import { TrustStore } from '../trust/trust-store';
import { ReportSender } from './report-sender';
import { ReportSpool } from './report-spool';
import { ReportTime } from './report-time';

let folder: string;
let suite: FakeSuite;
let log: RecordedLog;
let trust: TrustStore;
let server: FunctionServer;
let spool: ReportSpool;
let sender: ReportSender;
let certificateRefused: number;
let asked: Array<number | undefined>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'muster-sender-'));
  suite = await FakeSuite.start();
  log = new RecordedLog();
  certificateRefused = 0;
  asked = [];
  const state = new StateFolder(folder);
  const clock = new ServerClock(state.clock);
  trust = new TrustStore(state.trust, { anchors: suite.anchors.map(({ pem }) => pem) });
  const identity = new Identity(state);
  const [root] = suite.anchors;
  if (!root) throw new Error('the suite has no root');
  const leaf = await issue({
    name: DEVICE_ID,
    issuer: root,
    usages: [CLIENT_AUTH],
    publicKey: createPublicKey(identity.key),
  });
  const until = new Date(Date.now() + 1e9).toISOString();
  identity.keep({
    deviceId: DEVICE_ID,
    organisationId: ORGANISATION_ID,
    chain: leaf.pem,
    anchors: suite.anchors.map(({ pem }) => pem),
    notAfter: until,
    renewAfter: until,
  });
  server = new FunctionServer({ dialler: new Dialler(trust, clock), trust, identity }, 'rmm');
  const time = new ReportTime(clock);
  spool = new ReportSpool(join(folder, 'spool'), { bytes: 50e6 }, { log, time });
  sender = new ReportSender(
    { spool, server, route: reportToRmm, time, log },
    {
      certificateRefused: () => certificateRefused++,
      taken: ({ sampleSeconds }) => asked.push(sampleSeconds),
    },
    { sendSeconds: 5, spreadSeconds: 0 },
  );
});
afterEach(async () => {
  await sender.stop(0);
  server.close();
  spool.close();
  await suite.stop();
  rmSync(folder, { recursive: true });
  expect([...suite.faults, ...suite.reports.faults, ...suite.reports.changed]).toEqual([]);
});

const useMap = (): unknown => trust.offer(suite.signedMap(), Date.now());
const add = (message: string): number =>
  spool.append({ kind: 'log', takenAt: new Date().toISOString(), level: 'info', message });
const received = (): number[] => suite.reports.taken.map(({ sequence }) => sequence);
const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe('reports', () => {
  it('arrive, compressed where it is worth it, and are forgotten', async () => {
    useMap();
    add('short');
    sender.start();
    await eventually(() => spool.waiting === 0);
    for (let count = 0; count < 20; count++) add('x'.repeat(500));
    await eventually(() => spool.waiting === 0, { within: 20_000 });
    expect(suite.reports.batches.map(({ count, compressed }) => [count, compressed])).toEqual([
      [1, false],
      [20, true],
    ]);
    expect(received()).toEqual(numbers(21));
    expect(Date.now() - Date.parse(sender.lastSent ?? '')).toBeLessThan(60_000);
  });

  it('wait while the server is full, and come once it is not, each once and in order', async () => {
    useMap();
    for (let count = 0; count < 5; count++) add('one');
    suite.reportsAway = { retryAfterSeconds: 2 };
    sender.start();
    await eventually(() => log.events.includes('reports not sent'));
    const [failure] = log.lines;
    expect(failure?.fields['retryInMs']).toBeGreaterThanOrEqual(2000);
    expect(failure?.fields['retryInMs']).toBeLessThanOrEqual(2500);
    // Neither a sync that succeeds nor something urgent shortens what the server asked for.
    sender.reachable();
    sender.soon(0);
    add('more');
    suite.reportsAway = undefined;
    expect(spool.waiting).toBe(6);
    await eventually(() => spool.waiting === 0, { within: 20_000 });
    expect(received()).toEqual(numbers(6));
    expect(log.lines).toHaveLength(1);
  });

  it.each([
    ['seconds', false, 0],
    ['a date', true, 0],
    ['a date, by a clock that is a year ahead', true, 365 * 86_400_000],
  ])('wait as long as a server says that has had too many (429), given as %s', async (_, asDate, ahead) => {
    useMap();
    suite.timeOffsetMs = ahead;
    for (let count = 0; count < 5; count++) add('one');
    suite.reportsAway = { retryAfterSeconds: 2, status: 429, asDate };
    sender.start();
    await eventually(() => log.events.includes('reports not sent'));
    const wait = Number(log.lines[0]?.fields['retryInMs']);
    // A date has no parts of a second: between two of them lies one less at the most.
    expect(wait).toBeGreaterThanOrEqual(asDate ? 1000 : 2000);
    expect(wait).toBeLessThanOrEqual(3750);
    suite.reportsAway = undefined;
    await eventually(() => spool.waiting === 0, { within: 20_000 });
    expect(received()).toEqual(numbers(5));
    expect(suite.reports.resent).toBe(0);
    expect(log.lines).toHaveLength(1);
  });

  it('all arrive, once and in order, at a server that has too many again and again', async () => {
    useMap();
    for (let count = 0; count < 2500; count++) add('x'.repeat(300));
    const limiting = setInterval(() => {
      suite.reportsAway = suite.reportsAway ? undefined : { retryAfterSeconds: 1, status: 429 };
    }, 400);
    try {
      sender.start();
      await eventually(() => spool.waiting === 0, { within: 60_000 });
    } finally {
      clearInterval(limiting);
    }
    expect(received()).toEqual(numbers(2500));
    expect(suite.reports.resent).toBe(0);
    expect(log.events).toContain('reports not sent');
  }, 90_000);

  it('wait for a map that names their server, without a word', async () => {
    suite.mapNamesReports = false;
    useMap();
    add('one');
    sender.start();
    expect(server.served).toBe(false);
    await pause(200);
    expect(spool.waiting).toBe(1);
    suite.mapNamesReports = true;
    suite.mapVersion = 2;
    useMap();
    sender.soon(0);
    await eventually(() => spool.waiting === 0, { within: 20_000 });
    expect(log.lines).toEqual([]);
  });

  it('that the server refuses are logged once and not kept; the others are taken', async () => {
    useMap();
    for (let count = 0; count < 10; count++) add('one');
    suite.reports.refuse = new Set([3, 7]);
    sender.start();
    await eventually(() => spool.waiting === 0);
    expect(received()).toEqual([1, 2, 4, 5, 6, 8, 9, 10]);
    expect(log.lines).toEqual([
      {
        level: 'warn',
        event: 'reports refused',
        fields: { code: 'too-large', count: 2, sequences: [3, 7], why: 'as the test wants' },
      },
    ]);
  });

  it('of which one makes the server refuse every batch that has it go without it', async () => {
    useMap();
    for (let count = 1; count <= 40; count++) add(count === 23 ? 'poison' : 'fine');
    suite.poison = 'poison';
    sender.start();
    await eventually(() => spool.waiting === 0, { within: 20_000 });
    expect(received()).toEqual(numbers(40).filter((number) => number !== 23));
    expect(log.lines).toMatchObject([{ event: 'report refused', fields: { sequence: 23 } }]);
  });

  it('of a week offline come in full batches while new ones go on being made', async () => {
    useMap();
    for (let count = 0; count < 10_000; count++) add('x'.repeat(400));
    sender.start();
    let made = 0;
    const making = setInterval(() => (made += Number(add('new') > 0)), 50);
    try {
      await eventually(() => suite.reports.taken.length >= 10_000, { within: 60_000 });
    } finally {
      clearInterval(making);
    }
    await eventually(() => spool.waiting === 0, { within: 20_000 });
    expect(received()).toEqual(numbers(10_000 + made));
    expect(suite.reports.resent).toBe(0);
    expect(suite.reports.batches.length).toBeLessThan(10_000 / 300);
    expect(Math.max(...suite.reports.batches.map(({ count }) => count))).toBe(500);
    expect(Math.max(...suite.reports.batches.map(({ bytes }) => bytes))).toBeLessThan(500_000);
  }, 90_000);

  it('are the same with the same numbers when an answer was lost', async () => {
    useMap();
    for (let count = 0; count < 30; count++) add(`line ${count}`);
    suite.loseReplies = 1;
    sender.start();
    await eventually(() => log.events.includes('reports not sent'), { within: 20_000 });
    add('later');
    sender.reachable();
    await eventually(() => spool.waiting === 0, { within: 20_000 });
    expect(received()).toEqual(numbers(31));
    expect(suite.reports.resent).toBe(30);
  });

  it('make the certificate be renewed when the server does not accept it', async () => {
    useMap();
    add('one');
    suite.certificateFault = 'certificate-refused';
    sender.start();
    await eventually(() => certificateRefused > 0);
    expect(spool.waiting).toBe(1);
  });

  it('obey the server within bounds', async () => {
    useMap();
    suite.reports.intervals = { sampleSeconds: 30, sendSeconds: 86_400 };
    add('one');
    sender.start();
    await eventually(() => spool.waiting === 0);
    expect(asked).toEqual([30]);
    add('two');
    await pause(6000);
    expect(spool.waiting).toBe(1);
    // What is urgent goes all the same.
    sender.soon(0);
    await eventually(() => spool.waiting === 0);
  });

  it('are sent once more at the end, if it can be done in time', async () => {
    useMap();
    add('one');
    sender.start();
    await eventually(() => spool.waiting === 0);
    add('last words');
    await sender.stop(5000);
    expect(spool.waiting).toBe(0);
  });
});

import { randomUUID } from 'node:crypto';
import { DEFAULT_ORGANISATION_ID, listDeadLetters, readSeries, samplesMeasured } from '@muster/contracts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Api } from './harness/api';
import { publishRaw } from './harness/bus';
import { asDatabaseAdministrator, Fleet, WHOLE } from './harness/load';
import { asAdmin } from './harness/people';
import { kill, until, untilAllReady, untilReady } from './harness/stack';

const DEVICES = 20;
const RATE = 100;
/** Samples a minute apart that pile up in a week. */
const WEEK_OF_SAMPLES = 10_000;
const BATCH = 200;
/** As far back as raw samples are kept, with what the offline device brought. */
const DAYS = 7.5;
/** Of a device that could read nothing, as it is stored. */
const EMPTY_SAMPLE = JSON.stringify([Array.from({ length: 9 }, () => null), [], [], [], []]);
const TWO_YEARS_MS = 2 * 365 * 86_400_000;

let api: Api;
let fleet: Fleet;
beforeAll(async () => {
  api = await asAdmin();
  fleet = await Fleet.enrol(api, DEVICES);
});
afterAll(() => fleet?.close());
beforeEach(untilAllReady);
// A test that fails leaves no load to the next.
afterEach(() => fleet.rest());

/** What was answered with 202 is in the database once: samples, logs, audit, output, inventory. */
async function expectWhole(): Promise<void> {
  await fleet.rest();
  expect(await fleet.outcome()).toEqual(WHOLE);
}

describe.each([
  'rmm-logs',
  'plugins',
  'audit-logs',
  'web-manager',
  'web-worker',
  'key-manager',
  'push-broker',
  'nats-hub',
  'nats-leaf',
  'postgres',
  'edge',
])('kill -9 of %s while devices report', (part) => {
  it('loses no report that was answered and stores none twice', async () => {
    fleet.start(RATE);
    const before = fleet.ledger.taken;
    await until('reports are taken', async () => fleet.ledger.taken > before + RATE / 2);
    const killedAt = Date.now();
    const pid = await kill(part);
    await untilReady(part, pid);
    const ready = fleet.ledger.taken;
    const kinds = { ...fleet.ledger.takenOf };
    await until(
      'all is normal, for every kind of report',
      async () => fleet.normal && fleet.ledger.taken > ready + RATE / 2 && fleet.tookEveryKindSince(kinds),
    );
    const seconds = (Date.now() - killedAt) / 1000;
    console.log(`    ${part}: normal again after ${seconds.toFixed(1)} s`);
    expect(seconds, 'time until normal').toBeLessThan(60);
    await expectWhole();
  });
});

describe('a consumer that cannot write while devices report as much as in an hour', () => {
  it('catches up with every report, and devices notice nothing meanwhile', async () => {
    const device = fleet.device(0);
    await asDatabaseAdministrator(async (client) => {
      await client.query('BEGIN; LOCK TABLE rmm_logs.samples IN ACCESS EXCLUSIVE MODE');
      // What this fleet reports in an hour, at one batch of a device in 67 seconds.
      const before = fleet.ledger.taken;
      const hour = Math.ceil((DEVICES * 3600) / 67);
      fleet.start(RATE);
      await until('an hour of reports is taken', async () => fleet.ledger.taken >= before + hour);
      // Nine of ten carry samples, which wait for the lock; the others go elsewhere.
      expect(await fleet.ledger.missing(client), 'not stored yet').toBeGreaterThan(hour * 0.8);
      expect(fleet.normal, 'taken as ever').toBe(true);
      await client.query('ROLLBACK');
    });
    await expectWhole();
    expect(device.backlog).toBe(0);
  });
});

describe('a device that was offline for a week', () => {
  it('hands in 10,000 samples, twice, and each is there once while others report', async () => {
    const device = fleet.device(1);
    fleet.start(RATE / 2);
    for (let left = WEEK_OF_SAMPLES; left > 0; left -= BATCH) {
      // One a minute, the oldest a week ago less half an hour.
      const newest = new Date(Date.now() - (left - BATCH) * 60_000);
      const batch = device.maker.backlog(BATCH, newest);
      for (let time = 0; time < 2; time++) {
        const sent = await device.send(batch, 'kept');
        expect(sent.status, sent.body).toBe(202);
        fleet.ledger.note(sent);
      }
    }
    await fleet.rest();
    expect(await fleet.outcome()).toEqual(WHOLE);
    expect(await fleet.samplesOf(device, DAYS)).toBe(device.maker.samples);
  });
});

describe('a clock two years wrong', () => {
  it.each([
    ['slow', -TWO_YEARS_MS],
    ['fast', TWO_YEARS_MS],
  ])('that is %s puts samples where they belong', async (_, offset) => {
    const device = fleet.device(2);
    const known = await fleet.samplesOf(device);
    const sent = await device.send(device.maker.batch(new Date(Date.now() + offset).toISOString()), 'kept');
    expect(sent, sent.body).toMatchObject({ status: 202, body: expect.stringContaining('"refused":[]') });
    await until('it is stored', async () => (await fleet.samplesOf(device)) === known + 1);
    const [from, to] = [Date.now() - 300_000, Date.now() + 60_000].map((at) => new Date(at).toISOString());
    const { points } = await api.call(readSeries, {
      params: { id: device.id },
      query: { from: from ?? '', to: to ?? '' },
    });
    expect(points.length).toBeGreaterThan(0);
  });
});

describe('a message that nobody can handle', () => {
  /** Puts it on the stream while devices report; resolves when it is among the dead letters. */
  async function poison(payload: string, marker: string): Promise<void> {
    fleet.start(RATE);
    const before = fleet.ledger.taken;
    await publishRaw('rmm-logs', samplesMeasured.subject, payload);
    await until('it is a dead letter', async () => {
      const { deadLetters } = await api.call(listDeadLetters, { query: { size: 200 } });
      return deadLetters.some((letter) => letter.service === 'rmm-logs' && letter.payload.includes(marker));
    });
    await until('the rest flows', async () => fleet.ledger.taken > before + RATE / 2);
    expect(fleet.normal).toBe(true);
    await expectWhole();
  }

  it('is a dead letter to be seen when it keeps to no contract', async () => {
    const marker = `poison ${Math.random()}`;
    await poison(JSON.stringify({ deviceId: marker, samples: 'none' }), marker);
  });

  it('is one when it looks valid, and the good ones that came in the same message are stored', async () => {
    const { id: deviceId, maker } = fleet.device(3);
    const [spool, receivedAt] = [randomUUID(), new Date().toISOString()];
    // The two good ones count as made: the ledger misses one that is not stored.
    const [{ takenAt: at = '' } = {}] = maker.backlog(2, new Date()).body.reports;
    const marker = `poison ${Math.random()}`;
    const bundle = [EMPTY_SAMPLE, { marker }, EMPTY_SAMPLE].map((measured, place) => ({
      ...{ organisationId: DEFAULT_ORGANISATION_ID, deviceId, spool, receivedAt },
      samples: [{ sequence: place + 1, at, measured }],
    }));
    await poison(JSON.stringify(bundle), marker);
  });
});

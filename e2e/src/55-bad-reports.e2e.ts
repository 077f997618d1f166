import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import {
  EMPTY_SECTION_DIGEST,
  listLogs,
  readSample,
  type ReportRefusal,
  type ReportsTaken,
  reportInventory,
  reportToAudit,
  reportToRmm,
  type Sample,
} from '@muster/contracts';
import { LoadDevice } from '@muster/testing/load';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from './harness/api';
import { newKey } from './harness/devices';
import { raw } from './harness/api';
import { asAdmin } from './harness/people';
import { anchors, BASE_DOMAIN, httpsPort, ITSM_DOMAIN, until } from './harness/stack';

const MB = 1024 ** 2;
const HOSTS = {
  rmm: `rmm-api.${BASE_DOMAIN}`,
  plugins: `plugins-api.${BASE_DOMAIN}`,
  audit: `auditlogs-api.${BASE_DOMAIN}`,
};

let api: Api;
let device: LoadDevice;
let neighbour: LoadDevice;
let sequence = 0;
const spool = randomUUID();

beforeAll(async () => {
  api = await asAdmin();
  const { key } = await newKey();
  const front = { address: '127.0.0.1', port: httpsPort, hostName: ITSM_DOMAIN, anchors: anchors() };
  [device, neighbour] = await Promise.all([LoadDevice.create(1, front), LoadDevice.create(2, front)]);
  for (const one of [device, neighbour]) await one.enrol(key);
});
afterAll(() => device?.close());

const now = (): string => new Date().toISOString();
const sample = (more: Partial<Sample> = {}): Sample => ({
  cpuPercent: 7,
  disks: [],
  networks: [],
  temperatures: [],
  processes: [],
  ...more,
});
const sampleReport = (more: object = {}) => ({
  sequence: ++sequence,
  takenAt: now(),
  kind: 'sample',
  sample: sample(),
  ...more,
});
const logReport = (message: string, more: object = {}) => ({
  ...{ sequence: ++sequence, takenAt: now(), kind: 'log', level: 'warn', message },
  ...more,
});
const batch = (...reports: object[]) => JSON.stringify({ spool, sentAt: now(), reports });

async function send(body: string, path = reportToRmm.path): Promise<{ status: number; taken: ReportsTaken }> {
  const wanted = path === reportInventory.path ? 'plugins' : path === reportToAudit.path ? 'audit' : 'rmm';
  const { status, body: text } = await device.call(wanted, 'POST', path, body);
  return { status, taken: JSON.parse(text) as ReportsTaken };
}

const deep = (levels: number): object => {
  let object: object = {};
  for (let level = 0; level < levels; level++) object = { object };
  return object;
};

describe('a bad report among good ones', () => {
  it.each<[string, ReportRefusal, () => object]>([
    ['malformed', 'malformed', () => sampleReport({ sample: { ...sample(), cpuPercent: 'much' } })],
    ['without a sequence', 'malformed', () => sampleReport({ sequence: undefined })],
    ['too large', 'too-large', () => logReport('x', { fields: 'y'.repeat(300_000) })],
    ['too deep', 'too-deep', () => sampleReport({ more: deep(100) })],
    [
      'from the future',
      'from-the-future',
      () => sampleReport({ takenAt: new Date(Date.now() + 3_600_000).toISOString() }),
    ],
    ['too old', 'too-old', () => sampleReport({ takenAt: new Date(Date.now() - 400 * 86_400_000).toISOString() })],
    ['for another device', 'another-device', () => sampleReport({ deviceId: neighbour.id })],
    ['repeated', 'repeated', () => sampleReport({ sequence })],
    ['of an unknown kind', 'unknown-kind', () => sampleReport({ kind: 'weather' })],
    ['with NUL', 'malformed', () => logReport('a\0b')],
    ['with a lone surrogate', 'malformed', () => logReport('a\ud800b')],
    [
      'with a name of 1 MB',
      'too-large',
      () =>
        sampleReport({ sample: sample({ disks: [{ mountPoint: 'd'.repeat(0.9 * MB), usedBytes: 1, sizeBytes: 2 }] }) }),
    ],
  ])('%s gets the code %s and its neighbours are taken', async (_, code, bad) => {
    const before = logReport(`before ${code} ${randomUUID()}`);
    const wrong = bad();
    const after = logReport(`after ${code} ${randomUUID()}`);
    const { status, taken } = await send(batch(before, wrong, after));
    expect(status).toBe(202);
    expect(taken.refused).toEqual([
      expect.objectContaining({ index: 1, code, problem: expect.stringMatching(/.{5}/) }),
    ]);
    expect(taken.taken).toBe(2);
    await until('both neighbours are stored', async () => {
      const { entries } = await api.call(listLogs, { query: { deviceId: device.id, size: 100 } });
      return [before, after].every(({ message }) => entries.some((entry) => entry.message === message));
    });
  });
});

describe('a bad request', () => {
  it.each([
    ['no JSON', '{"spool":', 400, 'invalid-input'],
    ['no batch', '[]', 400, 'invalid-input'],
    ['no spool', JSON.stringify({ sentAt: now(), reports: [{}] }), 400, 'invalid-input'],
    ['nothing in it', JSON.stringify({ spool, sentAt: now(), reports: [] }), 400, 'invalid-input'],
    ['more than a body may have', batch(logReport('z'.repeat(2 * MB))), 413, 'too-large'],
    [
      'a prototype',
      `{"__proto__":{"x":1},"spool":"${spool}","sentAt":"${now()}","reports":[{}]}`,
      400,
      'invalid-input',
    ],
  ])('with %s is answered in words', async (_, body, status, code) => {
    const reply = await send(body);
    expect([reply.status, reply.taken]).toEqual([
      status,
      expect.objectContaining({ code, message: expect.any(String) }),
    ]);
  });

  it('that unpacks to more than a body may have is refused, and one that is packed badly, too', async () => {
    const call = (body: Buffer, encoding: string) =>
      raw({
        method: 'POST',
        path: reportToRmm.path,
        host: HOSTS.rmm,
        headers: { 'content-encoding': encoding, 'content-type': 'application/json' },
        body: body,
        ...device.client,
      });
    expect(await call(gzipSync(Buffer.alloc(50 * MB, ' ')), 'gzip')).toMatchObject({ status: 413 });
    expect(await call(Buffer.from('no gzip at all'), 'gzip')).toMatchObject({ status: 400 });
    expect(await call(Buffer.from('{}'), 'br')).toMatchObject({ status: 415 });
    const good = await call(gzipSync(batch(logReport('packed'))), 'gzip');
    expect([good.status, JSON.parse(good.text)]).toEqual([202, expect.objectContaining({ taken: 1, refused: [] })]);
  });

  it('without certificate, or by a person, gets no further than the edge', async () => {
    for (const [host, path] of [
      [HOSTS.rmm, reportToRmm.path],
      [HOSTS.plugins, reportInventory.path],
      [HOSTS.audit, reportToAudit.path],
    ] as const) {
      const reply = await raw({
        method: 'POST',
        host,
        path,
        body: batch(sampleReport()),
        headers: { cookie: api.cookie },
      });
      expect([reply.status, JSON.parse(reply.text)]).toEqual([
        400,
        expect.objectContaining({ code: 'certificate-required' }),
      ]);
    }
  });
});

describe('odd text', () => {
  it('in bytes that are no UTF-8 is stored harmlessly', async () => {
    const marker = randomUUID();
    const text = batch(logReport(`odd ? ${marker}`));
    const bytes = Buffer.from(text);
    bytes[bytes.indexOf('?')] = 0xff;
    const reply = await raw({
      method: 'POST',
      path: reportToRmm.path,
      host: HOSTS.rmm,
      headers: { 'content-type': 'application/json' },
      body: bytes,
      ...device.client,
    });
    expect(reply.status).toBe(202);
    await until('it is stored', async () => {
      const { entries } = await api.call(listLogs, { query: { deviceId: device.id, search: marker } });
      return entries.some(({ message }) => message === `odd \ufffd ${marker}`);
    });
  });

  it('in a sample comes back as it was sent', async () => {
    const name = "<script>alert(1)</script> \u202e \u{1f4a9} '; DROP TABLE --";
    const processes = [{ pid: 1, name, cpuPercent: 1, memoryBytes: 1 }];
    expect(await send(batch(sampleReport({ sample: sample({ processes }) })))).toMatchObject({
      status: 202,
      taken: { taken: 1 },
    });
    await until('it is stored', async () => {
      const newest = await api.call(readSample, { params: { id: device.id } });
      return newest.sample.processes[0]?.name === name;
    });
  });
});

describe('an inventory report', () => {
  const report = (items: object[], more: object = {}) => ({
    ...{ sequence: ++sequence, takenAt: now(), kind: 'inventory', section: 'software', snapshot: randomUUID() },
    ...{ part: 1, parts: 1, items, gone: [], digest: EMPTY_SECTION_DIGEST, unreadable: [], ...more },
  });
  it.each([
    ['an item without a name', { key: 'dpkg:x', digest: '0'.repeat(16), source: 'dpkg', version: '1' }],
    ['an unknown source', { key: 'x', digest: '0'.repeat(16), source: 'floppy', name: 'x', version: '1' }],
    ['NUL in a name', { key: 'x', digest: '0'.repeat(16), source: 'dpkg', name: 'a\0b', version: '1' }],
    ['no digest', { key: 'x', source: 'dpkg', name: 'x', version: '1' }],
  ])('with %s is refused, its neighbour taken', async (_, item) => {
    const { status, taken } = await send(batch(report([item]), report([])), reportInventory.path);
    expect([status, taken.taken]).toEqual([202, 1]);
    expect(taken.refused).toEqual([expect.objectContaining({ index: 0, code: 'malformed' })]);
  });
});

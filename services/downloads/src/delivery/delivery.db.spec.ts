import { randomBytes } from 'node:crypto';
import { rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { PIECE_BYTES, type Release } from '@muster/contracts';
import { eventually } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DownloadsUnderTest, type TestDevice } from '../testing/downloads-under-test';

/** Two whole pieces and a bit, so that ranges lie within, across and at the ends of pieces. */
const content = randomBytes(2 * PIECE_BYTES + 1234);
let under: DownloadsUnderTest;
let device: TestDevice;
let release: Release;
let path: string;
beforeAll(async () => {
  under = await DownloadsUnderTest.start();
  device = await under.device();
  release = await under.publish(content);
  path = `/releases/${release.id}/package`;
  await under.rollOut(release.id);
  expect((await under.ask(device)).body.release?.releaseId).toBe(release.id);
});
afterAll(() => under?.stop());

const get = (headers: Record<string, string> = {}) =>
  under.by<{ code?: string }>(device, 'GET', path, undefined, headers);

describe('a package', () => {
  it('comes whole, with a strong tag and its length', async () => {
    const reply = await get();
    expect(reply.status).toBe(200);
    expect(reply.bytes.equals(content)).toBe(true);
    expect(reply.headers).toMatchObject({
      etag: `"${release.sha256}"`,
      'accept-ranges': 'bytes',
      'content-length': String(content.length),
      'content-type': 'application/octet-stream',
      'cache-control': 'private, no-transform',
    });
    expect(reply.headers['content-range']).toBeUndefined();
  });

  it.each([
    ['bytes=0-0', 0, 0],
    ['bytes=100-199', 100, 199],
    [`bytes=${PIECE_BYTES - 1}-${PIECE_BYTES}`, PIECE_BYTES - 1, PIECE_BYTES],
    [`bytes=${PIECE_BYTES}-${2 * PIECE_BYTES - 1}`, PIECE_BYTES, 2 * PIECE_BYTES - 1],
    [`bytes=10-`, 10, content.length - 1],
    ['bytes=-5', content.length - 5, content.length - 1],
  ])('comes in the part %s', async (range, from, to) => {
    const reply = await get({ range, 'if-range': `"${release.sha256}"` });
    expect(reply.status).toBe(206);
    expect(reply.headers['content-range']).toBe(`bytes ${from}-${to}/${content.length}`);
    expect(reply.headers['content-length']).toBe(String(to - from + 1));
    expect(reply.bytes.equals(content.subarray(from, to + 1))).toBe(true);
  });

  it('has no part beyond its end', async () => {
    const reply = await get({ range: `bytes=${content.length}-` });
    expect(reply.status).toBe(416);
    expect(reply.headers['content-range']).toBe(`bytes */${content.length}`);
    expect(reply.body.code).toBe('range-not-satisfiable');
  });

  it.each([
    { range: 'bytes=0-1,4-5' },
    { range: 'bytes=5-4' },
    { range: 'bytes=0-9', 'if-range': '"another"' },
    { range: 'bytes=0-9', 'if-range': `W/"${'0'.repeat(64)}"` },
  ])('comes whole for %o', async (headers) => {
    const reply = await get(headers as Record<string, string>);
    expect(reply.status).toBe(200);
    expect(reply.bytes.length).toBe(content.length);
  });

  it('is put together out of parts that were cut off', async () => {
    const first = await under.cut(device, path, 1_000_000);
    const rest = await get({ range: `bytes=${first.length}-`, 'if-range': `"${release.sha256}"` });
    expect(rest.status).toBe(206);
    expect(Buffer.concat([first, rest.bytes]).equals(content)).toBe(true);
  });

  it('is for devices to which it is offered, and nobody else', async () => {
    const unasked = await under.device();
    expect((await under.by(unasked, 'GET', path)).status).toBe(404);
    const elsewhere = await under.device('01900000-0000-7000-8000-0000000000ff');
    expect((await under.by(elsewhere, 'GET', path)).status).toBe(404);
    expect((await under.as('owner', 'GET', path)).status).toBe(400);
  });

  it('is not delivered after a stop', async () => {
    await under.as('owner', 'POST', `/downloads/releases/${release.id}/stop`);
    expect((await get()).status).toBe(404);
    await under.rollOut(release.id);
    expect((await get({ range: 'bytes=0-0' })).status).toBe(206);
  });
});

describe('limits', () => {
  it('of downloads at once tell the others to come later, and free their place when a client has gone', async () => {
    await under.restart({ DOWNLOADS_AT_ONCE: '1', BYTES_PER_SECOND_EACH: '200000' });
    const cut = under.cut(device, path, 150_000);
    await eventually(async () => {
      const { status, headers } = await get({ range: 'bytes=0-0' });
      expect(headers['retry-after']).toBe(status === 503 ? '30' : undefined);
      return status === 503;
    });
    await cut;
    await eventually(async () => (await get({ range: 'bytes=0-0' })).status === 206);
  });

  it('of bytes a second hold for one download and for all', async () => {
    const bytes = 300_000;
    const range = `bytes=0-${bytes - 1}`;
    const timed = async (count: number): Promise<number> => {
      const began = performance.now();
      const replies = await Promise.all(Array.from({ length: count }, () => get({ range })));
      for (const reply of replies) expect(reply.bytes.equals(content.subarray(0, bytes))).toBe(true);
      return performance.now() - began;
    };
    // The first bytes go at once: what is left of the time is that of all but one chunk of 64 KiB for each reader.
    await under.restart({ BYTES_PER_SECOND_EACH: '500000' });
    expect(await timed(2)).toBeGreaterThan(((bytes - 65_536) / 500_000) * 1000 * 0.9);
    await under.restart({ BYTES_PER_SECOND_ALL: '600000' });
    expect(await timed(3)).toBeGreaterThan(((3 * bytes - 65_536) / 600_000) * 1000 * 0.9);
    await under.restart();
  });
});

it('a piece that is lost or cut off breaks the delivery off, and is never filled in', async () => {
  const folder = join(under.folder, 'packages', device.organisationId, release.id);
  truncateSync(join(folder, '2'), 1000);
  await expect(get()).rejects.toThrow(/aborted|hang up|reset/);
  rmSync(join(folder, '1'));
  await expect(get()).rejects.toThrow(/aborted|hang up|reset/);
  const whole = await get({ range: 'bytes=0-99' });
  expect(whole.bytes.equals(content.subarray(0, 100))).toBe(true);
});

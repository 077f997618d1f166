import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PIECE_BYTES, type Release, type ReleaseManifest, type ReleasePage } from '@muster/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signed } from '../testing/authority-double';
import { DownloadsUnderTest, ROLL_OUT } from '../testing/downloads-under-test';

const ELSEWHERE = '01900000-0000-7000-8000-0000000000ff';
let under: DownloadsUnderTest;
beforeAll(async () => {
  under = await DownloadsUnderTest.start();
  under.people.set('stranger', { role: 'owner', organisationId: ELSEWHERE });
  under.people.set('technician', { role: 'technician', organisationId: '01900000-0000-7000-8000-000000000001' });
});
afterAll(() => under?.stop());

const content = randomBytes(PIECE_BYTES + 10);
let patch = 0;
const text = (changes: Partial<ReleaseManifest> | Record<string, unknown> = {}): string =>
  JSON.stringify({ ...under.manifest(content, { version: `2.0.${patch++}` }), ...changes });
const announce = (manifest: object, by = 'owner') => under.as(by, 'POST', '/downloads/releases', { manifest });

describe('a release', () => {
  it('is announced, uploaded in pieces, verified, and told to the audit log', async () => {
    const events = await under.recordEvents();
    const { status, body } = await announce(signed(text()));
    expect({ status, state: body.state, received: body.receivedBytes }).toEqual({
      ...{ status: 200, state: 'uploading', received: 0 },
    });
    expect((await under.rollOut(body.id)).status).toBe(409);
    const release = await under.upload(body.id, content);
    expect(release).toMatchObject({
      state: 'ready',
      receivedBytes: content.length,
      createdBy: 'owner@muster.localhost',
    });
    expect((await events.news()).map(({ subject, payload }) => [subject, payload['releaseId']])).toEqual([
      ['release.announced.v1', body.id],
      ['release.published.v1', body.id],
    ]);
    await events.close();
  });

  it('may be signed by the key manager for who has no release key', async () => {
    const payload = text();
    const path = '/downloads/releases/signature';
    const { body, status } = await under.as<{ payload: string }>('owner', 'POST', path, { payload });
    const organisationId = '01900000-0000-7000-8000-000000000001';
    expect(status).toBe(200);
    expect(JSON.parse(body.payload)).toEqual({ ...(JSON.parse(payload) as object), organisationId });
    expect((await announce(body)).status).toBe(200);
  });

  it('is refused when no device would believe it', async () => {
    const good = signed(text());
    const refusals: Array<[object, RegExp]> = [
      [{ ...good, payload: good.payload.replace('2.0.', '3.0.') }, /signature is not that of its text/],
      [signed(text(), 'operation'), /not one for releases/],
      [{ ...good, delegation: ['nothing'] }, /cannot be read/],
      [signed(text({ organisationId: ELSEWHERE })), /another organisation/],
      [signed(text({ sha256: 'short' })), /not a manifest/],
      [signed(text({ version: '../../etc' })), /not a manifest/],
      [signed('no JSON'), /not a manifest/],
    ];
    for (const [manifest, why] of refusals) {
      const { status, body } = await under.as<{ message: string }>('owner', 'POST', '/downloads/releases', {
        manifest,
      });
      expect({ status, message: body.message }).toEqual({ status: 400, message: expect.stringMatching(why) });
    }
  });

  it('is there once for each platform', async () => {
    const version = '3.0.0';
    expect((await announce(signed(text({ version })))).status).toBe(200);
    expect((await announce(signed(text({ version })))).status).toBe(409);
    expect((await announce(signed(text({ version, platform: 'linux-arm64' })))).status).toBe(200);
  });

  it('whose package is another than the one that was signed starts anew, and leaves nothing', async () => {
    const { body } = await announce(signed(text()));
    const other = randomBytes(content.length);
    await expect(under.upload(body.id, other)).rejects.toThrow(/digest was signed/);
    const folder = join(under.folder, 'packages', '01900000-0000-7000-8000-000000000001', body.id);
    expect(existsSync(folder)).toBe(false);
    expect((await under.as('owner', 'GET', `/downloads/releases/${body.id}`)).body).toMatchObject({
      ...{ state: 'uploading', receivedBytes: 0 },
    });
    expect((await under.upload(body.id, content)).state).toBe('ready');
    expect(readdirSync(folder).sort()).toEqual(['0', '1']);
  });

  it('takes pieces in order, again, and in their length only', async () => {
    const { body } = await announce(signed(text()));
    const put = (number: number, bytes: Buffer) =>
      under.as('owner', 'PUT', `/downloads/releases/${body.id}/package`, { number, data: bytes.toString('base64') });
    const [first, second] = [content.subarray(0, PIECE_BYTES), content.subarray(PIECE_BYTES)];
    expect((await put(1, second)).status).toBe(409);
    expect((await put(0, first.subarray(1))).status).toBe(400);
    expect((await put(0, first)).body.receivedBytes).toBe(PIECE_BYTES);
    expect((await put(0, first)).body.receivedBytes).toBe(PIECE_BYTES);
    expect((await put(1, second)).body.state).toBe('ready');
    expect((await put(1, second)).body.state).toBe('ready');
  });

  it('larger than allowed is refused before anything is sent', async () => {
    const { status } = await announce(signed(text({ sizeBytes: 300 * 1024 * 1024 })));
    expect(status).toBe(413);
  });

  it('is removed with its package, but not while it is rolled out', async () => {
    const release = await under.publish(content, { version: '4.0.0' });
    await under.rollOut(release.id);
    const path = `/downloads/releases/${release.id}`;
    expect((await under.as('owner', 'DELETE', path)).status).toBe(409);
    expect((await under.as('owner', 'POST', `${path}/stop`)).body).toMatchObject({
      ...{ state: 'stopped', stoppedBecause: 'owner@muster.localhost stopped it.' },
    });
    expect((await under.as('owner', 'DELETE', path)).status).toBe(204);
    expect((await under.as('owner', 'GET', path)).status).toBe(404);
    const folder = join(under.folder, 'packages', '01900000-0000-7000-8000-000000000001', release.id);
    expect(existsSync(folder)).toBe(false);
  });
});

describe('who may', () => {
  it('read sees, and changes nothing', async () => {
    const { body } = await announce(signed(text()));
    expect((await under.as('reader', 'GET', '/downloads/releases')).status).toBe(200);
    for (const by of ['reader', 'technician']) {
      expect((await announce(signed(text()), by)).status).toBe(403);
      const path = `/downloads/releases/${body.id}`;
      const data = { number: 0, data: '' };
      expect((await under.as(by, 'PUT', `${path}/package`, data)).status).toBe(403);
      expect((await under.as(by, 'PUT', `${path}/roll-out`, ROLL_OUT)).status).toBe(403);
      expect((await under.as(by, 'POST', `${path}/stop`)).status).toBe(403);
      expect((await under.as(by, 'DELETE', path)).status).toBe(403);
    }
  });

  it('publish elsewhere sees nothing of here', async () => {
    const { body } = await announce(signed(text()));
    const path = `/downloads/releases/${body.id}`;
    expect((await under.as('stranger', 'GET', path)).status).toBe(404);
    expect((await under.as('stranger', 'PUT', `${path}/roll-out`, ROLL_OUT)).status).toBe(404);
    expect((await under.as('stranger', 'PUT', `${path}/package`, { number: 0, data: '' })).status).toBe(404);
    expect((await under.as('stranger', 'DELETE', path)).status).toBe(404);
    expect((await under.as<ReleasePage>('stranger', 'GET', '/downloads/releases')).body).toEqual({
      ...{ releases: [], total: 0 },
    });
  });
});

it('the list is searched, filtered, sorted and paged by the server', async () => {
  const versions = ['9.10.0', '9.2.0', '9.2.0-beta.10', '9.2.0-beta.9'];
  for (const version of versions) await announce(signed(text({ version })));
  const list = async (query: string): Promise<Array<Release['version']>> =>
    (await under.as<ReleasePage>('reader', 'GET', `/downloads/releases?${query}`)).body.releases.map(
      (one) => one.version,
    );
  expect(await list('search=9.&sort=version')).toEqual(['9.10.0', '9.2.0', '9.2.0-beta.10', '9.2.0-beta.9']);
  expect(await list('search=9.&sort=version&direction=ascending&size=2&page=2')).toEqual(['9.2.0', '9.10.0']);
  expect(await list('search=9.')).toEqual(versions.toReversed());
  expect(await list('search=9.&state=ready')).toEqual([]);
  expect(await list('search=9.&channel=stable')).toEqual([]);
});

describe('the list goes on behind a row', () => {
  const page = async (query: string) =>
    (await under.as<ReleasePage>('reader', 'GET', `/downloads/releases?search=8.&${query}`)).body;
  const versionsOf = ({ releases }: ReleasePage): string[] => releases.map(({ version }) => version);
  beforeAll(async () => {
    for (const minor of [1, 2, 3, 4, 5]) await announce(signed(text({ version: `8.${minor}.0` })));
  });

  it.each(['created', 'version'])('that comes or goes nowhere: by %s', async (sort) => {
    const first = await page(`sort=${sort}&size=2`);
    expect([versionsOf(first), first.total]).toEqual([['8.5.0', '8.4.0'], 5]);
    // By number, a new one in front would show the last row of this page again.
    const added = (await announce(signed(text({ version: '8.6.0' })))).body.id;
    const second = await page(`sort=${sort}&size=2&after=${first.next}`);
    expect(versionsOf(second)).toEqual(['8.3.0', '8.2.0']);
    const third = await page(`sort=${sort}&size=2&after=${second.next}`);
    expect([versionsOf(third), third.next]).toEqual([['8.1.0'], undefined]);
    await under.as('owner', 'DELETE', `/downloads/releases/${added}`);
    const back = await page(`sort=${sort}&size=5&direction=ascending`);
    expect([versionsOf(back), back.next]).toEqual([['8.1.0', '8.2.0', '8.3.0', '8.4.0', '8.5.0'], undefined]);
  });

  it.each(['x', '', 'eA', 'MgowMTkwMDAwMC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDE'])(
    'that a page gave, and not behind %j',
    async (after) => {
      const path = `/downloads/releases?after=${encodeURIComponent(after)}`;
      expect((await under.as('reader', 'GET', path)).status).toBe(400);
    },
  );
});

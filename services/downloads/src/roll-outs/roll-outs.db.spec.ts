import { randomBytes } from 'node:crypto';
import type { Release, ReleaseDevicePage } from '@muster/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DownloadsUnderTest, type TestDevice } from '../testing/downloads-under-test';
import { isAmong } from './roll-out';

let under: DownloadsUnderTest;
let devices: TestDevice[];
beforeAll(async () => {
  under = await DownloadsUnderTest.start({ ASK_AGAIN_SECONDS: '600', ASK_SOON_SECONDS: '60' });
  devices = await Promise.all(Array.from({ length: 60 }, () => under.device()));
});
afterAll(() => under?.stop());

const content = randomBytes(5000);
let minor = 1;
const publish = (changes: object = {}): Promise<Release> =>
  under.publish(content, { version: `1.${minor++}.0`, ...changes });
const read = async (id: string): Promise<Release> => (await under.as('owner', 'GET', `/downloads/releases/${id}`)).body;
/** Ends the roll-out, so that the next test has devices for itself. */
const end = (id: string) => under.as('owner', 'POST', `/downloads/releases/${id}/stop`);
const offeredTo = async (those: TestDevice[], releaseId: string): Promise<TestDevice[]> => {
  const got = await Promise.all(those.map(async (one) => (await under.ask(one)).body.release?.releaseId === releaseId));
  return those.filter((_, place) => got[place]);
};

describe('a roll-out', () => {
  it('reaches the devices that the hash of their ids says, no others, and more when the share grows', async () => {
    const { id } = await publish();
    expect(await offeredTo(devices, id)).toEqual([]);
    await under.rollOut(id, { percentage: 30 });
    const first = await offeredTo(devices, id);
    expect(first).toEqual(devices.filter((one) => isAmong(id, one.id, 30)));
    expect(await offeredTo(devices, id)).toEqual(first);
    expect(await read(id)).toMatchObject({ offered: first.length, installed: 0, failed: 0 });
    await under.rollOut(id, { percentage: 70 });
    expect(await offeredTo(devices, id)).toEqual(devices.filter((one) => isAmong(id, one.id, 70)));
    await end(id);
    expect(await offeredTo(devices, id)).toEqual([]);
  });

  it('is for its platform, for what is older, and for the versions that it may replace though newer', async () => {
    const release = await publish({ platform: 'linux-x64', downgradeFrom: ['7.0.0'] });
    await under.rollOut(release.id);
    const [one] = devices as [TestDevice];
    const asked = async (changes: object) => (await under.ask(one, changes)).body.release?.releaseId;
    expect(await asked({ platform: 'linux-arm64' })).toBeUndefined();
    expect(await asked({ version: release.version })).toBeUndefined();
    expect(await asked({ version: '8.0.0' })).toBeUndefined();
    expect(await asked({ version: '7.0.0' })).toBe(release.id);
    expect(await asked({})).toBe(release.id);
    await end(release.id);
  });

  it('to beta is for the devices on that channel, which get what is stable as well', async () => {
    const [one, other] = devices as [TestDevice, TestDevice];
    const deviceIds = [one.id];
    expect((await under.as('owner', 'PUT', '/downloads/channels', { channel: 'beta', deviceIds })).status).toBe(204);
    const [stable, beta] = [await publish(), await publish()];
    await under.rollOut(stable.id, { channel: 'stable' });
    expect(await offeredTo([one, other], stable.id)).toEqual([one, other]);
    await under.rollOut(beta.id, { channel: 'beta' });
    expect(await offeredTo([one, other], beta.id)).toEqual([one]);
    expect(await offeredTo([one, other], stable.id)).toEqual([other]);
    await under.as('owner', 'PUT', '/downloads/channels', { channel: 'stable', deviceIds });
    expect(await offeredTo([one, other], stable.id)).toEqual([one, other]);
    for (const { id } of [stable, beta]) await end(id);
  });

  it('updates no more devices at once than it may, and the others come soon again', async () => {
    const { id } = await publish();
    await under.rollOut(id, { mostAtOnce: 3 });
    const first = await offeredTo(devices, id);
    expect(first).toHaveLength(3);
    const waiting = devices.filter((one) => !first.includes(one));
    expect((await under.ask(waiting[0] as TestDevice)).body).toEqual({ askAgainSeconds: 60 });
    expect((await under.ask(first[0] as TestDevice)).body.askAgainSeconds).toBe(600);
    await under.outcome(first[0] as TestDevice, id, 'installed');
    expect(await offeredTo(waiting, id)).toHaveLength(1);
    // Who says nothing for long does not hold the others up.
    await under.rows(
      `UPDATE downloads.device_releases SET offered_at = now() - interval '2 days' WHERE release_id = $1`,
      [id],
    );
    expect(await offeredTo(waiting, id)).toHaveLength(4);
    await end(id);
  });

  it('stops by itself with more failures than it may have, and tells why', async () => {
    const events = await under.recordEvents();
    const release = await publish();
    const { id } = release;
    await under.rollOut(id, { stop: { failures: 2, sharePercent: 100, shareAfter: 1000 } });
    const offered = await offeredTo(devices.slice(0, 10), id);
    expect(offered).toHaveLength(10);
    const fail = (place: number) => under.outcome(offered[place] as TestDevice, id, 'failed', 'it never got green');
    // The same outcome sent again counts once.
    for (const place of [0, 0, 1, 1, 1]) expect((await fail(place)).status).toBe(202);
    expect(await read(id)).toMatchObject({ state: 'running', failed: 2 });
    await Promise.all([2, 3].map(fail));
    const because = '3 devices failed, and at most 2 may.';
    expect(await read(id)).toMatchObject({ state: 'halted', failed: 4, stoppedBecause: because, offered: 10 });
    expect(await offeredTo(devices, id)).toEqual([]);
    const told = (await events.news()).filter(({ payload }) => payload['releaseId'] === id);
    expect(told.filter(({ subject }) => subject === 'device-update.ended.v1')).toHaveLength(4);
    expect(
      told.filter(({ subject }) => subject === 'release-roll-out.stopped.v1').map(({ payload }) => payload),
    ).toEqual([
      expect.objectContaining({ because, actor: { kind: 'system', name: 'Muster' }, version: release.version }),
    ]);
    await events.close();

    // A person may go on: what failed until then is forgiven, and devices on which it failed stay as they are.
    await under.rollOut(id, { stop: { failures: 0, sharePercent: 100, shareAfter: 1000 } });
    expect(await offeredTo(offered, id)).toEqual(offered.slice(4));
    await under.outcome(offered[4] as TestDevice, id, 'installed');
    expect(await read(id)).toMatchObject({ state: 'running', installed: 1 });
    await fail(5);
    expect(await read(id)).toMatchObject({ state: 'halted', stoppedBecause: '1 device failed, and at most 0 may.' });

    const path = `/downloads/releases/${id}/devices`;
    const { body } = await under.as<ReleaseDevicePage>('reader', 'GET', `${path}?state=failed&size=2`);
    expect(body.total).toBe(5);
    expect(body.devices.map(({ deviceId, why }) => [deviceId, why])).toContainEqual([
      ...[offered[5]?.id, 'it never got green'],
    ]);
    // Behind a row: what changes meanwhile neither doubles nor hides another.
    const seen = body.devices.map(({ deviceId }) => deviceId);
    for (let { next } = body; next !== undefined;) {
      const page = await under.as<ReleaseDevicePage>('reader', 'GET', `${path}?state=failed&size=2&after=${next}`);
      seen.push(...page.body.devices.map(({ deviceId }) => deviceId));
      next = page.body.next;
    }
    expect(seen.sort()).toEqual([0, 1, 2, 3, 5].map((place) => offered[place]?.id).sort());
  });

  it('stops by itself with a greater share of failures', async () => {
    const { id } = await publish();
    await under.rollOut(id, { stop: { failures: 1000, sharePercent: 25, shareAfter: 8 } });
    const offered = await offeredTo(devices, id);
    const outcomes = ['failed', 'failed', 'failed', 'installed', 'installed', 'installed', 'installed'] as const;
    for (const [place, outcome] of outcomes.entries()) await under.outcome(offered[place] as TestDevice, id, outcome);
    expect((await read(id)).state).toBe('running');
    await under.outcome(offered[7] as TestDevice, id, 'failed');
    expect(await read(id)).toMatchObject({
      state: 'halted',
      stoppedBecause: '4 of 8 devices failed, and at most 25 % may.',
    });
  });

  it('counts each device once, however many report at the same time', async () => {
    const { id } = await publish();
    await under.rollOut(id, { stop: { failures: 1000, sharePercent: 100, shareAfter: 1000 } });
    await Promise.all([...devices, ...devices].map((one) => under.ask(one)));
    expect((await read(id)).offered).toBe(devices.length);
    await Promise.all(
      [...devices, ...devices].map((one, place) => under.outcome(one, id, place % 2 === 0 ? 'installed' : 'failed')),
    );
    const { installed, failed } = await read(id);
    expect({ installed, failed }).toEqual({ installed: 30, failed: 30 });
  });

  it('takes no outcome of a device to which nothing was offered', async () => {
    const { id } = await publish();
    await under.rollOut(id, { percentage: 0 });
    expect((await under.outcome(devices[0] as TestDevice, id, 'failed')).status).toBe(404);
    const elsewhere = await under.device('01900000-0000-7000-8000-0000000000ff');
    expect((await under.outcome(elsewhere, id, 'failed')).status).toBe(404);
    expect(await read(id)).toMatchObject({ failed: 0, offered: 0 });
  });
});

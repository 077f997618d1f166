import { randomBytes } from 'node:crypto';
import type { Release } from '@muster/contracts';
import { eventually } from '@muster/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DownloadsUnderTest, type TestDevice } from '../testing/downloads-under-test';
import { isAmong } from './roll-out';

const WITHIN = { within: 30_000 };
let under: DownloadsUnderTest;
let devices: TestDevice[];
beforeAll(async () => {
  under = await DownloadsUnderTest.start({ HINT_SECONDS: '1', HINTS_AT_ONCE: '20', ASK_AGAIN_SECONDS: '3600' });
  devices = await Promise.all(Array.from({ length: 40 }, () => under.device()));
  // Nobody can be told of whom the service never heard.
  for (const one of devices) await under.ask(one);
});
afterAll(() => under?.stop());

const content = randomBytes(1000);
let minor = 1;
let running: string[] = [];
const publish = async (changes: object = {}): Promise<Release> => {
  const release = await under.publish(content, { version: `1.${minor++}.0`, ...changes });
  running.push(release.id);
  return release;
};
afterEach(async () => {
  under.broker.onHint = () => undefined;
  for (const id of running) await under.as('owner', 'POST', `/downloads/releases/${id}/stop`);
  running = [];
});

/** All whom a change of a roll-out told of it, sorted. */
async function toldBy(change: () => Promise<unknown>): Promise<string[]> {
  const before = under.broker.told.length;
  await change();
  await eventually(async () => {
    const [row] = await under.rows<{ waiting: number }>(
      'SELECT count(*)::int AS waiting FROM downloads.releases WHERE hinting',
    );
    return row?.waiting === 0;
  }, WITHIN);
  // The last hint leaves after the commit that this saw.
  await new Promise((resolve) => setTimeout(resolve, 300));
  return under.broker.told.slice(before).sort();
}
const idsOf = (those: TestDevice[]): string[] => those.map(({ id }) => id).sort();

describe('devices are told of a roll-out', () => {
  it('when they are among its share, once after each change', async () => {
    const { id } = await publish();
    expect(await toldBy(() => under.rollOut(id, { percentage: 30 }))).toEqual(
      idsOf(devices.filter((one) => isAmong(id, one.id, 30))),
    );
    expect(await toldBy(() => under.rollOut(id, { percentage: 75 }))).toEqual(
      idsOf(devices.filter((one) => isAmong(id, one.id, 75))),
    );
    expect(await toldBy(() => under.rollOut(id, { percentage: 0 }))).toEqual([]);
  });

  it('when it would be offered to them', async () => {
    const [runsIt, other, failed] = devices as [TestDevice, TestDevice, TestDevice];
    const release = await publish({ platform: 'linux-x64', downgradeFrom: ['7.0.0'] });
    await under.ask(runsIt, { version: release.version });
    await under.ask(other, { platform: 'linux-arm64' });
    await toldBy(() => under.rollOut(release.id));
    await under.ask(failed);
    await under.outcome(failed, release.id, 'failed');
    const told = await toldBy(() => under.rollOut(release.id));
    expect(told).toEqual(idsOf(devices.slice(3)));
    // Newer than the release, and one that may go back to it.
    await under.ask(runsIt, { version: '8.0.0' });
    await under.ask(other, { version: '7.0.0' });
    expect(await toldBy(() => under.rollOut(release.id))).toEqual(idsOf([other, ...devices.slice(3)]));
    for (const one of [runsIt, other]) await under.ask(one);
  });

  it('on their channel, also when they are put on it later', async () => {
    const [one, other] = devices as [TestDevice, TestDevice];
    const channel = (name: string, ...those: TestDevice[]) =>
      under.as('owner', 'PUT', '/downloads/channels', { channel: name, deviceIds: those.map(({ id }) => id) });
    await channel('beta', one);
    const { id } = await publish();
    expect(await toldBy(() => under.rollOut(id, { channel: 'beta' }))).toEqual([one.id]);
    expect(await toldBy(() => channel('beta', other))).toEqual(idsOf([one, other]));
    await channel('stable', one, other);
  });

  it('not any more when it stops', async () => {
    const { id } = await publish();
    expect(
      await toldBy(async () => {
        await under.rollOut(id, { mostAtOnce: 1 });
        await under.as('owner', 'POST', `/downloads/releases/${id}/stop`);
      }),
    ).not.toHaveLength(devices.length);
  });

  it('so many at a time, until the whole fleet has it', async () => {
    const { id } = await publish();
    const byId = new Map(devices.map((one) => [one.id, one]));
    let [updating, most] = [0, 0];
    const update = async (one: TestDevice): Promise<void> => {
      const { release, askAgainSeconds } = (await under.ask(one)).body;
      if (!release) {
        // Told too early: comes again, as it was asked to.
        expect(askAgainSeconds).toBeLessThan(3600);
        setTimeout(() => void update(one), 200);
        return;
      }
      most = Math.max(most, ++updating);
      await new Promise((resolve) => setTimeout(resolve, 50));
      updating--;
      await under.outcome(one, id, 'installed');
    };
    under.broker.onHint = (deviceId) => void update(byId.get(deviceId) as TestDevice);
    await under.rollOut(id, { mostAtOnce: 5 });
    await eventually(async () => {
      const { body } = await under.as('owner', 'GET', `/downloads/releases/${id}`);
      return body.installed === devices.length;
    }, WITHIN);
    expect(most).toBeLessThanOrEqual(5);
  });
});

it('what devices run is noted when it is news', async () => {
  const one = await under.device();
  const noted = () =>
    under.rows<{ version: string; platform: string; asked_at: Date }>(
      'SELECT version, platform, asked_at FROM downloads.device_agents WHERE device_id = $1',
      [one.id],
    );
  await under.ask(one, { version: '1.0.0' });
  const [first] = await noted();
  await under.ask(one, { version: '1.0.0' });
  expect(await noted()).toEqual([first]);
  await under.ask(one, { version: '1.0.1' });
  expect(await noted()).toEqual([{ version: '1.0.1', platform: 'linux-x64', asked_at: expect.any(Date) }]);
});

import { AppError, type DeviceHome } from '@muster/contracts';
import { describe, expect, it } from 'vitest';
import { BusDeviceDirectory } from './bus-device-directory';
import { RevocationList } from './revocation-list';

const ORGANISATION = '01900000-0000-7000-8000-00000000000a';
const id = (number: number): string => `01900000-0000-7000-8000-${String(number).padStart(12, '0')}`;

/** Web, with the devices below 1000; a clock that the test moves. */
function scene() {
  const clock = { now: 1_000_000 };
  const web = { asked: [] as string[][], away: false, retired: new Set<string>() };
  const revocations = new RevocationList();
  const directory = new BusDeviceDirectory(
    async ({ deviceIds }) => {
      web.asked.push(deviceIds);
      if (web.away) throw new AppError('unavailable', 'web did not answer', { retryAfterSeconds: 5 });
      const homes: DeviceHome[] = deviceIds
        .filter((deviceId) => deviceId < id(1000) && !web.retired.has(deviceId))
        .map((deviceId) => ({ deviceId, organisationId: ORGANISATION }));
      return { homes };
    },
    revocations,
    () => clock.now,
  );
  return { clock, web, directory, revocations };
}

describe('BusDeviceDirectory', () => {
  it('asks once for all that come together, also for the same one, and not again for an hour', async () => {
    const { clock, web, directory } = scene();
    const found = await Promise.all([1, 2, 2, 3].map((number) => directory.organisationOf(id(number))));
    expect(found).toEqual(Array(4).fill({ organisationId: ORGANISATION }));
    expect(web.asked).toEqual([[id(1), id(2), id(3)]]);
    clock.now += 3_599_000;
    await directory.organisationOf(id(2));
    expect(web.asked).toHaveLength(1);
    clock.now += 2_000;
    await directory.organisationOf(id(2));
    expect(web.asked).toHaveLength(2);
  });

  it('asks for no more at once than one request may name', async () => {
    const { web, directory } = scene();
    const all = await Promise.all(Array.from({ length: 1200 }, (_, number) => directory.organisationOf(id(number))));
    expect(web.asked.map((ids) => ids.length)).toEqual([500, 500, 200]);
    expect(all.filter(Boolean)).toHaveLength(1000);
  });

  it('remembers for a second only that a device is not known: it may be enrolled now', async () => {
    const { clock, web, directory } = scene();
    expect(await directory.organisationOf(id(5000))).toBeUndefined();
    expect(await directory.organisationOf(id(5000))).toBeUndefined();
    expect(web.asked).toHaveLength(1);
    clock.now += 1_001;
    await directory.organisationOf(id(5000));
    expect(web.asked).toHaveLength(2);
  });

  it('goes on with what it knew while web is away, and says when to come back for the rest', async () => {
    const { clock, web, directory } = scene();
    await directory.organisationOf(id(1));
    clock.now += 4_000_000;
    web.away = true;
    expect(await directory.organisationOf(id(1))).toEqual({ organisationId: ORGANISATION });
    await directory.organisationOf(id(1));
    expect(web.asked).toHaveLength(2);
    await expect(directory.organisationOf(id(2))).rejects.toMatchObject({
      code: 'unavailable',
      details: { retryAfterSeconds: 5 },
    });
    web.away = false;
    expect(await directory.organisationOf(id(2))).toEqual({ organisationId: ORGANISATION });
  });

  it('forgets a device that was revoked', async () => {
    const { web, directory, revocations } = scene();
    await directory.organisationOf(id(1));
    web.retired.add(id(1));
    const at = new Date().toISOString();
    revocations.apply({ sequence: 1, kind: 'device', id: id(1), organisationId: ORGANISATION, at });
    expect(await directory.organisationOf(id(1))).toBeUndefined();
  });
});

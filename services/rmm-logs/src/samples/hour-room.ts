import { bareArray } from '@muster/database';
import type { EntityManager } from 'typeorm';
import { HOUR, hourOf, textOf } from './hour';

/** A sample on its way into its row. */
export interface Weighed {
  deviceId: string;
  /** Milliseconds since 1970. */
  at: number;
  /** Of the stored JSON. */
  bytes: number;
}
/** What an hour of a device holds, or may. */
export interface HourLimit {
  samples: number;
  bytes: number;
}
interface DeviceHour {
  deviceId: string;
  /** When it begins, in milliseconds since 1970. */
  hour: number;
}

interface Filled {
  device_id: string;
  hour: Date;
  samples: number;
  bytes: string;
}

export const keyOf = (deviceId: string, hour: number): string => `${deviceId.toLowerCase()} ${hour}`;

/**
 * Notes that these hours have samples to be rolled up, and gives back those samples, in their order, for which the device's
 * hour has room: so no hour is longer than a roll-up can hold. What a note counts are the samples that came since the last
 * roll-up, also those that had no room. An hour that is in the hands of a roll-up is waited for, since that has not seen
 * these samples. Hours are noted in one order, so that none waits for another in a circle.
 */
export async function withRoom<T extends Weighed>(
  manager: EntityManager,
  organisationId: string,
  samples: readonly T[],
  limit: HourLimit,
): Promise<T[]> {
  if (samples.length === 0) return [];
  const added = new Map<string, DeviceHour & HourLimit>();
  for (const { deviceId, at, bytes } of samples) {
    const hour = hourOf(at);
    const place = added.get(keyOf(deviceId, hour)) ?? { deviceId, hour, samples: 0, bytes: 0 };
    added.set(keyOf(deviceId, hour), place);
    place.samples += 1;
    place.bytes += bytes;
  }
  const filled = await note(manager, organisationId, [...added.values()]);
  const over = [...added.values()].filter(({ hour }) => hour + HOUR <= Date.now());
  for (const [key, packed] of await packedHours(manager, organisationId, over)) {
    const hour = filled.get(key);
    if (hour) filled.set(key, { samples: hour.samples + packed.samples, bytes: hour.bytes + packed.bytes });
  }
  return samples.filter(({ deviceId, at, bytes }) => {
    const hour = filled.get(keyOf(deviceId, hourOf(at)));
    if (!hour || hour.samples + 1 > limit.samples || hour.bytes + bytes > limit.bytes) return false;
    hour.samples += 1;
    hour.bytes += bytes;
    return true;
  });
}

/** @returns what the notes counted before, by `keyOf` */
async function note(
  manager: EntityManager,
  organisationId: string,
  added: ReadonlyArray<DeviceHour & HourLimit>,
): Promise<Map<string, HourLimit>> {
  const rows = await manager.query<Filled[]>(
    `INSERT INTO rmm_logs.hours_due AS due (organisation_id, device_id, hour, samples, bytes)
     SELECT $1, * FROM unnest($2::uuid[], $3::timestamptz[], $4::integer[], $5::bigint[]) AS given (device_id, hour, samples, bytes)
      ORDER BY device_id, hour
     ON CONFLICT (organisation_id, device_id, hour)
     DO UPDATE SET samples = due.samples + EXCLUDED.samples, bytes = due.bytes + EXCLUDED.bytes
     RETURNING device_id, hour, samples, bytes`,
    [
      organisationId,
      bareArray(added.map(({ deviceId }) => deviceId)),
      bareArray(added.map(({ hour }) => textOf(hour))),
      bareArray(added.map(({ samples }) => samples)),
      bareArray(added.map(({ bytes }) => bytes)),
    ],
  );
  const own = new Map(added.map((one) => [keyOf(one.deviceId, one.hour), one]));
  return new Map(
    rows.map(({ device_id, hour, samples, bytes }) => {
      const key = keyOf(device_id, hour.getTime());
      const mine = own.get(key) ?? { samples: 0, bytes: 0 };
      return [key, { samples: samples - mine.samples, bytes: Number(bytes) - mine.bytes }];
    }),
  );
}

/** What of these hours is packed, by `keyOf`. The bounds let PostgreSQL leave out the other days' partitions. */
export async function packedHours(
  manager: EntityManager,
  organisationId: string,
  hours: readonly DeviceHour[],
): Promise<Map<string, HourLimit>> {
  if (hours.length === 0) return new Map();
  const begins = hours.map(({ hour }) => hour);
  const rows = await manager.query<Filled[]>(
    `SELECT device_id, hour, h.samples, h.bytes
       FROM rmm_logs.sample_hours h JOIN unnest($2::uuid[], $3::timestamptz[]) AS given (device_id, hour) USING (device_id, hour)
      WHERE h.organisation_id = $1 AND h.hour >= $4 AND h.hour <= $5`,
    [
      organisationId,
      hours.map(({ deviceId }) => deviceId),
      begins.map(textOf),
      textOf(Math.min(...begins)),
      textOf(Math.max(...begins)),
    ],
  );
  return new Map(
    rows.map(({ device_id, hour, samples, bytes }) => [
      keyOf(device_id, hour.getTime()),
      { samples, bytes: Number(bytes) },
    ]),
  );
}

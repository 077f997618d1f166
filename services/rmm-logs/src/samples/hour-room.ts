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

interface Filled {
  device_id: string;
  hour: Date;
  samples: string;
  bytes: string;
}

const keyOf = (deviceId: string, hour: number): string => `${deviceId.toLowerCase()} ${hour}`;

/**
 * Those samples, in their order, for which the device's hour has room besides what is stored of it, packed or not: so no
 * hour is longer than a roll-up can hold. Transactions that run together do not see each other's samples: a device that
 * reports through several spools at the same moment may go beyond the limit by what those bring.
 */
export async function withRoom<T extends Weighed>(
  manager: EntityManager,
  organisationId: string,
  samples: readonly T[],
  limit: HourLimit,
): Promise<T[]> {
  if (samples.length === 0) return [];
  const hours = samples.map(({ deviceId, at }) => ({ deviceId, hour: hourOf(at) }));
  const filled = await filledHours(manager, organisationId, [
    ...new Map(hours.map((one) => [keyOf(one.deviceId, one.hour), one])).values(),
  ]);
  return samples.filter(({ deviceId, at, bytes }) => {
    const hour = filled({ deviceId, hour: hourOf(at) });
    if (hour.samples + 1 > limit.samples || hour.bytes + bytes > limit.bytes) return false;
    hour.samples += 1;
    hour.bytes += bytes;
    return true;
  });
}

/** How much is stored of devices' hours, packed or not. The hours are given once each and begin at `hour`. */
export async function filledHours(
  manager: EntityManager,
  organisationId: string,
  hours: ReadonlyArray<{ deviceId: string; hour: number }>,
): Promise<(of: { deviceId: string; hour: number }) => HourLimit> {
  const begins = hours.map(({ hour }) => hour);
  const rows = await manager.query<Filled[]>(filledSql, [
    organisationId,
    hours.map(({ deviceId }) => deviceId),
    begins.map(textOf),
    textOf(Math.min(...begins)),
    textOf(Math.max(...begins) + HOUR),
  ]);
  const filled = new Map<string, HourLimit>();
  for (const { device_id, hour, samples, bytes } of rows) {
    filled.set(keyOf(device_id, hour.getTime()), { samples: Number(samples), bytes: Number(bytes) });
  }
  return ({ deviceId, hour }) => filled.get(keyOf(deviceId, hour)) ?? { samples: 0, bytes: 0 };
}

/** The bounds over all hours let PostgreSQL leave out the other days' partitions. */
const filledSql = `
  SELECT given.device_id, given.hour,
         coalesce(packed.samples, 0) + loose.samples AS samples, coalesce(packed.bytes, 0) + loose.bytes AS bytes
    FROM unnest($2::uuid[], $3::timestamptz[]) AS given (device_id, hour)
   CROSS JOIN LATERAL (
     SELECT count(*) AS samples, coalesce(sum(octet_length(s.sample::text)), 0) AS bytes
       FROM rmm_logs.samples s
      WHERE s.organisation_id = $1 AND s.device_id = given.device_id
        AND s.at >= given.hour AND s.at < given.hour + interval '1 hour' AND s.at >= $4 AND s.at < $5) AS loose
    LEFT JOIN rmm_logs.sample_hours packed
      ON packed.organisation_id = $1 AND packed.device_id = given.device_id AND packed.hour = given.hour
     AND packed.hour >= $4 AND packed.hour < $5`;

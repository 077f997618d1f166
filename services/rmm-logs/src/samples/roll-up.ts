import type { Database } from '@muster/database';
import type { EntityManager } from 'typeorm';
import { DAY, dayOf, HOUR, textOf } from './hour';
import { keyOf, packedHours } from './hour-room';
import { type Hours, packDay, unpackDay } from './hourly-day';
import type { Measured, Moment, Processes } from './measured';
import { packHour, unpackHour } from './sample-hour';
import { Stretch } from './stretch';

/** Bytes of samples, as JSON, that are held at the same time. */
const MOST_AT_ONCE = 16 * 1024 * 1024;

export interface DeviceHour {
  deviceId: string;
  /** When it begins, in milliseconds since 1970. */
  hour: number;
}

/** An hour whose note this transaction holds, with the bytes that came since it was rolled up last. */
interface HeldHour extends DeviceHour {
  bytes: number;
}

interface SampleRow {
  device_id: string;
  at: Date;
  sample: [...Measured, Processes];
}

/**
 * Rolls hours up in one transaction: their samples leave their rows for the packed hour, joining what it already holds, and
 * the hour's place in the day is computed anew from all of them. So it may run again whenever late samples arrive, and a
 * reader sees every sample once: as a row, or packed. Hours that another instance holds are left to it.
 * @returns how many were rolled up
 */
export function rollUp(database: Database, organisationId: string, hours: readonly DeviceHour[]): Promise<number> {
  return database.inOrganisation(organisationId, async (manager) => {
    const held = await lock(manager, organisationId, hours);
    if (held.length === 0) return 0;
    for (const part of await inBoundedParts(manager, organisationId, held)) {
      const moments = await takeSamples(manager, organisationId, part);
      if (moments.size === 0) continue;
      const complete = await withPacked(manager, organisationId, moments);
      await storePacked(manager, organisationId, complete);
      await storeDays(manager, organisationId, complete);
    }
    await manager.query(
      `DELETE FROM rmm_logs.hours_due d USING unnest($2::uuid[], $3::timestamptz[]) AS given (device_id, hour)
        WHERE d.organisation_id = $1 AND d.device_id = given.device_id AND d.hour = given.hour`,
      [organisationId, ...columnsOf(held)],
    );
    return held.length;
  });
}

const columnsOf = (hours: readonly DeviceHour[]): [devices: string[], hours: string[]] => [
  hours.map(({ deviceId }) => deviceId),
  hours.map(({ hour }) => textOf(hour)),
];

/** Hours that have samples, by `keyOf`. */
type ByHour = Map<string, DeviceHour & { moments: Moment[] }>;

async function lock(manager: EntityManager, organisationId: string, hours: readonly DeviceHour[]): Promise<HeldHour[]> {
  const rows = await manager.query<Array<{ device_id: string; hour: Date; bytes: string }>>(
    `SELECT d.device_id, d.hour, d.bytes
       FROM rmm_logs.hours_due d JOIN unnest($2::uuid[], $3::timestamptz[]) AS given (device_id, hour) USING (device_id, hour)
      WHERE d.organisation_id = $1 ORDER BY d.device_id, d.hour FOR UPDATE OF d SKIP LOCKED`,
    [organisationId, ...columnsOf(hours)],
  );
  return rows.map(({ device_id, hour, bytes }) => ({
    deviceId: device_id,
    hour: hour.getTime(),
    bytes: Number(bytes),
  }));
}

/**
 * The hours in their order, in parts that hold no more than `MOST_AT_ONCE` bytes of samples, or one hour: what a device
 * may fill an hour with is limited when it is stored, and so is what a roll-up holds in memory, whatever devices send.
 */
async function inBoundedParts(
  manager: EntityManager,
  organisationId: string,
  hours: readonly HeldHour[],
): Promise<DeviceHour[][]> {
  const packed = await packedHours(manager, organisationId, hours);
  const parts: DeviceHour[][] = [];
  let room = 0;
  for (const hour of hours) {
    const bytes = hour.bytes + (packed.get(keyOf(hour.deviceId, hour.hour))?.bytes ?? 0);
    room -= bytes;
    const part = parts.at(-1);
    if (part && room >= 0) part.push(hour);
    else {
      parts.push([hour]);
      room = MOST_AT_ONCE - bytes;
    }
  }
  return parts;
}

/** The bounds over all hours let PostgreSQL leave out the other days' partitions. */
async function takeSamples(
  manager: EntityManager,
  organisationId: string,
  hours: readonly DeviceHour[],
): Promise<ByHour> {
  const begins = hours.map(({ hour }) => hour);
  const [rows] = await manager.query<[SampleRow[], number]>(
    `DELETE FROM rmm_logs.samples s USING unnest($2::uuid[], $3::timestamptz[]) AS given (device_id, hour)
      WHERE s.organisation_id = $1 AND s.device_id = given.device_id
        AND s.at >= given.hour AND s.at < given.hour + interval '1 hour' AND s.at >= $4 AND s.at < $5
      RETURNING s.device_id, s.at, s.sample`,
    [organisationId, ...columnsOf(hours), textOf(Math.min(...begins)), textOf(Math.max(...begins) + HOUR)],
  );
  const byHour: ByHour = new Map();
  for (const { device_id, at, sample } of rows) {
    const [values, disks, networks, temperatures, processes] = sample;
    const hour = Math.floor(at.getTime() / HOUR) * HOUR;
    const key = keyOf(device_id, hour);
    const place = byHour.get(key) ?? { deviceId: device_id, hour, moments: [] };
    place.moments.push({ at: at.getTime(), measured: [values, disks, networks, temperatures], processes });
    byHour.set(key, place);
  }
  return byHour;
}

async function withPacked(manager: EntityManager, organisationId: string, byHour: ByHour): Promise<ByHour> {
  const hours = [...byHour.values()];
  const begins = hours.map(({ hour }) => hour);
  const rows = await manager.query<Array<{ device_id: string; hour: Date; measured: Buffer; processes: Buffer }>>(
    `SELECT h.device_id, h.hour, h.measured, h.processes
       FROM rmm_logs.sample_hours h JOIN unnest($2::uuid[], $3::timestamptz[]) AS given (device_id, hour) USING (device_id, hour)
      WHERE h.organisation_id = $1 AND h.hour >= $4 AND h.hour <= $5`,
    [organisationId, ...columnsOf(hours), textOf(Math.min(...begins)), textOf(Math.max(...begins))],
  );
  for (const row of rows) {
    const place = byHour.get(keyOf(row.device_id, row.hour.getTime()));
    place?.moments.push(...(await unpackHour(row)));
  }
  for (const { moments } of byHour.values()) moments.sort((left, right) => left.at - right.at);
  return byHour;
}

/** As rows they would have so many. */
const bytesOf = (moments: readonly Moment[]): number =>
  moments.reduce(
    (sum, { measured, processes }) => sum + Buffer.byteLength(JSON.stringify([...measured, processes])),
    0,
  );

async function storePacked(manager: EntityManager, organisationId: string, byHour: ByHour): Promise<void> {
  const hours = [...byHour.values()];
  const packed = await Promise.all(hours.map(({ moments }) => packHour(moments)));
  await manager.query(
    `INSERT INTO rmm_logs.sample_hours (organisation_id, device_id, hour, measured, processes, samples, bytes)
     SELECT $1, * FROM unnest($2::uuid[], $3::timestamptz[], $4::bytea[], $5::bytea[], $6::integer[], $7::bigint[])
     ON CONFLICT (organisation_id, device_id, hour)
     DO UPDATE SET measured = EXCLUDED.measured, processes = EXCLUDED.processes, samples = EXCLUDED.samples,
                   bytes = EXCLUDED.bytes`,
    [
      organisationId,
      ...columnsOf(hours),
      packed.map(({ measured }) => measured),
      packed.map(({ processes }) => processes),
      hours.map(({ moments }) => moments.length),
      hours.map(({ moments }) => bytesOf(moments)),
    ],
  );
}

/** Other hours of a day may be in another instance's hands: the day is made if need be, then locked, all in one order. */
async function storeDays(manager: EntityManager, organisationId: string, byHour: ByHour): Promise<void> {
  const days = new Map<string, { deviceId: string; day: number; hours: Hours }>();
  for (const { deviceId, hour, moments } of byHour.values()) {
    const key = keyOf(deviceId, dayOf(hour));
    const place = days.get(key) ?? { deviceId, day: dayOf(hour), hours: new Map() };
    const stretch = new Stretch();
    for (const { at, measured } of moments) stretch.add(at, measured);
    place.hours.set(hour, stretch);
    days.set(key, place);
  }
  const places = [...days.values()];
  const keys = [organisationId, places.map(({ deviceId }) => deviceId), places.map(({ day }) => textOf(day))];
  const bounds = places.map(({ day }) => day);
  await manager.query(
    `INSERT INTO rmm_logs.samples_hourly (organisation_id, device_id, day, hours)
     SELECT $1, device_id, day, ''::bytea FROM unnest($2::uuid[], $3::timestamptz[]) AS given (device_id, day)
      ORDER BY device_id, day
     ON CONFLICT DO NOTHING`,
    keys,
  );
  const rows = await manager.query<Array<{ device_id: string; day: Date; hours: Buffer }>>(
    `SELECT h.device_id, h.day, h.hours
       FROM rmm_logs.samples_hourly h JOIN unnest($2::uuid[], $3::timestamptz[]) AS given (device_id, day) USING (device_id, day)
      WHERE h.organisation_id = $1 AND h.day >= $4 AND h.day < $5
      ORDER BY h.device_id, h.day FOR UPDATE OF h`,
    [...keys, textOf(Math.min(...bounds)), textOf(Math.max(...bounds) + DAY)],
  );
  for (const { device_id, day, hours } of rows) {
    const place = days.get(keyOf(device_id, day.getTime()));
    if (!place || hours.length === 0) continue;
    place.hours = new Map([...(await unpackDay(hours)), ...place.hours]);
  }
  await manager.query(
    `UPDATE rmm_logs.samples_hourly h SET hours = given.hours
       FROM unnest($2::uuid[], $3::timestamptz[], $4::bytea[]) AS given (device_id, day, hours)
      WHERE h.organisation_id = $1 AND h.device_id = given.device_id AND h.day = given.day`,
    [...keys, await Promise.all(places.map(({ hours }) => packDay(hours)))],
  );
}

import { inflateRawSync } from 'node:zlib';
import type { Client } from 'pg';
import type { LoadDevice, Sent } from './load-device';

/** Rows of these devices by kind. */
export interface Rows {
  samples: number;
  logs: number;
  audit: number;
  output: number;
  /** Packages that are installed. */
  software: number;
}
const NO_ROWS: Rows = { samples: 0, logs: 0, audit: 0, output: 0, software: 0 };

/**
 * How many rows these devices have. Samples whose hour was packed are counted in it: one statement sees one moment, in
 * which each sample is either a row or packed.
 */
export async function storedRows(client: Client, devices: readonly LoadDevice[]): Promise<Rows> {
  const { rows } = await client.query<Rows & { packed: Buffer[] }>(
    `SELECT (SELECT count(*)::int FROM rmm_logs.samples WHERE device_id = ANY($1::uuid[])) AS samples,
            (SELECT coalesce(array_agg(measured), '{}') FROM rmm_logs.sample_hours WHERE device_id = ANY($1::uuid[])) AS packed,
            (SELECT count(*)::int FROM rmm_logs.logs WHERE device_id = ANY($1::uuid[])) AS logs,
            (SELECT count(*)::int FROM rmm_logs.output_pieces WHERE device_id = ANY($1::uuid[])) AS output,
            (SELECT count(*)::int FROM plugins.installed WHERE device_id = ANY($1::uuid[])) AS software,
            (SELECT count(*)::int FROM audit.entries
              WHERE actor_kind = 'device' AND actor_id = ANY($1::text[]) AND action = 'operation.ended') AS audit`,
    [devices.map(({ id }) => id)],
  );
  if (!rows[0]) return NO_ROWS;
  const { packed, samples, ...others } = rows[0];
  return { ...others, samples: packed.reduce((sum, block) => sum + samplesIn(block), samples) };
}

/** How many rows these devices should have, when all that they made is stored once. */
export const madeRows = (devices: readonly LoadDevice[]): Rows =>
  devices.reduce<Rows>(
    (sum, { maker, operations, software }) => ({
      samples: sum.samples + maker.samples,
      logs: sum.logs + maker.logs,
      audit: sum.audit + operations.ended,
      output: sum.output + operations.pieces,
      software: sum.software + (software.sent ? software.installed : 0),
    }),
    NO_ROWS,
  );

/** Rows beyond those that were made, over all kinds. */
export const doubledRows = (stored: Rows, made: Rows): number =>
  (Object.keys(stored) as Array<keyof Rows>).reduce((sum, kind) => sum + Math.max(0, stored[kind] - made[kind]), 0);

/** Devices whose software section is not stored as they have it: its digest is absent or another. */
export async function otherDigests(client: Client, devices: readonly LoadDevice[]): Promise<LoadDevice[]> {
  const { rows } = await client.query<{ id: string; digest: string | null }>(
    `SELECT device_id AS id, encode(digest, 'hex') AS digest FROM plugins.sections
      WHERE section = 'software' AND device_id = ANY($1::uuid[])`,
    [devices.map(({ id }) => id)],
  );
  const held = new Map(rows.map(({ id, digest }) => [id, digest]));
  return devices.filter(({ id, software }) => software.sent && held.get(id) !== software.digest);
}

/** How many samples a packed hour holds: a column of times after its form, in JSON, deflated. */
function samplesIn(block: Buffer): number {
  const { at } = JSON.parse(inflateRawSync(block).toString()) as { at: unknown[] };
  return at.length - 1;
}

/**
 * Has devices whose section the server lost the thread of (an absent digest) send it whole, as agents do before each
 * collection. One that the server holds with another digest is left as it is: that is an error to be seen.
 * @returns what was sent
 */
export async function sendLostSections(client: Client, devices: readonly LoadDevice[]): Promise<Sent[]> {
  const sent: Sent[] = [];
  for (const device of await otherDigests(client, devices)) {
    const held = await device.heldDigest();
    if (held && held.digest === undefined) sent.push(await device.sendInventory());
  }
  return sent;
}

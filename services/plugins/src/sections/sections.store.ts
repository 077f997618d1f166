import type { InventorySection, Unreadable } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import type { StoredItem } from './section.entity';
import type { SectionState, Series } from './section-state';
import { ORGANISATION } from '../store/organisation';

/** A section as it is worked on; written back as a whole. */
export interface OpenSection {
  deviceId: string;
  section: InventorySection;
  state?: SectionState;
  items: StoredItem[];
  itemCount: number;
  unreadable: Unreadable[];
  touched: boolean;
}
export interface SectionKey {
  deviceId: string;
  section: InventorySection;
}
export const nameOf = ({ deviceId, section }: SectionKey): string => `${deviceId} ${section}`;

interface Row extends SectionKey {
  digest: string | null;
  at: Date;
  spool: string;
  sequence: string;
  complete: boolean;
  itemCount: number;
  items: StoredItem[];
  unreadable: Unreadable[];
  series: Series | null;
}

/** The sections by `nameOf`, new ones empty. The devices' rows must be locked. */
export async function openSections(
  manager: EntityManager,
  organisationId: string,
  wanted: readonly SectionKey[],
): Promise<Map<string, OpenSection>> {
  const rows: Row[] = await manager.query(
    `SELECT s.device_id AS "deviceId", s.section, encode(s.digest, 'hex') AS digest, s.collected_at AS at, s.spool, s.sequence,
            s.complete, s.item_count AS "itemCount", s.items, s.unreadable, s.series
       FROM unnest($2::uuid[], $3::text[]) AS given (device_id, section)
       JOIN plugins.sections s ON s.organisation_id = ${ORGANISATION} AND s.device_id = given.device_id AND s.section = given.section`,
    [organisationId, wanted.map(({ deviceId }) => deviceId), wanted.map(({ section }) => section)],
  );
  const open = new Map<string, OpenSection>(
    wanted.map(({ deviceId, section }) => [
      nameOf({ deviceId, section }),
      { deviceId, section, items: [], itemCount: 0, unreadable: [], touched: false },
    ]),
  );
  for (const { deviceId, section, items, itemCount, unreadable, ...row } of rows) {
    const state: SectionState = {
      at: row.at.toISOString(),
      spool: row.spool,
      sequence: Number(row.sequence),
      complete: row.complete,
      ...(row.digest === null ? {} : { digest: row.digest }),
      ...(row.series === null ? {} : { series: row.series }),
    };
    open.set(nameOf({ deviceId, section }), {
      ...{ deviceId, section, state, items, itemCount, unreadable, touched: false },
    });
  }
  return open;
}

/** Writes the sections that were touched. */
export async function saveSections(
  manager: EntityManager,
  organisationId: string,
  sections: Iterable<OpenSection>,
): Promise<void> {
  const rows = [...sections].flatMap((one) => (one.touched && one.state ? [{ ...one, state: one.state }] : []));
  if (rows.length === 0) return;
  await manager.query(
    `INSERT INTO plugins.sections (organisation_id, device_id, section, digest, collected_at, spool, sequence, complete,
                                   item_count, items, unreadable, series)
     SELECT $1, device_id, section, decode(digest, 'hex'), at, spool, sequence, complete, item_count, items, unreadable, series
       FROM unnest($2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::uuid[], $7::int8[], $8::boolean[],
                   $9::integer[], $10::jsonb[], $11::jsonb[], $12::jsonb[])
         AS given (device_id, section, digest, at, spool, sequence, complete, item_count, items, unreadable, series)
     ON CONFLICT (organisation_id, device_id, section) DO UPDATE
        SET digest = excluded.digest, collected_at = excluded.collected_at, spool = excluded.spool,
            sequence = excluded.sequence, complete = excluded.complete, item_count = excluded.item_count,
            items = excluded.items, unreadable = excluded.unreadable, series = excluded.series`,
    [
      organisationId,
      rows.map(({ deviceId }) => deviceId),
      rows.map(({ section }) => section),
      rows.map(({ state }) => state.digest ?? null),
      rows.map(({ state }) => state.at),
      rows.map(({ state }) => state.spool),
      rows.map(({ state }) => state.sequence),
      rows.map(({ state }) => state.complete),
      rows.map(({ itemCount }) => itemCount),
      rows.map(({ items }) => JSON.stringify(items)),
      rows.map(({ unreadable }) => JSON.stringify(unreadable)),
      rows.map(({ state }) => (state.series ? JSON.stringify(state.series) : null)),
    ],
  );
}

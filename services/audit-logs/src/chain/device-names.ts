import { Injectable } from '@nestjs/common';
import { type DeviceDescribed, isUuid } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import type { Draft } from './draft';

/** What devices are called, for entries about devices that came with an id only. */
@Injectable()
export class DeviceNames {
  /** Drafts whose devices have names: the newest known, or the id of one that was never described. */
  async fillIn(manager: EntityManager, organisationId: string, drafts: readonly Draft[]): Promise<Draft[]> {
    const ids = new Set(drafts.flatMap(unnamedDevices).filter(isUuid));
    if (ids.size === 0) return [...drafts];
    const rows: Array<{ device_id: string; name: string }> = await manager.query(
      'SELECT device_id, name FROM audit.device_names WHERE organisation_id = $1 AND device_id = ANY($2::uuid[])',
      [organisationId, [...ids]],
    );
    const names = new Map(rows.map((row) => [row.device_id, row.name]));
    return drafts.map((draft) => named(draft, names));
  }

  /** Keeps descriptions of one organisation's devices; the newest of a device wins, in whatever order they come. */
  async keep(manager: EntityManager, organisationId: string, described: readonly DeviceDescribed[]): Promise<void> {
    const newest = new Map<string, DeviceDescribed>();
    for (const one of described) {
      const before = newest.get(one.deviceId);
      if (!before || Date.parse(before.at) <= Date.parse(one.at)) newest.set(one.deviceId, one);
    }
    const rows = [...newest.values()].sort((one, other) => (one.deviceId < other.deviceId ? -1 : 1));
    await manager.query(
      `INSERT INTO audit.device_names AS d (organisation_id, device_id, name, described_at)
       SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::timestamptz[])
       ON CONFLICT (organisation_id, device_id) DO UPDATE
         SET name = excluded.name, described_at = excluded.described_at WHERE d.described_at < excluded.described_at`,
      [organisationId, rows.map((one) => one.deviceId), rows.map((one) => one.name), rows.map((one) => one.at)],
    );
  }
}

const unnamedDevices = ({ actor, target }: Draft): string[] => [
  ...(actor.kind === 'device' && !actor.name && actor.id ? [actor.id] : []),
  ...(target?.kind === 'device' && !target.name && target.id ? [target.id] : []),
];

function named(draft: Draft, names: ReadonlyMap<string, string>): Draft {
  const { actor, target } = draft;
  return {
    ...draft,
    ...(actor.kind === 'device' && !actor.name ? { actor: { ...actor, name: nameOf(actor.id, names) } } : {}),
    ...(target?.kind === 'device' && !target.name ? { target: { ...target, name: nameOf(target.id, names) } } : {}),
  };
}

const nameOf = (id: string | undefined, names: ReadonlyMap<string, string>): string => names.get(id ?? '') ?? id ?? '';

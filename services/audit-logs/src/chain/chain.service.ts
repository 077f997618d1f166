import { Injectable } from '@nestjs/common';
import type { AuditEntry } from '@muster/contracts';
import { afterCommit } from '@muster/database';
import { Log } from '@muster/service-kit';
import type { EntityManager } from 'typeorm';
import { genesisHash, linkHash } from './canonical';
import { type Draft, contentOf } from './draft';
import { DeviceNames } from './device-names';

interface End {
  number: number;
  hash: string;
}

/** Appends to chains. Everything else only reads them. */
@Injectable()
export class Chain {
  private readonly listeners: Array<(organisationId: string) => void> = [];

  constructor(
    private readonly names: DeviceNames,
    private readonly log: Log,
  ) {}

  /**
   * Appends drafts in their order, within the caller's transaction (of `organisationId`), which holds the chain's row
   * until it ends. Drafts whose message was appended before are left out. @returns how many were appended
   */
  async append(manager: EntityManager, organisationId: string, drafts: readonly Draft[]): Promise<number> {
    if (drafts.length === 0) return 0;
    const end = await this.lockEnd(manager, organisationId);
    const fresh = await unseen(manager, organisationId, drafts);
    if (fresh.length === 0) return 0;
    const named = await this.names.fillIn(manager, organisationId, fresh);
    const entries = linked(end, named);
    await insertEntries(manager, organisationId, entries, named);
    const last = entries.at(-1);
    await manager.query(
      `UPDATE audit.chains SET last_number = $2, last_hash = decode($3, 'hex'),
              unsigned_since = COALESCE(unsigned_since, now()) WHERE organisation_id = $1`,
      [organisationId, last?.number, last?.hash],
    );
    afterCommit(manager, () => this.listeners.forEach((listener) => listener(organisationId)));
    return entries.length;
  }

  /** Calls the listener after each commit that appended something. It must not throw. */
  onAppended(listener: (organisationId: string) => void): void {
    this.listeners.push(listener);
  }

  /**
   * Locks the chain and finds its end. Who tampered with the table may have left the row and the last entry at odds: the
   * chain then goes on after the higher of both, so that nothing is written over, and verify names the rest.
   */
  private async lockEnd(manager: EntityManager, organisationId: string): Promise<End> {
    await manager.query(
      `INSERT INTO audit.chains (organisation_id, last_number, last_hash) VALUES ($1, 0, decode($2, 'hex'))
       ON CONFLICT DO NOTHING`,
      [organisationId, genesisHash(organisationId)],
    );
    const [row]: Array<{ number: string; hash: string }> = await manager.query(
      `SELECT last_number::text AS number, encode(last_hash, 'hex') AS hash FROM audit.chains
        WHERE organisation_id = $1 FOR UPDATE`,
      [organisationId],
    );
    // After the lock, so that what others appended meanwhile is seen.
    const [last]: Array<{ number: string; hash: string }> = await manager.query(
      `SELECT e.number::text AS number, encode(e.hash, 'hex') AS hash FROM audit.entries e
        WHERE e.organisation_id = $1 ORDER BY e.number DESC LIMIT 1`,
      [organisationId],
    );
    const recorded = { number: Number(row?.number), hash: row?.hash ?? '' };
    if (!last || Number(last.number) <= recorded.number) return recorded;
    this.log.error(
      { organisationId, recorded: recorded.number, found: Number(last.number) },
      'The audit chain has more entries than its record says: somebody changed the database. Run verify.',
    );
    return { number: Number(last.number), hash: last.hash };
  }
}

function linked(end: End, drafts: readonly Draft[]): AuditEntry[] {
  let { number, hash } = end;
  return drafts.map((draft) => {
    number += 1;
    const content = contentOf(draft, number);
    hash = linkHash(hash, content);
    return { ...content, hash };
  });
}

/** Drafts whose message is not in the chain yet; of several with one message the first. */
async function unseen(manager: EntityManager, organisationId: string, drafts: readonly Draft[]): Promise<Draft[]> {
  const ids = drafts.flatMap(({ messageId }) => messageId ?? []);
  const rows: Array<{ message_id: string }> =
    ids.length === 0
      ? []
      : await manager.query(
          'SELECT message_id FROM audit.entries WHERE organisation_id = $1 AND message_id = ANY($2::text[])',
          [organisationId, ids],
        );
  const seen = new Set(rows.map((row) => row.message_id));
  return drafts.filter(({ messageId }) => {
    if (messageId === undefined) return true;
    if (seen.has(messageId)) return false;
    seen.add(messageId);
    return true;
  });
}

async function insertEntries(
  manager: EntityManager,
  organisationId: string,
  entries: readonly AuditEntry[],
  drafts: readonly Draft[],
): Promise<void> {
  const rows = entries.map(({ number, at, actor, action, outcome, target, details, correlationId, hash }, index) => ({
    ...{ number, at, action, outcome, details, hash },
    ...{ actor_kind: actor.kind, actor_id: actor.id, actor_name: actor.name, actor_address: actor.address },
    ...{ target_kind: target?.kind, target_id: target?.id, target_name: target?.name },
    ...{ correlation_id: correlationId, message_id: drafts[index]?.messageId },
  }));
  await manager.query(
    `INSERT INTO audit.entries (organisation_id, number, at, actor_kind, actor_id, actor_name, actor_address, action,
       outcome, target_kind, target_id, target_name, details, correlation_id, hash, message_id, subject, device_id)
     SELECT $1, number, at, actor_kind, actor_id, actor_name, actor_address, action, outcome, target_kind, target_id,
            target_name, details, correlation_id, decode(hash, 'hex'), message_id, split_part(action, '.', 1),
            audit.device_of(actor_kind, actor_id, target_kind, target_id, details)
       FROM jsonb_to_recordset($2::jsonb) AS r (number bigint, at timestamptz, actor_kind text, actor_id text,
         actor_name text, actor_address text, action text, outcome text, target_kind text, target_id text,
         target_name text, details jsonb, correlation_id text, hash text, message_id text)`,
    [organisationId, JSON.stringify(rows)],
  );
}

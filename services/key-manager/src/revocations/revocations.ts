import { Injectable } from '@nestjs/common';
import { Bus } from '@muster/bus';
import { identityRevoked, type Revocation, type RevocationList } from '@muster/contracts';
import { afterCommit, Database } from '@muster/database';
import { Log } from '@muster/service-kit';
import { type EntityManager, MoreThan } from 'typeorm';
import { RevocationCounterEntity, RevocationEntity } from './revocation.entity';

const PAGE = 1000;
/** Longer than any service keeps a principal. */
const CACHES_FORGET_MS = 10 * 60_000;

export interface NewRevocation {
  kind: Revocation['kind'];
  id: string;
  organisationId: string;
  /** When what it names has expired by itself; absent for what is only cached. */
  mattersUntil?: Date;
}

/** The list of what may not be used any more, and its way to every service. */
@Injectable()
export class Revocations {
  private readonly log: Log;

  constructor(
    private readonly database: Database,
    private readonly bus: Bus,
    log: Log,
  ) {
    this.log = log.child({ part: 'revocations' });
  }

  /**
   * Adds to the list in the caller's transaction and tells everybody once it has committed. Takes the counter's row lock,
   * so call it last. @returns the number of the last one
   */
  async add(manager: EntityManager, entries: readonly NewRevocation[]): Promise<number> {
    const at = new Date();
    const counter = await manager
      .createQueryBuilder()
      .update(RevocationCounterEntity)
      .set({ sequence: () => `sequence + ${entries.length}` })
      .where({ id: 1 })
      .returning('sequence')
      .execute();
    const last = Number((counter.raw as Array<{ sequence: string }>)[0]?.sequence);
    const revocations = entries.map((entry, index) => ({ ...entry, at, sequence: last - entries.length + 1 + index }));
    await manager.insert(
      RevocationEntity,
      revocations.map(({ kind, id, organisationId, mattersUntil, sequence }) => ({
        ...{ kind, organisationId, at, sequence: String(sequence), subjectId: id },
        mattersUntil: mattersUntil ?? new Date(at.getTime() + CACHES_FORGET_MS),
      })),
    );
    afterCommit(manager, () => revocations.forEach((revocation) => this.publish(revocation)));
    return last;
  }

  /** Newest number of all. */
  async newest(): Promise<number> {
    const counter = await this.database.unscoped((manager) => manager.findOneBy(RevocationCounterEntity, { id: 1 }));
    return Number(counter?.sequence ?? 0);
  }

  /** What came after a number and still matters, oldest first. */
  async after(number: number): Promise<RevocationList> {
    // The number first: what is committed between the two reads is then in the list and asked for once more at most.
    const sequence = await this.newest();
    const rows = await this.database.across('revocations after a number', (manager) =>
      manager.find(RevocationEntity, {
        where: { sequence: MoreThan(String(number)), mattersUntil: MoreThan(new Date()) },
        order: { sequence: 'ASC' },
        take: PAGE,
      }),
    );
    const revocations = rows.map((row) => ({
      sequence: Number(row.sequence),
      kind: row.kind,
      id: row.subjectId,
      organisationId: row.organisationId,
      at: row.at.toISOString(),
    }));
    return { revocations, sequence };
  }

  private publish(revocation: NewRevocation & { sequence: number; at: Date }): void {
    this.log.info({ kind: revocation.kind, id: revocation.id, sequence: revocation.sequence }, 'Revoked.');
    this.bus.publish(identityRevoked, { ...revocation, at: revocation.at.toISOString() }).catch((error: unknown) => {
      // The heartbeat tells listeners what they missed as soon as NATS is back.
      this.log.warn({ err: error, sequence: revocation.sequence }, 'A revocation could not be published at once.');
    });
  }
}

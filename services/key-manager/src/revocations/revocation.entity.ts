import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Revocation } from '@muster/contracts';

@Entity({ schema: 'identity', name: 'revocations' })
@Index('revocations_organisation', ['organisationId', 'sequence'])
export class RevocationEntity {
  /** Without gaps and in the order of committing: the counter's row is locked until the transaction ends. */
  @PrimaryColumn({ type: 'bigint' }) sequence: string;
  @Column({ name: 'organisation_id', type: 'uuid' }) organisationId: string;
  @Column({ type: 'text' }) kind: Revocation['kind'];
  @Column({ name: 'subject_id', type: 'text' }) subjectId: string;
  @Column({ type: 'timestamptz' }) at: Date;
  /** When it stops mattering: what it names has expired by itself. */
  @Index('revocations_expiry')
  @Column({ name: 'matters_until', type: 'timestamptz' })
  mattersUntil: Date;
}

/** One row: the newest number given. */
@Entity({ schema: 'identity', name: 'revocation_counter' })
export class RevocationCounterEntity {
  @PrimaryColumn({ type: 'integer' }) id: number;
  @Column({ type: 'bigint', default: 0 }) sequence: string;
}

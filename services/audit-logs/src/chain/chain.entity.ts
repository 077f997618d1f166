import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Where an organisation's chain ends; its row is the lock that everybody who appends takes. */
@Entity({ schema: 'audit', name: 'chains' })
export class ChainRow {
  @PrimaryColumn('uuid', { name: 'organisation_id', primaryKeyConstraintName: 'pk_chains' }) organisationId: string;
  @Column('bigint', { name: 'last_number' }) lastNumber: string;
  @Column('bytea', { name: 'last_hash' }) lastHash: Buffer;
  @Column('bigint', { name: 'signed_number', default: 0 }) signedNumber: string;
  /** When the oldest entry that no head covers was appended. */
  @Column('timestamptz', { name: 'unsigned_since', nullable: true }) unsignedSince: Date | null;
}

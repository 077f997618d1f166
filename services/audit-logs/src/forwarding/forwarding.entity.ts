import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Where an organisation's entries are forwarded to, how far that is, and who is at it. */
@Entity({ schema: 'audit', name: 'forwarding' })
export class ForwardingRow {
  @PrimaryColumn('uuid', { name: 'organisation_id', primaryKeyConstraintName: 'pk_forwarding' })
  organisationId: string;
  @Column('boolean') enabled: boolean;
  @Column('text') host: string;
  @Column('integer') port: number;
  @Column('text', { nullable: true }) anchors: string | null;
  @Column('bigint', { name: 'forwarded_to' }) forwardedTo: string;
  /** Grows with each change, so that who works by an older setting notices. */
  @Column('integer', { default: 1 }) revision: number;
  @Column('text', { nullable: true }) problem: string | null;
  @Column('integer', { default: 0 }) failures: number;
  @Column('timestamptz', { name: 'retry_at', default: () => 'now()' }) retryAt: Date;
  @Column('uuid', { nullable: true }) holder: string | null;
  @Column('timestamptz', { name: 'held_until', nullable: true }) heldUntil: Date | null;
}

import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A signed head. What it says is in `payload`, the exact text that was signed; `number` only finds it. */
@Entity({ schema: 'audit', name: 'heads' })
export class HeadRow {
  @PrimaryColumn('uuid', { name: 'organisation_id', primaryKeyConstraintName: 'pk_heads' }) organisationId: string;
  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'pk_heads' }) number: string;
  @Column('text') payload: string;
  @Column('text') signature: string;
  @Column('text', { name: 'delegation_digest' }) delegationDigest: string;
  /** By the database's clock; the service's role cannot say otherwise. */
  @Column('timestamptz', { name: 'stored_at', default: () => 'now()' }) storedAt: Date;
}

/** Certificates that signatures name; public, the same for every organisation, few. */
@Entity({ schema: 'audit', name: 'delegations' })
export class DelegationRow {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'pk_delegations' }) digest: string;
  @Column('jsonb') chain: string[];
}

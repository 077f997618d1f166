import type { Actor, AuditDetail } from '@muster/contracts';
import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** An entry of an organisation's chain. The service's role may insert and read rows, and neither change nor delete any. */
@Entity({ schema: 'audit', name: 'entries' })
@Index('entries_by_time', ['organisationId', 'at', 'number'])
@Index('entries_by_action', ['organisationId', 'action', 'at', 'number'])
@Index('entries_by_subject', ['organisationId', 'subject', 'at', 'number'])
@Index('entries_by_actor', { synchronize: false })
@Index('entries_by_target', { synchronize: false })
@Index('entries_by_device', { synchronize: false })
@Index('entries_not_done', { synchronize: false })
@Index('entries_once', { synchronize: false })
@Check('ck_entries_actor', `actor_kind IN ('person', 'token', 'device', 'system')`)
@Check('ck_entries_outcome', `outcome IN ('done', 'refused', 'failed')`)
@Check('ck_entries_hash', 'octet_length(hash) = 32')
@Check('ck_entries_filters', `subject = split_part(action, '.', 1)`)
export class EntryRow {
  @PrimaryColumn('uuid', { name: 'organisation_id', primaryKeyConstraintName: 'pk_entries' }) organisationId: string;
  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'pk_entries' }) number: string;
  @Column('timestamptz') at: Date;
  @Column('text', { name: 'actor_kind' }) actorKind: Actor['kind'];
  @Column('text', { name: 'actor_id', nullable: true }) actorId: string | null;
  @Column('text', { name: 'actor_name' }) actorName: string;
  @Column('text', { name: 'actor_address', nullable: true }) actorAddress: string | null;
  @Column('text') action: string;
  @Column('text') outcome: 'done' | 'refused' | 'failed';
  @Column('text', { name: 'target_kind', nullable: true }) targetKind: string | null;
  @Column('text', { name: 'target_id', nullable: true }) targetId: string | null;
  @Column('text', { name: 'target_name', nullable: true }) targetName: string | null;
  @Column('jsonb') details: AuditDetail[];
  @Column('text', { name: 'correlation_id', nullable: true }) correlationId: string | null;
  @Column('bytea') hash: Buffer;
  @Column('text', { name: 'message_id', nullable: true }) messageId: string | null;
  /** First part of the action, and the device that the entry is about: for filters, kept right by a CHECK. */
  @Column('text') subject: string;
  @Column('text', { name: 'device_id', nullable: true }) deviceId: string | null;
}

import type { Presence } from '@muster/contracts';
import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { Organisation } from '../organisations/organisation.entity';
import { bigint } from './bigint';

/**
 * A device: what a list shows and what presence changes. Kept narrow, because presence rewrites rows often; the facts
 * themselves are in `DeviceFactsRow`. A retired device stays as a tombstone, seen by nothing but its history.
 */
@Entity({ schema: 'core', name: 'devices' })
@ForeignKey(() => Organisation, ['organisationId'], ['id'], { name: 'fk_devices_organisation' })
@Check('ck_devices_presence', `presence IN ('online', 'polling', 'unknown', 'offline')`)
@Check('ck_devices_name', `name = coalesce(nullif(given_name, ''), host_name)`)
@Index('ux_devices_id', ['id'], { unique: true })
@Index('ix_devices_name', { synchronize: false })
@Index('ix_devices_presence', { synchronize: false })
@Index('ix_devices_os_name', ['organisationId', 'osName', 'id'], { where: 'retired_at IS NULL' })
@Index('ix_devices_last_contact', ['organisationId', 'lastContactAt', 'id'], { where: 'retired_at IS NULL' })
@Index('ix_devices_enrolled', ['organisationId', 'enrolledAt', 'id'], { where: 'retired_at IS NULL' })
@Index('ix_devices_polling', ['lastContactAt', 'organisationId'], { where: `presence = 'polling'` })
export class Device {
  @PrimaryColumn({ name: 'organisation_id', type: 'uuid', primaryKeyConstraintName: 'pk_devices' })
  organisationId: string;

  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'pk_devices' })
  id: string;

  /** What lists show: the given name, else the host name. Kept by whoever writes either of them. */
  @Column({ type: 'text' })
  name: string;

  /** Given by a person; empty when nobody did. */
  @Column({ name: 'given_name', type: 'text', default: '' })
  givenName: string;

  @Column({ name: 'host_name', type: 'text' })
  hostName: string;

  @Column({ type: 'text' })
  platform: string;

  @Column({ name: 'os_name', type: 'text' })
  osName: string;

  @Column({ name: 'agent_version', type: 'text' })
  agentVersion: string;

  @Column({ name: 'user_name', type: 'text', nullable: true })
  user: string | null;

  /** Names and user in lower case, for searching. A trigger keeps it. */
  @Column({ name: 'search_text', type: 'text', default: '', insert: false, update: false })
  searchText: string;

  @Column({ type: 'text', default: 'offline' })
  presence: Presence;

  /** When `presence` last changed. */
  @Column({ name: 'presence_at', type: 'timestamptz' })
  presenceAt: Date;

  /** Newest authenticated request (or the enrolment), to about 15 seconds. */
  @Column({ name: 'last_contact_at', type: 'timestamptz' })
  lastContactAt: Date;

  /** Client address of the last connection or contact. */
  @Column({ type: 'text', nullable: true })
  address: string | null;

  @Column({ name: 'enrolled_at', type: 'timestamptz' })
  enrolledAt: Date;

  @Column({ name: 'registration_key_id', type: 'uuid' })
  registrationKeyId: string;

  @Column({ name: 'facts_at', type: 'timestamptz' })
  factsAt: Date;

  /** The number that this device's next operation gets. Grows only. */
  @Column({ name: 'next_sequence', type: 'bigint', default: 1, transformer: bigint })
  nextSequence: number;

  @Column({ name: 'retired_at', type: 'timestamptz', nullable: true })
  retiredAt: Date | null;

  /** The device that this one turned out to be, when a merge question was answered `same`. */
  @Column({ name: 'merged_into', type: 'uuid', nullable: true })
  mergedInto: string | null;
}

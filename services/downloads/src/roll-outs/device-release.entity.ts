import type { DeviceReleaseState } from '@muster/contracts';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A release that was offered to a device, and what came of it. */
@Entity({ schema: 'downloads', name: 'device_releases' })
@Index('ix_device_releases_state', ['organisationId', 'releaseId', 'state', 'offeredAt'])
@Index('ix_device_releases_changed', ['organisationId', 'releaseId', 'changedAt', 'deviceId'])
export class DeviceReleaseRow {
  @PrimaryColumn({ name: 'organisation_id', type: 'uuid', primaryKeyConstraintName: 'pk_device_releases' })
  organisationId: string;

  @PrimaryColumn({ name: 'release_id', type: 'uuid', primaryKeyConstraintName: 'pk_device_releases' })
  releaseId: string;

  @PrimaryColumn({ name: 'device_id', type: 'uuid', primaryKeyConstraintName: 'pk_device_releases' })
  deviceId: string;

  @Column({ type: 'text', collation: 'C' })
  state: DeviceReleaseState;

  @Column({ name: 'from_version', type: 'text' })
  fromVersion: string;

  @Column({ name: 'offered_at', type: 'timestamptz' })
  offeredAt: Date;

  @Column({ name: 'changed_at', type: 'timestamptz' })
  changedAt: Date;

  @Column({ type: 'text', nullable: true })
  why: string | null;
}

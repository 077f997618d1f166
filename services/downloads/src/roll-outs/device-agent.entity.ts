import type { ReleasePlatform } from '@muster/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What a device ran when it last asked for a release: who need not be told of one that it has. */
@Entity({ schema: 'downloads', name: 'device_agents' })
export class DeviceAgentRow {
  @PrimaryColumn({ name: 'organisation_id', type: 'uuid', primaryKeyConstraintName: 'pk_device_agents' })
  organisationId: string;

  @PrimaryColumn({ name: 'device_id', type: 'uuid', primaryKeyConstraintName: 'pk_device_agents' })
  deviceId: string;

  @Column({ type: 'text', collation: 'C' })
  version: string;

  /** Sorts like the version. */
  @Column({ name: 'version_key', type: 'text', collation: 'C' })
  versionKey: string;

  @Column({ type: 'text', collation: 'C' })
  platform: ReleasePlatform;

  /** Renewed twice a day at most. */
  @Column({ name: 'asked_at', type: 'timestamptz' })
  askedAt: Date;
}

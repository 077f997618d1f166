import type { ReleaseChannel } from '@muster/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Devices on another channel than `stable`. */
@Entity({ schema: 'downloads', name: 'device_channels' })
export class DeviceChannelRow {
  @PrimaryColumn({ name: 'organisation_id', type: 'uuid', primaryKeyConstraintName: 'pk_device_channels' })
  organisationId: string;

  @PrimaryColumn({ name: 'device_id', type: 'uuid', primaryKeyConstraintName: 'pk_device_channels' })
  deviceId: string;

  @Column({ type: 'text', collation: 'C' })
  channel: ReleaseChannel;
}

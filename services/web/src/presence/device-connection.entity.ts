import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { bigint } from '../devices/bigint';
import { Device } from '../devices/device.entity';

/**
 * What one broker node last said about one device. Of a node, the newest `(epoch, sequence)` wins; a device is
 * connected while any node says so. One row per node, because numbers of different nodes cannot be compared.
 */
@Entity({ schema: 'core', name: 'device_connections' })
@ForeignKey(() => Device, ['organisationId', 'deviceId'], ['organisationId', 'id'], {
  name: 'fk_device_connections_device',
})
@Index('ix_device_connections_node', ['node', 'organisationId', 'deviceId'], { where: 'connected' })
export class DeviceConnection {
  @PrimaryColumn({ name: 'organisation_id', type: 'uuid', primaryKeyConstraintName: 'pk_device_connections' })
  organisationId: string;

  @PrimaryColumn({ name: 'device_id', type: 'uuid', primaryKeyConstraintName: 'pk_device_connections' })
  deviceId: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'pk_device_connections' })
  node: string;

  @Column({ type: 'bigint', transformer: bigint })
  epoch: number;

  @Column({ type: 'bigint', transformer: bigint })
  sequence: number;

  @Column({ type: 'boolean' })
  connected: boolean;

  /** When `connected` last changed, by the server's clock. */
  @Column({ name: 'changed_at', type: 'timestamptz', default: () => 'now()' })
  changedAt: Date;
}

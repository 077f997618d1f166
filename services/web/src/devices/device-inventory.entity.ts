import type { ProtectionState } from '@muster/contracts';
import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { Device } from './device.entity';

/**
 * What lists show and filter by of a device's inventory, as the service that keeps inventories told it last. A table of
 * its own, since presence rewrites the rows of `Device` often.
 */
@Entity({ schema: 'core', name: 'device_inventory' })
@ForeignKey(() => Device, ['organisationId', 'deviceId'], ['organisationId', 'id'], {
  name: 'fk_device_inventory_device',
})
@Check('ck_device_inventory_encryption', `encryption IN ('on', 'off', 'partly', 'unknown')`)
@Check('ck_device_inventory_antivirus', `antivirus IN ('on', 'off', 'partly', 'unknown')`)
@Index('ix_device_inventory_encryption', ['organisationId', 'encryption', 'deviceId'])
@Index('ix_device_inventory_antivirus', ['organisationId', 'antivirus', 'deviceId'])
@Index('ix_device_inventory_model', ['organisationId', 'manufacturerKey', 'modelKey', 'deviceId'])
@Index('ix_device_inventory_any_model', ['organisationId', 'modelKey', 'deviceId'])
export class DeviceInventoryRow {
  @PrimaryColumn({ name: 'organisation_id', type: 'uuid', primaryKeyConstraintName: 'pk_device_inventory' })
  organisationId: string;

  @PrimaryColumn({ name: 'device_id', type: 'uuid', primaryKeyConstraintName: 'pk_device_inventory' })
  deviceId: string;

  /** Of the inventory, by the server's clock. */
  @Column({ type: 'timestamptz' })
  at: Date;

  @Column({ type: 'text', nullable: true })
  manufacturer: string | null;

  @Column({ type: 'text', nullable: true })
  model: string | null;

  /** Lower case, by which lists filter: an index on an expression is of no use behind row-level security. */
  @Column({ name: 'manufacturer_key', type: 'text', default: '' })
  manufacturerKey: string;

  @Column({ name: 'model_key', type: 'text', default: '' })
  modelKey: string;

  @Column({ name: 'serial_number', type: 'text', nullable: true })
  serialNumber: string | null;

  @Column({ type: 'text' })
  encryption: ProtectionState;

  @Column({ type: 'text' })
  antivirus: ProtectionState;

  @Column({ name: 'last_user', type: 'text', nullable: true })
  lastUser: string | null;

  @Column({ name: 'software_count', type: 'integer' })
  softwareCount: number;
}

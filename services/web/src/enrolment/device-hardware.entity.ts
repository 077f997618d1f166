import { Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { Device } from '../devices/device.entity';

/** One hardware identifier of a device in use. Normalised and worth comparing; removed when the device is retired. */
@Entity({ schema: 'core', name: 'device_hardware' })
@ForeignKey(() => Device, ['organisationId', 'deviceId'], ['organisationId', 'id'], {
  name: 'fk_device_hardware_device',
})
@Index('ix_device_hardware_device', ['organisationId', 'deviceId'])
export class DeviceHardware {
  @PrimaryColumn({ name: 'organisation_id', type: 'uuid', primaryKeyConstraintName: 'pk_device_hardware' })
  organisationId: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'pk_device_hardware' })
  kind: 'systemUuid' | 'serialNumber' | 'machineId' | 'mac';

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'pk_device_hardware' })
  value: string;

  @PrimaryColumn({ name: 'device_id', type: 'uuid', primaryKeyConstraintName: 'pk_device_hardware' })
  deviceId: string;
}

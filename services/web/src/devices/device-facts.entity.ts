import type { DeviceFacts } from '@muster/contracts';
import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { Device } from './device.entity';

/** A device's facts as it last told them. Written through `saveFacts`, which keeps the columns of `Device` equal. */
@Entity({ schema: 'core', name: 'device_facts' })
@ForeignKey(() => Device, ['organisationId', 'deviceId'], ['organisationId', 'id'], { name: 'fk_device_facts_device' })
export class DeviceFactsRow {
  @PrimaryColumn({ name: 'organisation_id', type: 'uuid', primaryKeyConstraintName: 'pk_device_facts' })
  organisationId: string;

  @PrimaryColumn({ name: 'device_id', type: 'uuid', primaryKeyConstraintName: 'pk_device_facts' })
  deviceId: string;

  @Column({ type: 'jsonb' })
  facts: DeviceFacts;
}

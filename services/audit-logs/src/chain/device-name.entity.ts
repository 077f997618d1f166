import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What devices are called now: a read model of `device.described`, newest wins. */
@Entity({ schema: 'audit', name: 'device_names' })
export class DeviceNameRow {
  @PrimaryColumn('uuid', { name: 'organisation_id', primaryKeyConstraintName: 'pk_device_names' })
  organisationId: string;
  @PrimaryColumn('uuid', { name: 'device_id', primaryKeyConstraintName: 'pk_device_names' }) deviceId: string;
  @Column('text') name: string;
  @Column('timestamptz', { name: 'described_at' }) describedAt: Date;
}

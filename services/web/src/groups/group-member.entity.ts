import { Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { Device } from '../devices/device.entity';
import { Group } from './group.entity';

/** A device in a group. Retiring a device removes its memberships, so counting rows counts devices. */
@Entity({ schema: 'core', name: 'group_members' })
@ForeignKey(() => Group, ['organisationId', 'groupId'], ['organisationId', 'id'], {
  name: 'fk_group_members_group',
  onDelete: 'CASCADE',
})
@ForeignKey(() => Device, ['organisationId', 'deviceId'], ['organisationId', 'id'], { name: 'fk_group_members_device' })
@Index('ix_group_members_device', ['organisationId', 'deviceId'])
export class GroupMember {
  @PrimaryColumn({ name: 'organisation_id', type: 'uuid', primaryKeyConstraintName: 'pk_group_members' })
  organisationId: string;

  @PrimaryColumn({ name: 'group_id', type: 'uuid', primaryKeyConstraintName: 'pk_group_members' })
  groupId: string;

  @PrimaryColumn({ name: 'device_id', type: 'uuid', primaryKeyConstraintName: 'pk_group_members' })
  deviceId: string;
}

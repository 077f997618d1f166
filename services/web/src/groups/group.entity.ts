import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { Organisation } from '../organisations/organisation.entity';

/** A static group: a named set of devices that people put together. */
@Entity({ schema: 'core', name: 'groups' })
@ForeignKey(() => Organisation, ['organisationId'], ['id'], { name: 'fk_groups_organisation' })
@Index('ux_groups_name', { synchronize: false })
export class Group {
  @PrimaryColumn({ name: 'organisation_id', type: 'uuid', primaryKeyConstraintName: 'pk_groups' })
  organisationId: string;

  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'pk_groups' })
  id: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text', default: '' })
  description: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;
}

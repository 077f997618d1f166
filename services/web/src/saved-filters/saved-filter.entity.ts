import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A list's filters under a name, of one person. People are the key manager's: no foreign key leads to them. */
@Entity({ schema: 'core', name: 'saved_filters' })
@Index('ux_saved_filters_name', ['organisationId', 'userId', 'list', 'name'], { unique: true })
export class SavedFilterRow {
  @PrimaryColumn({ name: 'organisation_id', type: 'uuid', primaryKeyConstraintName: 'pk_saved_filters' })
  organisationId: string;

  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'pk_saved_filters' })
  id: string;

  @Column({ name: 'user_id', type: 'uuid' })
  userId: string;

  @Column({ type: 'text' })
  list: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text' })
  query: string;
}

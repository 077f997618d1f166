import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A customer or department; everything else belongs to exactly one. Its own id is what row-level security compares. */
@Entity({ schema: 'core', name: 'organisations' })
export class Organisation {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'pk_organisations' })
  id: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;
}

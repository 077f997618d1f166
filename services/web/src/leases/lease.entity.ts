import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Who does a piece of work that only one instance may do, and until when. */
@Entity({ schema: 'core', name: 'leases' })
export class Lease {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'pk_leases' })
  name: string;

  @Column({ type: 'uuid' })
  holder: string;

  @Column({ type: 'timestamptz' })
  until: Date;
}

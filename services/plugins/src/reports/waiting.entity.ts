import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A report that was handed to JetStream and is not stored yet. */
@Entity({ schema: 'plugins', name: 'waiting' })
export class WaitingRow {
  @PrimaryColumn({ name: 'organisation_id', type: 'uuid', primaryKeyConstraintName: 'pk_waiting' })
  organisationId: string;

  @PrimaryColumn({ name: 'device_id', type: 'uuid', primaryKeyConstraintName: 'pk_waiting' })
  deviceId: string;

  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'pk_waiting' })
  spool: string;

  @PrimaryColumn({ type: 'bigint', primaryKeyConstraintName: 'pk_waiting' })
  sequence: string;

  @Column({ name: 'taken_at', type: 'timestamptz' })
  takenAt: Date;
}

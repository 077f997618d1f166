import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** How much is stored of what an operation printed on a device. */
@Entity({ schema: 'rmm_logs', name: 'outputs' })
export class OutputRow {
  @PrimaryColumn('uuid', { name: 'organisation_id', primaryKeyConstraintName: 'outputs_pkey' }) organisationId: string;
  @PrimaryColumn('uuid', { name: 'operation_id', primaryKeyConstraintName: 'outputs_pkey' }) operationId: string;
  @PrimaryColumn('uuid', { name: 'device_id', primaryKeyConstraintName: 'outputs_pkey' }) deviceId: string;
  @Column('bigint', { default: 0 }) bytes: string;
  /** Number of the first piece that is not kept, since a limit was reached; null while all is. It only ever goes down. */
  @Column('integer', { name: 'cut_from', nullable: true }) cutFrom: number | null;
  /** `cutFrom` by its earlier name, which versions before it know alone: both are written, and the lower one counts. */
  @Column('integer', { name: 'cut_at', nullable: true }) cutAt: number | null;
}

@Entity({ schema: 'rmm_logs', name: 'output_pieces' })
export class OutputPieceRow {
  @PrimaryColumn('uuid', { name: 'organisation_id', primaryKeyConstraintName: 'output_pieces_pkey' })
  organisationId: string;
  @PrimaryColumn('uuid', { name: 'operation_id', primaryKeyConstraintName: 'output_pieces_pkey' }) operationId: string;
  @PrimaryColumn('uuid', { name: 'device_id', primaryKeyConstraintName: 'output_pieces_pkey' }) deviceId: string;
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'output_pieces_pkey' }) number: number;
  @Column('boolean') error: boolean;
  @Column('text') text: string;
}

/** How much output a device handed in on the newest day (UTC) on which it did. */
@Entity({ schema: 'rmm_logs', name: 'output_days' })
export class OutputDayRow {
  @PrimaryColumn('uuid', { name: 'organisation_id', primaryKeyConstraintName: 'output_days_pkey' })
  organisationId: string;
  @PrimaryColumn('uuid', { name: 'device_id', primaryKeyConstraintName: 'output_days_pkey' }) deviceId: string;
  @Column('date') day: string;
  @Column('bigint') bytes: string;
}

/** A device that turned out to be another one: what it printed is shown under its successor. */
@Entity({ schema: 'rmm_logs', name: 'merged_devices' })
@Index('merged_devices_successor', ['organisationId', 'successorId'])
export class MergedDeviceRow {
  @PrimaryColumn('uuid', { name: 'organisation_id', primaryKeyConstraintName: 'merged_devices_pkey' })
  organisationId: string;
  @PrimaryColumn('uuid', { name: 'device_id', primaryKeyConstraintName: 'merged_devices_pkey' }) deviceId: string;
  @Column('uuid', { name: 'successor_id' }) successorId: string;
  @Column('timestamptz', { name: 'merged_at', default: () => 'now()' }) mergedAt: Date;
}

import { Column, Entity, PrimaryColumn } from 'typeorm';

/** An hour of a device's samples, packed (`sample-hour.ts`). */
@Entity({ schema: 'rmm_logs', name: 'sample_hours' })
export class SampleHourRow {
  @PrimaryColumn('uuid', { name: 'organisation_id', primaryKeyConstraintName: 'sample_hours_pkey' })
  organisationId: string;
  @PrimaryColumn('uuid', { name: 'device_id', primaryKeyConstraintName: 'sample_hours_pkey' }) deviceId: string;
  @PrimaryColumn('timestamptz', { primaryKeyConstraintName: 'sample_hours_pkey' }) hour: Date;
  @Column('bytea') measured: Buffer;
  @Column('bytea') processes: Buffer;
  @Column('integer', { default: 0 }) samples: number;
  /** Of the samples' JSON, before it was packed. */
  @Column('bigint', { default: 0 }) bytes: string;
}

/** A day of a device (UTC), rolled up by the hour (`hourly-day.ts`). */
@Entity({ schema: 'rmm_logs', name: 'samples_hourly' })
export class SamplesHourlyRow {
  @PrimaryColumn('uuid', { name: 'organisation_id', primaryKeyConstraintName: 'samples_hourly_pkey' })
  organisationId: string;
  @PrimaryColumn('uuid', { name: 'device_id', primaryKeyConstraintName: 'samples_hourly_pkey' }) deviceId: string;
  @PrimaryColumn('timestamptz', { primaryKeyConstraintName: 'samples_hourly_pkey' }) day: Date;
  @Column('bytea') hours: Buffer;
}

/** There are samples of this hour that are not rolled up. */
@Entity({ schema: 'rmm_logs', name: 'hours_due' })
export class HourDue {
  @PrimaryColumn('uuid', { name: 'organisation_id', primaryKeyConstraintName: 'hours_due_pkey' })
  organisationId: string;
  @PrimaryColumn('uuid', { name: 'device_id', primaryKeyConstraintName: 'hours_due_pkey' }) deviceId: string;
  @PrimaryColumn('timestamptz', { primaryKeyConstraintName: 'hours_due_pkey' }) hour: Date;
  /** Those that came since, with their bytes of JSON. */
  @Column('integer', { default: 0 }) samples: number;
  @Column('bigint', { default: 0 }) bytes: string;
}

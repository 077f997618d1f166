import { Column, Entity, type MigrationInterface, PrimaryColumn, type QueryRunner } from 'typeorm';
import type { SchemaOptions } from '../database.options';
import { timePartitions } from '../partitions/time-partitions';
import { receiptsTable } from '../receipts/receipts';
import { organisationWall } from '../wall/organisation-wall';

/** A schema of a service that takes in reports: receipts, and two tables in partitions by time. */
@Entity({ schema: 'core', name: 'measurement' })
export class Measurement {
  @PrimaryColumn('uuid', { name: 'organisation_id', primaryKeyConstraintName: 'measurement_pkey' })
  organisationId: string;
  @PrimaryColumn('timestamptz', { primaryKeyConstraintName: 'measurement_pkey' }) at: Date;
  @Column('integer', { default: 0 }) value: number;
}

@Entity({ schema: 'core', name: 'line' })
export class Line {
  @PrimaryColumn('uuid', { name: 'organisation_id', primaryKeyConstraintName: 'line_pkey' }) organisationId: string;
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'line_pkey' }) id: string;
}

export class CreateMeasurements1700000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      ...receiptsTable('core'),
      `CREATE TABLE core.measurement (
         organisation_id uuid NOT NULL,
         at timestamptz NOT NULL,
         value integer NOT NULL DEFAULT 0,
         CONSTRAINT measurement_pkey PRIMARY KEY (organisation_id, at)
       ) PARTITION BY RANGE (at)`,
      ...timePartitions('core', 'measurement', { span: 'day', key: 'timestamptz' }),
      ...organisationWall('core', 'measurement'),
      `CREATE TABLE core.line (
         organisation_id uuid NOT NULL,
         id uuid NOT NULL,
         CONSTRAINT line_pkey PRIMARY KEY (organisation_id, id)
       ) PARTITION BY RANGE (id)`,
      ...timePartitions('core', 'line', { span: 'month', key: 'uuidv7', leastDays: 30 }),
      ...organisationWall('core', 'line'),
    ];
    for (const sql of statements) await runner.query(sql);
  }
  async down(): Promise<void> {}
}

export const MEASUREMENTS: SchemaOptions = {
  schema: 'core',
  entities: [Measurement, Line],
  migrations: [CreateMeasurements1700000000001],
};

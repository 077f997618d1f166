import { type MigrationInterface, type QueryRunner, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { defineEvent, Text, Uuid } from '@muster/contracts';
import type { SchemaOptions } from '../database.options';
import { organisationWall, sharedTable } from '../wall/organisation-wall';

/** A small schema for the tests of this library: notes of organisations, and settings of nobody. */
@Entity({ schema: 'core', name: 'note' })
@Index('note_by_organisation', ['organisationId', 'title'], { unique: true })
export class Note {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'note_pkey' }) id: string;
  @Column('uuid', { name: 'organisation_id' }) organisationId: string;
  @Column('text') title: string;
  @Column('jsonb', { nullable: true }) extra: object | null;
}

@Entity({ schema: 'core', name: 'setting' })
export class Setting {
  @PrimaryColumn('text') name: string;
  @Column('integer') value: number;
}

export class CreateNotes1700000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'CREATE TABLE core.note (id uuid CONSTRAINT note_pkey PRIMARY KEY, organisation_id uuid NOT NULL, title text NOT NULL, extra jsonb)',
    );
    await runner.query('CREATE UNIQUE INDEX note_by_organisation ON core.note (organisation_id, title)');
    await runner.query('CREATE TABLE core.setting (name text PRIMARY KEY, value integer NOT NULL)');
    for (const sql of [...organisationWall('core', 'note'), ...sharedTable('core', 'setting')]) await runner.query(sql);
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE core.note, core.setting');
  }
}

export const NOTES: SchemaOptions = {
  schema: 'core',
  entities: [Note, Setting],
  migrations: [CreateNotes1700000000001],
};

export class NoteWritten {
  @Uuid() noteId: string;
  @Text({ max: 200 }) title: string;
}
export const noteWritten = defineEvent({
  subject: 'test.note-written.v1',
  delivery: 'durable',
  payload: NoteWritten,
  publishers: ['web'],
  consumers: [],
});

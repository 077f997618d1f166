import { EntitySchema, type MigrationInterface, type QueryRunner } from 'typeorm';
import type { Migration } from '../database.options';
import { identifier } from '../identifier';
import { rolesOf } from '../wall/roles';

/** One event that waits to be published. */
export interface OutboxRecord {
  /** Becomes `Nats-Msg-Id`, by which JetStream drops a second publication. */
  id: string;
  /** Order of adding; rows are published in it. */
  sequence: string;
  subject: string;
  payload: object;
  correlationId: string | null;
  addedAt: Date;
}

const TABLE = 'outbox';
/** Name of the entity in every schema's data source. */
export const OUTBOX_ENTITY = 'OutboxRecord';

export const outboxEntity = (schema: string): EntitySchema<OutboxRecord> =>
  new EntitySchema<OutboxRecord>({
    name: OUTBOX_ENTITY,
    schema: identifier(schema),
    tableName: TABLE,
    columns: {
      id: { type: 'uuid', primary: true },
      sequence: { type: 'bigint', generated: 'increment' },
      subject: { type: 'text' },
      payload: { type: 'jsonb' },
      correlationId: { name: 'correlation_id', type: 'text', nullable: true },
      addedAt: { name: 'added_at', type: 'timestamptz', default: () => 'now()' },
    },
    indices: [{ name: 'outbox_sequence', columns: ['sequence'], unique: true }],
  });

/** The outbox holds every organisation's events and is read by the relay only, so it stands outside the wall. */
export function outboxMigration(schema: string): Migration {
  const table = `${identifier(schema)}.${TABLE}`;
  return class CreateOutbox implements MigrationInterface {
    readonly name = 'CreateOutbox1700000000000';

    async up(runner: QueryRunner): Promise<void> {
      await runner.query(`CREATE TABLE ${table} (
        id uuid PRIMARY KEY,
        sequence bigserial NOT NULL,
        subject text NOT NULL,
        payload jsonb NOT NULL,
        correlation_id text,
        added_at timestamptz NOT NULL DEFAULT now()
      )`);
      await runner.query(`CREATE UNIQUE INDEX outbox_sequence ON ${table} (sequence)`);
      await runner.query(`GRANT SELECT, INSERT, DELETE ON ${table} TO ${rolesOf(schema).app}`);
      await runner.query(`GRANT USAGE ON SEQUENCE ${table}_sequence_seq TO ${rolesOf(schema).app}`);
    }

    async down(runner: QueryRunner): Promise<void> {
      await runner.query(`DROP TABLE ${table}`);
    }
  };
}

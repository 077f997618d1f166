import { organisationWall } from '@muster/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What lists of devices show and filter by of inventories. */
export class CreateDeviceInventory1763701200000 implements MigrationInterface {
  readonly name = 'CreateDeviceInventory1763701200000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [table, ...indexes, ...organisationWall('core', 'device_inventory')]) {
      await runner.query(statement);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE core.device_inventory');
  }
}

const states = `'on', 'off', 'partly', 'unknown'`;
const table = `CREATE TABLE core.device_inventory (
  organisation_id uuid NOT NULL,
  device_id uuid NOT NULL,
  at timestamptz NOT NULL,
  manufacturer text,
  model text,
  manufacturer_key text NOT NULL DEFAULT '',
  model_key text NOT NULL DEFAULT '',
  serial_number text,
  encryption text NOT NULL CONSTRAINT ck_device_inventory_encryption CHECK (encryption IN (${states})),
  antivirus text NOT NULL CONSTRAINT ck_device_inventory_antivirus CHECK (antivirus IN (${states})),
  last_user text,
  software_count integer NOT NULL,
  CONSTRAINT pk_device_inventory PRIMARY KEY (organisation_id, device_id),
  CONSTRAINT fk_device_inventory_device FOREIGN KEY (organisation_id, device_id) REFERENCES core.devices (organisation_id, id)
)`;

const indexes = [
  'CREATE INDEX ix_device_inventory_encryption ON core.device_inventory (organisation_id, encryption, device_id)',
  'CREATE INDEX ix_device_inventory_antivirus ON core.device_inventory (organisation_id, antivirus, device_id)',
  'CREATE INDEX ix_device_inventory_model ON core.device_inventory (organisation_id, manufacturer_key, model_key, device_id)',
  'CREATE INDEX ix_device_inventory_any_model ON core.device_inventory (organisation_id, model_key, device_id)',
];

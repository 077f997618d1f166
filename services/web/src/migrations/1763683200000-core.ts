import { CURRENT_ORGANISATION, organisationWall, sharedTable } from '@muster/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const tables = [
  `CREATE TABLE core.organisations (
     id uuid CONSTRAINT pk_organisations PRIMARY KEY,
     name text NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now()
   )`,
  `CREATE TABLE core.devices (
     organisation_id uuid NOT NULL CONSTRAINT fk_devices_organisation REFERENCES core.organisations (id),
     id uuid NOT NULL,
     name text NOT NULL,
     given_name text NOT NULL DEFAULT '',
     host_name text NOT NULL,
     platform text NOT NULL,
     os_name text NOT NULL,
     agent_version text NOT NULL,
     user_name text,
     presence text NOT NULL DEFAULT 'offline',
     presence_at timestamptz NOT NULL,
     last_contact_at timestamptz NOT NULL,
     address text,
     enrolled_at timestamptz NOT NULL,
     registration_key_id uuid NOT NULL,
     facts_at timestamptz NOT NULL,
     next_sequence bigint NOT NULL DEFAULT 1,
     retired_at timestamptz,
     merged_into uuid,
     CONSTRAINT pk_devices PRIMARY KEY (organisation_id, id),
     CONSTRAINT ck_devices_presence CHECK (presence IN ('online', 'polling', 'unknown', 'offline')),
     CONSTRAINT ck_devices_name CHECK (name = coalesce(nullif(given_name, ''), host_name))
   ) WITH (fillfactor = 85)`,
  // Only the directory finds a device without knowing its organisation.
  `CREATE UNIQUE INDEX ux_devices_id ON core.devices (id)`,
  `CREATE INDEX ix_devices_name ON core.devices (organisation_id, lower(name), id) WHERE retired_at IS NULL`,
  `CREATE INDEX ix_devices_presence ON core.devices (organisation_id,
     (CASE presence WHEN 'online' THEN 0 WHEN 'polling' THEN 1 WHEN 'unknown' THEN 2 ELSE 3 END), id)
     WHERE retired_at IS NULL`,
  `CREATE INDEX ix_devices_os_name ON core.devices (organisation_id, os_name, id) WHERE retired_at IS NULL`,
  `CREATE INDEX ix_devices_last_contact ON core.devices (organisation_id, last_contact_at, id) WHERE retired_at IS NULL`,
  `CREATE INDEX ix_devices_enrolled ON core.devices (organisation_id, enrolled_at, id) WHERE retired_at IS NULL`,
  // Read by the sweep over all organisations, oldest contact first.
  `CREATE INDEX ix_devices_polling ON core.devices (last_contact_at, organisation_id) WHERE presence = 'polling'`,

  `CREATE TABLE core.device_facts (
     organisation_id uuid NOT NULL,
     device_id uuid NOT NULL,
     facts jsonb NOT NULL,
     CONSTRAINT pk_device_facts PRIMARY KEY (organisation_id, device_id),
     CONSTRAINT fk_device_facts_device FOREIGN KEY (organisation_id, device_id) REFERENCES core.devices (organisation_id, id)
   )`,

  `CREATE TABLE core.device_hardware (
     organisation_id uuid NOT NULL,
     kind text NOT NULL,
     value text NOT NULL,
     device_id uuid NOT NULL,
     CONSTRAINT pk_device_hardware PRIMARY KEY (organisation_id, kind, value, device_id),
     CONSTRAINT fk_device_hardware_device FOREIGN KEY (organisation_id, device_id) REFERENCES core.devices (organisation_id, id)
   )`,
  `CREATE INDEX ix_device_hardware_device ON core.device_hardware (organisation_id, device_id)`,

  `CREATE TABLE core.groups (
     organisation_id uuid NOT NULL CONSTRAINT fk_groups_organisation REFERENCES core.organisations (id),
     id uuid NOT NULL,
     name text NOT NULL,
     description text NOT NULL DEFAULT '',
     created_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT pk_groups PRIMARY KEY (organisation_id, id)
   )`,
  `CREATE UNIQUE INDEX ux_groups_name ON core.groups (organisation_id, lower(name))`,
  `CREATE TABLE core.group_members (
     organisation_id uuid NOT NULL,
     group_id uuid NOT NULL,
     device_id uuid NOT NULL,
     CONSTRAINT pk_group_members PRIMARY KEY (organisation_id, group_id, device_id),
     CONSTRAINT fk_group_members_group FOREIGN KEY (organisation_id, group_id)
       REFERENCES core.groups (organisation_id, id) ON DELETE CASCADE,
     CONSTRAINT fk_group_members_device FOREIGN KEY (organisation_id, device_id) REFERENCES core.devices (organisation_id, id)
   )`,
  `CREATE INDEX ix_group_members_device ON core.group_members (organisation_id, device_id)`,

  `CREATE TABLE core.merge_questions (
     organisation_id uuid NOT NULL,
     id uuid NOT NULL,
     known_id uuid NOT NULL,
     newcomer_id uuid NOT NULL,
     equal text[] NOT NULL,
     asked_at timestamptz NOT NULL DEFAULT now(),
     answer text CONSTRAINT ck_merge_questions_answer CHECK (answer IN ('same', 'different', 'moot')),
     answered_at timestamptz,
     answered_by text,
     CONSTRAINT pk_merge_questions PRIMARY KEY (organisation_id, id),
     CONSTRAINT fk_merge_questions_known FOREIGN KEY (organisation_id, known_id) REFERENCES core.devices (organisation_id, id),
     CONSTRAINT fk_merge_questions_newcomer FOREIGN KEY (organisation_id, newcomer_id) REFERENCES core.devices (organisation_id, id)
   )`,
  `CREATE UNIQUE INDEX ux_merge_questions_pair ON core.merge_questions (organisation_id, known_id, newcomer_id)`,
  `CREATE INDEX ix_merge_questions_open ON core.merge_questions (organisation_id, asked_at, id) WHERE answer IS NULL`,
  `CREATE INDEX ix_merge_questions_known ON core.merge_questions (organisation_id, known_id) WHERE answer IS NULL`,
  `CREATE INDEX ix_merge_questions_newcomer ON core.merge_questions (organisation_id, newcomer_id) WHERE answer IS NULL`,

  `CREATE TABLE core.device_connections (
     organisation_id uuid NOT NULL,
     device_id uuid NOT NULL,
     node text NOT NULL,
     epoch bigint NOT NULL,
     sequence bigint NOT NULL,
     connected boolean NOT NULL,
     changed_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT pk_device_connections PRIMARY KEY (organisation_id, device_id, node),
     CONSTRAINT fk_device_connections_device FOREIGN KEY (organisation_id, device_id) REFERENCES core.devices (organisation_id, id)
   ) WITH (fillfactor = 85)`,
  // A node's devices are counted and swept over all organisations.
  `CREATE INDEX ix_device_connections_node ON core.device_connections (node, organisation_id, device_id) WHERE connected`,

  `CREATE TABLE core.broker_nodes (
     node text CONSTRAINT pk_broker_nodes PRIMARY KEY,
     epoch bigint NOT NULL,
     applied_sequence bigint NOT NULL DEFAULT 0,
     lease_until timestamptz NOT NULL,
     lapsed_at timestamptz,
     lease_sequence bigint NOT NULL DEFAULT 0,
     lease_connected integer NOT NULL DEFAULT 0,
     snapshot_epoch bigint NOT NULL DEFAULT 0,
     snapshot_at timestamptz,
     strangers integer NOT NULL DEFAULT 0
   )`,
  `CREATE TABLE core.leases (
     name text CONSTRAINT pk_leases PRIMARY KEY,
     holder uuid NOT NULL,
     until timestamptz NOT NULL
   )`,
  `CREATE TABLE core.endpoint_maps (
     name text CONSTRAINT pk_endpoint_maps PRIMARY KEY,
     version bigint NOT NULL,
     digest text NOT NULL,
     payload text NOT NULL,
     signature text NOT NULL,
     delegation text[] NOT NULL,
     made_at timestamptz NOT NULL DEFAULT now()
   )`,
];

/** An organisation's own row is behind the wall too; here its id is the column that is compared. */
const organisations = [
  `ALTER TABLE core.organisations ENABLE ROW LEVEL SECURITY`,
  `ALTER TABLE core.organisations FORCE ROW LEVEL SECURITY`,
  `CREATE POLICY organisation ON core.organisations TO muster_core_app
     USING (id = ${CURRENT_ORGANISATION}) WITH CHECK (id = ${CURRENT_ORGANISATION})`,
  `CREATE POLICY across ON core.organisations FOR SELECT TO muster_core_across USING (true)`,
  `GRANT SELECT, INSERT, UPDATE ON core.organisations TO muster_core_app`,
  `GRANT SELECT ON core.organisations TO muster_core_across`,
];

const tenantTables = [
  'devices',
  'device_facts',
  'device_hardware',
  'groups',
  'group_members',
  'merge_questions',
  'device_connections',
];
const sharedTables = ['broker_nodes', 'leases', 'endpoint_maps'];

export class CreateCore1763683200000 implements MigrationInterface {
  readonly name = 'CreateCore1763683200000';

  async up(runner: QueryRunner): Promise<void> {
    const walls = tenantTables.flatMap((table) => organisationWall('core', table));
    const shared = sharedTables.flatMap((table) => sharedTable('core', table));
    for (const statement of [...tables, ...organisations, ...walls, ...shared]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [...tenantTables].reverse()) await runner.query(`DROP TABLE core.${table} CASCADE`);
    for (const table of [...sharedTables, 'organisations']) await runner.query(`DROP TABLE core.${table} CASCADE`);
  }
}

import { identifier } from '../identifier';
import { rolesOf } from './roles';

/** The organisation of the current transaction, or null, which equals nothing: without one, no row is visible. */
export const CURRENT_ORGANISATION = `NULLIF(current_setting('app.organisation_id', true), '')::uuid`;

/**
 * SQL statements for a migration that put a tenant-owned table behind the wall. The policy is a scalar equality:
 * `= ANY(…)` loses the order of an index that begins with `organisation_id`.
 */
export function organisationWall(schema: string, table: string): string[] {
  const { app, across } = rolesOf(schema);
  const name = `${identifier(schema)}.${identifier(table)}`;
  return [
    `ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY`,
    `ALTER TABLE ${name} FORCE ROW LEVEL SECURITY`,
    `CREATE POLICY organisation ON ${name} TO ${app}
       USING (organisation_id = ${CURRENT_ORGANISATION})
       WITH CHECK (organisation_id = ${CURRENT_ORGANISATION})`,
    `CREATE POLICY across ON ${name} FOR SELECT TO ${across} USING (true)`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ${name} TO ${app}`,
    `GRANT SELECT ON ${name} TO ${across}`,
  ];
}

/** SQL statements for a migration that let the service use a table without organisations. */
export function sharedTable(schema: string, table: string): string[] {
  const { app, across } = rolesOf(schema);
  const name = `${identifier(schema)}.${identifier(table)}`;
  return [`GRANT SELECT, INSERT, UPDATE, DELETE ON ${name} TO ${app}`, `GRANT SELECT ON ${name} TO ${across}`];
}

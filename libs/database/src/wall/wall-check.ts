import type { DataSource } from 'typeorm';
import { rolesOf } from './roles';

interface TableRow {
  name: string;
  forced: boolean;
  walled: boolean;
  tight: boolean;
  indexed: boolean;
}

/** What is missing from the wall, one sentence each; tables without `organisation_id` need none. */
export async function wallFaults(source: DataSource, schema: string): Promise<string[]> {
  return [...(await tableFaults(source, schema)), ...(await partitionFaults(source, schema))];
}

/** A policy counts for what is reached through its table: so nobody may reach a partition but through its parent. */
async function partitionFaults(source: DataSource, schema: string): Promise<string[]> {
  const rows: Array<{ name: string }> = await source.query(
    `SELECT c.relname AS name
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND c.relispartition
        AND (SELECT bool_or(has_table_privilege(role, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE'))
               FROM unnest($2::text[]) AS role)
      ORDER BY c.relname`,
    [schema, [rolesOf(schema).app, rolesOf(schema).across]],
  );
  return rows.map(({ name }) => `${schema}.${name}: a partition has grants of its own, past its parent's wall`);
}

async function tableFaults(source: DataSource, schema: string): Promise<string[]> {
  const { owner, app, across } = rolesOf(schema);
  const rows: TableRow[] = await source.query(
    `SELECT c.relname AS name,
            c.relrowsecurity AND c.relforcerowsecurity AS forced,
            EXISTS (SELECT FROM pg_policies p WHERE p.schemaname = n.nspname AND p.tablename = c.relname
                       AND p.policyname = 'organisation' AND p.roles = ARRAY[$2::name]
                       AND p.cmd = 'ALL' AND p.with_check IS NOT NULL) AS walled,
            NOT EXISTS (SELECT FROM pg_policies p WHERE p.schemaname = n.nspname AND p.tablename = c.relname
                       AND NOT (p.roles = ARRAY[$2::name] AND p.policyname = 'organisation')
                       AND NOT (p.roles = ARRAY[$3::name] AND p.cmd = 'SELECT')
                       -- What a function of the owner reaches, if it is the current organisation's rows alone.
                       AND NOT (p.roles = ARRAY[$4::name] AND p.with_check IS NULL AND p.qual = (
                         SELECT o.qual FROM pg_policies o WHERE o.schemaname = n.nspname AND o.tablename = c.relname
                            AND o.policyname = 'organisation'))) AS tight,
            EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indkey[0] = a.attnum) AS indexed
       FROM pg_class c
       JOIN pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organisation_id' AND NOT a.attisdropped
      WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      ORDER BY c.relname`,
    [schema, app, across, owner],
  );
  return rows.flatMap((row) => [
    ...(row.forced ? [] : [`${schema}.${row.name}: row-level security is not forced`]),
    ...(row.walled ? [] : [`${schema}.${row.name}: the organisation policy is missing`]),
    ...(row.tight ? [] : [`${schema}.${row.name}: a policy lets more through than organisationWall does`]),
    ...(row.indexed ? [] : [`${schema}.${row.name}: no index begins with organisation_id`]),
  ]);
}

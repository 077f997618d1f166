import type { EntityManager } from 'typeorm';
import { identifier } from '../identifier';
import { rolesOf } from '../wall/roles';

export interface TimePartitioning {
  /** How much time one partition holds; in UTC, weeks begin on Monday. It does not change later. */
  span: 'day' | 'week' | 'month';
  /** Type of the partition key: a time, or a UUIDv7 (RFC 9562), whose first 48 bits are milliseconds since 1970. */
  key: 'timestamptz' | 'uuidv7';
  /** Fewer days than these cannot be kept, whoever asks; 1 when absent. */
  leastDays?: number;
}

export interface Maintained {
  /** Partitions by name, without the schema. */
  created: string[];
  dropped: string[];
}

const functionOf = (schema: string, table: string): string =>
  `${identifier(schema)}.${identifier(`maintain_${identifier(table)}`)}`;

/** First instant of a partition as a value of its key. */
const bound = {
  timestamptz: 'at',
  uuidv7: `(lpad(to_hex((extract(epoch FROM at) * 1000)::int8), 12, '0') || repeat('0', 20))::uuid`,
};

/**
 * SQL statements for a migration, after `CREATE TABLE … PARTITION BY RANGE (<key>)`: the function that makes and drops
 * the table's partitions. It runs as the schema's owner, with a fixed search path, and may be called by the service's role,
 * which may not change the schema otherwise. Partitions get no grants: rows are reached through the parent and its wall.
 *
 * A partition is made as a table and then attached, which reading and writing do not wait for. Dropping one does need
 * a moment alone: it is tried a few times, a fifth of a second each, and left for the next call if somebody reads for longer.
 */
export function timePartitions(
  schema: string,
  table: string,
  { span, key, leastDays = 1 }: TimePartitioning,
): string[] {
  const name = functionOf(schema, table);
  const parent = `${identifier(schema)}.${identifier(table)}`;
  if (!Number.isInteger(leastDays) || leastDays < 1) throw new Error('at least one day is kept');
  return [
    `CREATE FUNCTION ${name}_bound(at timestamptz) RETURNS text
       LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
       RETURN ${bound[key]}::text`,
    `REVOKE ALL ON FUNCTION ${name}_bound FROM PUBLIC`,
    `CREATE FUNCTION ${name}(keep_days integer, ahead_days integer, OUT created text[], OUT dropped text[])
       LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' SET timezone = 'UTC'
     AS $maintain$
     DECLARE
       step CONSTANT interval := '1 ${span}';
       oldest CONSTANT timestamptz := now() - make_interval(days => keep_days);
       begins timestamptz := date_trunc('${span}', oldest);
       partition text;
     BEGIN
       IF keep_days IS NULL OR ahead_days IS NULL OR keep_days < ${leastDays} OR ahead_days < 0 THEN
         RAISE invalid_parameter_value USING MESSAGE = '${parent} keeps at least ${leastDays} day(s)';
       END IF;
       created := '{}';
       dropped := '{}';
       PERFORM pg_advisory_xact_lock(hashtextextended('muster-partitions:${parent}', 0));
       WHILE begins <= now() + make_interval(days => ahead_days) LOOP
         partition := '${table}_' || to_char(begins, 'YYYYMMDD');
         IF to_regclass('${schema}.' || partition) IS NULL THEN
           EXECUTE format('CREATE TABLE ${schema}.%I (LIKE ${parent} INCLUDING ALL EXCLUDING INDEXES EXCLUDING IDENTITY)', partition);
           EXECUTE format('ALTER TABLE ${parent} ATTACH PARTITION ${schema}.%I FOR VALUES FROM (%L) TO (%L)',
                          partition, ${name}_bound(begins), ${name}_bound(begins + step));
           created := created || partition;
         END IF;
         begins := begins + step;
       END LOOP;
       SET LOCAL lock_timeout = '200ms';
       FOR partition IN
         SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
          WHERE i.inhparent = '${parent}'::regclass AND c.relname ~ '^${table}_[0-9]{8}$'
            AND to_timestamp(right(c.relname, 8), 'YYYYMMDD') + step <= oldest
          ORDER BY c.relname
       LOOP
         FOR attempt IN 1..3 LOOP
           BEGIN
             EXECUTE format('DROP TABLE ${schema}.%I', partition);
             dropped := dropped || partition;
             EXIT;
           EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
             IF attempt = 3 THEN RETURN; END IF;
             PERFORM pg_sleep(0.3);
           END;
         END LOOP;
       END LOOP;
     END $maintain$`,
    `REVOKE ALL ON FUNCTION ${name} FROM PUBLIC`,
    `GRANT EXECUTE ON FUNCTION ${name} TO ${rolesOf(schema).app}`,
  ];
}

/**
 * Makes sure that there is a partition for every moment from `keepDays` ago to `aheadDays` ahead, and drops those that end
 * before. In a transaction of its own, before anything is stored and then every hour; any number of instances may. A row
 * that no partition takes is refused (SQLSTATE 23514).
 * @throws AppError `unavailable` from the transaction when another session changes the table for long
 */
export async function maintainPartitions(
  manager: EntityManager,
  schema: string,
  table: string,
  { keepDays, aheadDays }: { keepDays: number; aheadDays: number },
): Promise<Maintained> {
  const [maintained]: Maintained[] = await manager.query(`SELECT * FROM ${functionOf(schema, table)}($1, $2)`, [
    keepDays,
    aheadDays,
  ]);
  return maintained ?? { created: [], dropped: [] };
}

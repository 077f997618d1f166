import { identifier, literal } from '../identifier';
import { rolesOf } from './roles';

/**
 * SQL that an administrator of the server runs once per database; running it again sets the passwords anew.
 *
 * The app role does not inherit: it is a member of the across role only to `SET ROLE` to it, and a role that inherits
 * would have the across role's policies, and so no wall at all.
 */
export function databaseBootstrapSql(options: { schema: string; ownerPassword: string; appPassword: string }): string {
  const schema = identifier(options.schema);
  const { owner, app, across } = rolesOf(schema);
  return `
DO $muster$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${owner}') THEN CREATE ROLE ${owner}; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${app}') THEN CREATE ROLE ${app}; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${across}') THEN CREATE ROLE ${across}; END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- another service's bootstrap was faster
END $muster$;
ALTER ROLE ${owner} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD ${literal(options.ownerPassword)};
ALTER ROLE ${app} LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD ${literal(options.appPassword)};
ALTER ROLE ${across} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
GRANT ${across} TO ${app};
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA IF NOT EXISTS ${schema} AUTHORIZATION ${owner};
GRANT USAGE ON SCHEMA ${schema} TO ${app}, ${across};
`;
}

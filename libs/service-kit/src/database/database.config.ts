import { InvalidInput, Text, Whole } from '@muster/contracts';
import { BaseConfig } from '../config/base.config';

/** For services with a schema of their own. Given as `WEB_DATABASE_URL`, `KEY_MANAGER_DATABASE_URL` and so on. */
export class DatabaseConfigFields extends BaseConfig {
  @Text({ min: 1, max: 2000, about: "PostgreSQL URL of the service's app role." }) DATABASE_URL: string;
  @Text({ max: 2000, optional: true, about: "PostgreSQL URL of the schema's owner; with it, migrations run at start." })
  DATABASE_OWNER_URL?: string;
  @Text({ max: 500, optional: true, about: 'Password for DATABASE_URL, when that holds none.' })
  DATABASE_PASSWORD?: string;
  @Text({ max: 500, optional: true, about: 'Password for DATABASE_OWNER_URL, when that holds none.' })
  DATABASE_OWNER_PASSWORD?: string;
  @Whole({ min: 1, max: 200, about: 'Most database connections of this process.' }) DATABASE_POOL_SIZE = 10;

  /** @throws InvalidInput when a password cannot be put into its URL */
  override derive(): void {
    super.derive();
    for (const name of ['DATABASE', 'DATABASE_OWNER'] as const) {
      const url = this[`${name}_URL`];
      const password = this[`${name}_PASSWORD`];
      if (url && password) this[`${name}_URL`] = withPassword(`${name}_PASSWORD`, url, password);
    }
  }
}

/** So that a secret in a file need not be a whole address. */
function withPassword(field: string, address: string, password: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const refuse = (problem: string): never => {
    throw new InvalidInput([{ field, problem }]);
  };
  if (!url?.username) return refuse('belongs to an address of the form postgres://user@host:port/database');
  if (url.password) return refuse('is set, but the address holds a password already');
  url.password = encodeURIComponent(password);
  return url.href;
}

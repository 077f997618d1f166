import { Text, Whole } from '@muster/contracts';
import { BaseConfig } from '../config/base.config';

/** For services with a schema of their own. Given as `WEB_DATABASE_URL`, `KEY_MANAGER_DATABASE_URL` and so on. */
export class DatabaseConfigFields extends BaseConfig {
  @Text({ min: 1, max: 2000, about: "PostgreSQL URL of the service's app role." }) DATABASE_URL: string;
  @Text({ max: 2000, optional: true, about: "PostgreSQL URL of the schema's owner; with it, migrations run at start." })
  DATABASE_OWNER_URL?: string;
  @Whole({ min: 1, max: 200, about: 'Most database connections of this process.' }) DATABASE_POOL_SIZE = 10;
}

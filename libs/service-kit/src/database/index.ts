export { DatabaseConfigFields } from './database.config';
export { ServiceDatabaseModule } from './service-database.module';

export { DatabaseConfigFields } from './database.config';
export { ServiceDatabaseModule } from './service-database.module';
export { ReportLimitsConfigFields } from '../limits/report-limits.config';
export { ReportLimitsModule } from '../limits/report-limits.module';

import { startService } from '@muster/service-kit';
import { AppModule } from './app.module';
import { AuditLogsConfig } from './config';

await startService({ service: 'audit-logs', module: AppModule, config: AuditLogsConfig });

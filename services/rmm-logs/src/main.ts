import { startService } from '@muster/service-kit';
import { AppModule } from './app.module';
import { RmmLogsConfig } from './config';

await startService({ service: 'rmm-logs', module: AppModule, config: RmmLogsConfig });

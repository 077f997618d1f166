import { startService } from '@muster/service-kit';
import { AppModule } from './app.module';
import { DownloadsConfig } from './config';

await startService({ service: 'downloads', module: AppModule, config: DownloadsConfig });

import { startService } from '@muster/service-kit';
import { AppModule } from './app.module';
import { PluginsConfig } from './config';

await startService({ service: 'plugins', module: AppModule, config: PluginsConfig });

import { startService } from '@muster/service-kit';
import { AppModule } from './app.module';
import { BipConfig } from './bip.config';

await startService({ service: 'bip', module: AppModule, config: BipConfig });

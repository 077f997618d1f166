import 'reflect-metadata';
import { startService } from '@muster/service-kit';
import { AppModule } from './app.module';
import { KeyManagerConfig } from './key-manager.config';

void startService({ service: 'key-manager', module: AppModule, config: KeyManagerConfig });

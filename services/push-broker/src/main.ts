import 'reflect-metadata';
import { startService } from '@muster/service-kit';
import { AppModule } from './app.module';
import { PushBrokerConfig } from './push-broker.config';

void startService({ service: 'push-broker', module: AppModule, config: PushBrokerConfig });

import { startService } from '@muster/service-kit';
import { AppModule } from './app.module';
import { WebConfig } from './config';
import { facesOf } from './faces';

await startService({
  service: 'web',
  config: WebConfig,
  compose: (config) => AppModule.forRole(config.WEB_ROLE),
  faces: (config) => facesOf(config.WEB_ROLE),
});

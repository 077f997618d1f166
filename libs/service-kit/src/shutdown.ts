import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { BaseConfig } from './config/base.config';
import { Health } from './health/health';
import type { Log } from './log/log';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** On the first signal: take nothing new, finish what runs, close bus and database. On the second, or too late: end. */
export function endOnSignal(app: NestFastifyApplication, config: BaseConfig, log: Log): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, 'Stopping.');
    setTimeout(() => {
      log.warn({ seconds: config.SHUTDOWN_SECONDS }, 'Stopped before everything was finished.');
      process.exit(1);
    }, config.SHUTDOWN_SECONDS * 1000).unref();
    drain(app).then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'Stopping failed.');
        process.exit(1);
      },
    );
  };
  for (const signal of SIGNALS) process.on(signal, stop);
}

/** HTTP first, since requests use the bus and the database; then Nest closes these. */
export async function drain(app: NestFastifyApplication): Promise<void> {
  app.get(Health).drain();
  await app.getHttpAdapter().getInstance().close();
  await app.close();
}

import type { Server } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { BaseConfig } from './config/base.config';
import { Upgrades } from './http/upgrades';
import { Health } from './health/health';
import type { Log } from './log/log';

/** Milliseconds. */
const SWEEP_INTERVAL = 50;
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
  const server: Server = app.getHttpServer();
  // A connection whose last request is answered now would be kept alive by the client, and the server would wait for it.
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_INTERVAL);
  try {
    await Promise.all([app.getHttpAdapter().getInstance().close(), app.get(Upgrades).close()]);
  } finally {
    clearInterval(sweep);
  }
  await app.close();
}

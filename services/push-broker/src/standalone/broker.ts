import 'reflect-metadata';
import { ConfigFaults, createService, drain, loadConfig } from '@muster/service-kit';
import { AppModule } from '../app.module';
import { XmppServer } from '../core/server';
import { Listener } from '../core/tls/listener';
import { PushNode } from '../push/push-node';
import { PushBrokerConfig } from '../push-broker.config';

/** The service as `main.ts` starts it, told by its parent to stop, and with the one liberty that tests may need. */
async function start(): Promise<void> {
  const config = loadConfig(PushBrokerConfig, 'push-broker', process.env);
  const app = await createService({ service: 'push-broker', module: AppModule, config: PushBrokerConfig }, config);
  const server = app.get(XmppServer);
  if (process.argv.includes('--open')) server.policy = { mayReach: (_from, to) => to.domain === server.domain };
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    drain(app).then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on('SIGTERM', stop).on('SIGINT', stop).on('disconnect', stop);
  await app.listen(0, '127.0.0.1');
  const listener = app.get(Listener);
  process.send?.({
    port: listener.port,
    starttlsPort: listener.starttlsPort,
    webSocketPort: listener.webSocketPort,
    pushPort: app.get(PushNode).service?.server.port,
    metrics: `${await app.getUrl()}/-/metrics`,
  });
}

function fail(error: unknown): never {
  const text = error instanceof ConfigFaults ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

start().catch(fail);

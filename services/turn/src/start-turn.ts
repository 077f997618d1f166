import { once } from 'node:events';
import { Health, loadConfig, type Log, Metrics, processLog } from '@muster/service-kit/process';
import { internalEndpoints } from './internal-endpoints';
import { turnMetrics } from './metrics/turn-metrics';
import { TurnServer } from './server/turn-server';
import { TurnConfig } from './turn.config';

/** Exit code for a faulty configuration (`EX_CONFIG` of sysexits.h): starting again does not help. */
const EX_CONFIG = 78;

/**
 * Starts the service as the others start, but without bus and edge: it asks nobody and nobody asks it. Ends the process with 78
 * on a faulty configuration, 1 on other faults.
 */
export async function startTurn(env: NodeJS.ProcessEnv): Promise<void> {
  const config = configOrExit(env);
  const log = processLog('turn', config.LOG_LEVEL);
  const fail = (error: unknown): never => {
    log.fatal({ err: error }, 'The service cannot go on.');
    process.exit(1);
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  try {
    await serve(config, log);
  } catch (error) {
    fail(error);
  }
}

async function serve(config: Readonly<TurnConfig>, log: Log): Promise<void> {
  const server = new TurnServer(config.server());
  server.requests.events.on('fault', (error) => log.error({ err: error }, 'A request failed by a defect.'));
  const health = new Health();
  health.add('turn', () => server.port > 0);
  const metrics = new Metrics('turn');
  turnMetrics(metrics, server);
  const internal = internalEndpoints(health, metrics);

  await server.open();
  internal.listen(config.SERVICE_PORT, config.SERVICE_HOST);
  await once(internal, 'listening');
  log.info({ hosts: config.TURN_HOST, port: server.port, relay: config.TURN_RELAY_ADDRESS }, 'TURN is open.');
  log.info({ address: internal.address() }, 'Listening.');

  const stop = (signal: NodeJS.Signals): void => {
    log.info({ signal, allocations: server.allocations.size }, 'Stopping.');
    health.drain();
    server.close();
    internal.close(() => process.exit(0));
    internal.closeAllConnections();
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

function configOrExit(env: NodeJS.ProcessEnv): Readonly<TurnConfig> {
  try {
    return loadConfig(TurnConfig, 'turn', env);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(EX_CONFIG);
  }
}

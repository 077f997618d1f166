import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { BusModule } from '@muster/bus';
import { type Class, type Face, type ServiceName } from '@muster/contracts';
import type { BaseConfig } from './config/base.config';
import { ConfigFaults, type Environment, loadConfig } from './config/load-config';
import { Health } from './health/health';
import { createHttpAdapter } from './http/http-adapter';
import { addInternalEndpoints } from './http/internal-endpoints';
import { ServedPaths } from './http/served-paths';
import { Upgrades } from './http/upgrades';
import { createLog, type Log } from './log/log';
import { NestLogger } from './log/nest-logger';
import { Metrics } from './metrics/metrics';
import { RouteAudit } from './routes/route-audit';
import { RouteServer } from './routes/route-server';
import { ServiceKitModule } from './service-kit.module';
import { endOnSignal } from './shutdown';

export interface ServiceOptions<C extends BaseConfig> {
  service: ServiceName;
  /** The service's module; `compose` instead where it depends on the configuration. */
  module?: Type<unknown> | DynamicModule;
  compose?: (config: Readonly<C>) => Type<unknown> | DynamicModule;
  config: Class<C>;
  /** Faces that this process serves; all of the service's when absent. */
  faces?: (config: Readonly<C>) => readonly Face[];
}

/** Exit code for a faulty configuration (`EX_CONFIG` of sysexits.h): starting again does not help. */
const EX_CONFIG = 78;
/**
 * Connections that may wait to be accepted; the system's own limit (net.core.somaxconn, 4096) holds above it. With fewer, a
 * burst after a pause leaves some that their client takes for open: their requests hang until it gives up.
 */
const BACKLOG = 4096;
const ALL_FACES: readonly Face[] = ['manager', 'worker', 'public'];

@Module({})
class RootModule {}

/** Builds a service without listening or touching the process; `startService` and tests use it. */
export async function createService<C extends BaseConfig>(
  options: ServiceOptions<C>,
  config: Readonly<C>,
  log: Log = createLog(options.service, config.LOG_LEVEL),
): Promise<NestFastifyApplication> {
  const { service } = options;
  const faces = options.faces?.(config) ?? ALL_FACES;
  const metrics = new Metrics(service);
  const own = options.compose?.(config) ?? options.module;
  const served = new ServedPaths();
  const kit = ServiceKitModule.forService({ service, configType: options.config, config, log, metrics, served });
  const adapter = await createHttpAdapter({ config, metrics, log, served });
  const root: DynamicModule = {
    module: RootModule,
    imports: [kit, BusModule.forService({ service }), ...(own ? [own] : [])],
  };
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, {
    logger: new NestLogger(log.child({ part: 'nest' })),
    abortOnError: false,
    bodyParser: false,
    autoFlushLogs: false,
  });
  app.get(RouteAudit).check(service, faces);
  app.get(RouteServer).serve(adapter.getInstance());
  app.get(Upgrades).attach(app.getHttpServer());
  addInternalEndpoints(adapter.getInstance(), { service, health: app.get(Health), metrics });
  await app.init();
  return app;
}

/** With this word a service reads its configuration and ends: what would it say if it were started now? */
const CHECK_ONLY = '--check-configuration';

/** The one call in every service's `main.ts`. Ends the process with 78 on a faulty configuration, 1 on other faults. */
export async function startService<C extends BaseConfig>(
  options: ServiceOptions<C>,
  env: Environment = process.env,
  words: readonly string[] = process.argv.slice(2),
): Promise<void> {
  const config = configOrExit(options, env);
  if (words.includes(CHECK_ONLY)) return;
  const log = createLog(options.service, config.LOG_LEVEL);
  const fail = (error: unknown): never => {
    log.fatal({ err: error }, 'The service cannot go on.');
    process.exit(1);
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  try {
    const app = await createService(options, config, log);
    endOnSignal(app, config, log);
    await app.listen({ port: config.SERVICE_PORT, host: config.SERVICE_HOST, backlog: BACKLOG });
    log.info({ address: await app.getUrl() }, 'Listening.');
  } catch (error) {
    fail(error);
  }
}

function configOrExit<C extends BaseConfig>(options: ServiceOptions<C>, env: Environment): Readonly<C> {
  try {
    return loadConfig(options.config, options.service, env);
  } catch (error) {
    if (!(error instanceof ConfigFaults)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(EX_CONFIG);
  }
}

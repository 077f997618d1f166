import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, DiscoveryModule } from '@nestjs/core';
import { Bus, BUS_OPTIONS, type BusOptions, BusMetrics, currentCorrelationId, OUTBOX_SOURCE } from '@muster/bus';
import { type Class, revocationHeartbeat, identityRevoked, type ServiceName } from '@muster/contracts';
import { type ConnectionOptions, Database, DATABASE_OPTIONS, OutboxReader } from '@muster/database';
import { BaseConfig, DatabaseConfigFields } from './config/base.config';
import { ErrorFilter } from './errors/error.filter';
import { Health } from './health/health';
import { ServedPaths } from './http/served-paths';
import { Upgrades } from './http/upgrades';
import { Identity } from './identity/identity';
import { RevocationFeed, RevocationListener } from './identity/revocation-feed';
import { RevocationList } from './identity/revocation-list';
import { Log } from './log/log';
import { Metrics } from './metrics/metrics';
import { PrometheusBusMetrics } from './metrics/prometheus-bus-metrics';
import { RouteAudit } from './routes/route-audit';
import { RouteGuard } from './routes/route.guard';
import { RouteInterceptor } from './routes/route.interceptor';

export interface ServiceParts {
  service: ServiceName;
  configType: Class<BaseConfig>;
  config: BaseConfig;
  log: Log;
  metrics: Metrics;
  served: ServedPaths;
}

/** What every service has without asking for it. */
@Module({})
export class ServiceKitModule {
  static forService(parts: ServiceParts): DynamicModule {
    const { service, config, log } = parts;
    const database = config instanceof DatabaseConfigFields ? [databaseOptions(service, config, log)] : [];
    return {
      module: ServiceKitModule,
      global: true,
      imports: [DiscoveryModule],
      providers: [
        { provide: BaseConfig, useValue: config },
        ...(parts.configType === BaseConfig ? [] : [{ provide: parts.configType, useValue: config }]),
        { provide: Log, useValue: log },
        { provide: Metrics, useValue: parts.metrics },
        { provide: ServedPaths, useValue: parts.served },
        { provide: BusMetrics, useFactory: () => new PrometheusBusMetrics(parts.metrics) },
        { provide: BUS_OPTIONS, useValue: busOptions(service, config) },
        ...database.map((value) => ({ provide: DATABASE_OPTIONS, useValue: value })),
        {
          provide: OUTBOX_SOURCE,
          inject: [{ token: OutboxReader, optional: true }],
          useFactory: (reader?: OutboxReader) => reader,
        },
        {
          provide: Health,
          inject: [Bus, { token: Database, optional: true }],
          useFactory: (bus: Bus, database?: Database) => healthOf(bus, database),
        },
        { provide: RevocationList, useFactory: () => revocationList(service) },
        ...(identityRevoked.consumers.includes(service) ? [RevocationListener] : []),
        ...(revocationHeartbeat.consumers.includes(service) ? [RevocationFeed] : []),
        Identity,
        { provide: Upgrades, inject: [Identity], useFactory: (identity: Identity) => new Upgrades(identity, config) },
        RouteAudit,
        { provide: APP_GUARD, useClass: RouteGuard },
        { provide: APP_INTERCEPTOR, useClass: RouteInterceptor },
        { provide: APP_FILTER, useClass: ErrorFilter },
      ],
      exports: [
        BaseConfig,
        parts.configType,
        Log,
        Metrics,
        BusMetrics,
        BUS_OPTIONS,
        ...database.map(() => DATABASE_OPTIONS),
        OUTBOX_SOURCE,
        Health,
        RevocationList,
        Identity,
        Upgrades,
      ],
    };
  }
}

function busOptions(service: ServiceName, config: BaseConfig): BusOptions {
  return { service, url: config.NATS_URL, user: config.NATS_USER, password: config.NATS_PASSWORD };
}

function databaseOptions(service: ServiceName, config: DatabaseConfigFields, log: Log): ConnectionOptions {
  const part = log.child({ part: 'database' });
  return {
    url: config.DATABASE_URL,
    ...(config.DATABASE_OWNER_URL ? { ownerUrl: config.DATABASE_OWNER_URL } : {}),
    poolSize: config.DATABASE_POOL_SIZE,
    applicationName: `muster ${service}`,
    log: (level, fields, message) => part[level](fields, message),
    correlationId: currentCorrelationId,
  };
}

function healthOf(bus: Bus, database?: Database): Health {
  const health = new Health();
  health.add('bus', () => bus.connected);
  if (database) health.add('database', () => database.ping());
  return health;
}

/** Who does not hear the heartbeat is who sends it. */
function revocationList(service: ServiceName): RevocationList {
  const list = new RevocationList();
  if (!revocationHeartbeat.consumers.includes(service)) list.declareAuthoritative();
  return list;
}

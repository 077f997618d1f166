import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, DiscoveryModule } from '@nestjs/core';
import { Bus, BUS_OPTIONS, type BusOptions, BusMetrics } from '@muster/bus';
import { type Class, revocationHeartbeat, identityRevoked, locateDevices, type ServiceName } from '@muster/contracts';
import { BaseConfig } from './config/base.config';
import { ErrorFilter } from './errors/error.filter';
import { Health } from './health/health';
import { ServedPaths } from './http/served-paths';
import { Upgrades } from './http/upgrades';
import { BusDeviceDirectory } from './identity/bus-device-directory';
import { Identity } from './identity/identity';
import { RevocationFeed, RevocationListener } from './identity/revocation-feed';
import { RevocationList } from './identity/revocation-list';
import { Log } from './log/log';
import { Metrics } from './metrics/metrics';
import { PrometheusBusMetrics } from './metrics/prometheus-bus-metrics';
import { ListExport } from './routes/list-export/list-export';
import { Handlers } from './routes/handlers';
import { RouteAudit } from './routes/route-audit';
import { RouteGuard } from './routes/route.guard';
import { RouteServer } from './routes/route-server';

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
    const configTypes = typesOf(parts.configType);
    return {
      module: ServiceKitModule,
      global: true,
      imports: [DiscoveryModule],
      providers: [
        ...configTypes.map((type) => ({ provide: type, useValue: config })),
        { provide: Log, useValue: log },
        { provide: Metrics, useValue: parts.metrics },
        { provide: ServedPaths, useValue: parts.served },
        { provide: BusMetrics, useFactory: () => new PrometheusBusMetrics(parts.metrics) },
        { provide: BUS_OPTIONS, useValue: busOptions(service, config) },
        { provide: Health, inject: [Bus, RevocationList], useFactory: healthOf },
        { provide: RevocationList, useFactory: () => revocationList(service) },
        ...(identityRevoked.consumers.includes(service) ? [RevocationListener] : []),
        ...(revocationHeartbeat.consumers.includes(service) ? [RevocationFeed] : []),
        ...(locateDevices.callers.includes(service) ? [busDirectory] : []),
        Identity,
        { provide: Upgrades, inject: [Identity], useFactory: (identity: Identity) => new Upgrades(identity, config) },
        Handlers,
        RouteAudit,
        ListExport,
        RouteGuard,
        RouteServer,
        { provide: APP_FILTER, useClass: ErrorFilter },
      ],
      exports: [...configTypes, Log, Metrics, BusMetrics, BUS_OPTIONS, Health, RevocationList, Identity, Upgrades],
    };
  }
}

/** For services that do not own devices; one that provides a `DEVICE_DIRECTORY` of its own uses that. */
const busDirectory = {
  provide: BusDeviceDirectory,
  inject: [Bus, RevocationList],
  useFactory: (bus: Bus, revocations: RevocationList) =>
    new BusDeviceDirectory((request) => bus.request(locateDevices, request), revocations),
};

function busOptions(service: ServiceName, config: BaseConfig): BusOptions {
  return {
    service,
    url: config.NATS_URL,
    user: config.NATS_USER,
    password: config.NATS_PASSWORD,
    reportsStreamBytes: config.REPORTS_STREAM_BYTES,
    mostInterruptions: config.BUS_MOST_INTERRUPTIONS,
  };
}

/** A configuration class and those that it extends: each part of a service asks for the one that has its fields. */
function typesOf(type: Class<BaseConfig>): Array<Class<BaseConfig>> {
  return type === BaseConfig ? [type] : [type, ...typesOf(Object.getPrototypeOf(type))];
}

/** Before the first list of revocations everybody is refused. The key manager has its own, and waits for nobody. */
function healthOf(bus: Bus, revocations: RevocationList): Health {
  const health = new Health();
  health.add('bus', () => bus.connected);
  health.add('revocations', () => revocations.known);
  return health;
}

/** Who does not hear the heartbeat is who sends it. */
function revocationList(service: ServiceName): RevocationList {
  const list = new RevocationList();
  if (!revocationHeartbeat.consumers.includes(service)) list.declareAuthoritative();
  return list;
}

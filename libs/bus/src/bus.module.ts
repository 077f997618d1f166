import { type DynamicModule, Global, Module } from '@nestjs/common';
import type { ServiceName } from '@muster/contracts';
import { Bus } from './bus';
import { Connection } from './connection';
import { BusMetrics, NoMetrics } from './metrics';

/**
 * The bus of one service. Wants a global module that provides `BUS_OPTIONS`, and uses `BusMetrics` and
 * `OUTBOX_SOURCE` where one provides them. Refuses to start on handlers that the contracts do not allow.
 */
@Global()
@Module({})
export class BusModule {
  static forService(_options: { service: ServiceName }): DynamicModule {
    return {
      module: BusModule,
      providers: [Bus, Connection, { provide: BusMetrics, useClass: NoMetrics }],
      exports: [Bus],
    };
  }
}

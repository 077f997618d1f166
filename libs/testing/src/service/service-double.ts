import { type INestApplicationContext, Module, type Provider, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Bus, BUS_OPTIONS, BusModule } from '@muster/bus';
import type { ServiceName } from '@muster/contracts';
import type { TestNats } from '../nats/start-nats';
import { eventually } from '../process/eventually';

export interface ServiceDouble {
  bus: Bus;
  get<T>(type: Type<T>): T;
  stop(): Promise<void>;
}

/** Another service of the suite, as far as the bus is concerned: its own connection, its own permissions. */
export async function startDouble(
  service: ServiceName,
  nats: TestNats,
  providers: Provider[] = [],
): Promise<ServiceDouble> {
  @Module({})
  class Settings {}
  @Module({})
  class Root {}
  const options = { provide: BUS_OPTIONS, useValue: { ...nats.credentials(service), service } };
  const app: INestApplicationContext = await NestFactory.createApplicationContext(
    {
      module: Root,
      imports: [
        { module: Settings, global: true, providers: [options], exports: [BUS_OPTIONS] },
        BusModule.forService({ service }),
      ],
      providers,
    },
    { logger: ['error', 'warn'], abortOnError: false },
  );
  const bus = app.get(Bus);
  await eventually(() => bus.connected);
  return { bus, get: (type) => app.get(type), stop: () => app.close() };
}

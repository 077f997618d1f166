import 'reflect-metadata';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type INestApplicationContext,
  type LoggerService,
  Module,
  type Provider,
  type Type,
  type ValueProvider,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { ServiceName } from '@muster/contracts';
import { Bus } from '../bus';
import { BusModule } from '../bus.module';
import { BUS_OPTIONS, type BusOptions } from '../options';
import { type NatsProcess, passwordOf } from './nats-process';

export interface Entry {
  level: 'log' | 'warn' | 'error';
  fields: Record<string, unknown>;
}

/** What all services of this test file logged: Nest has one logger for a process. */
export const logs: Entry[] = [];

class Memory implements LoggerService {
  log = (fields: unknown): void => this.add('log', fields);
  warn = (fields: unknown): void => this.add('warn', fields);
  error = (fields: unknown): void => this.add('error', fields);

  private add(level: Entry['level'], fields: unknown): void {
    const record = typeof fields === 'object' && fields !== null ? { ...fields } : { message: fields };
    logs.push({ level, fields: record });
  }
}

export interface TestService {
  app: INestApplicationContext;
  bus: Bus;
  get<T>(type: Type<T>): T;
  stop(): Promise<void>;
}

/** A process of the suite, as far as the bus is concerned, within the test's own process. */
export async function startService(
  service: ServiceName,
  nats: Pick<NatsProcess, 'url'>,
  providers: Provider[] = [],
  options: Partial<BusOptions> = {},
  fromOutside: ValueProvider[] = [],
): Promise<TestService> {
  const settings: BusOptions = {
    url: nats.url,
    user: service,
    password: passwordOf(service),
    service,
    retryDelaysMs: [50, 50, 50, 50],
    ...options,
  };
  @Module({})
  class Root {}
  @Module({})
  class Settings {}
  const app = await NestFactory.createApplicationContext(
    {
      module: Root,
      imports: [
        {
          module: Settings,
          global: true,
          providers: [{ provide: BUS_OPTIONS, useValue: settings }, ...fromOutside],
          exports: [BUS_OPTIONS, ...fromOutside.map(({ provide }) => provide)],
        },
        BusModule.forService({ service }),
      ],
      providers,
    },
    { logger: new Memory(), abortOnError: false },
  );
  return {
    app,
    bus: app.get(Bus),
    get: (type) => app.get(type),
    stop: () => app.close(),
  };
}

/** Polls until it holds. @throws with what it saw last when it does not within the time */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  ms = 20_000,
): Promise<Exclude<T, false | null | undefined>> {
  for (const deadline = Date.now() + ms; ; await delay(20)) {
    const seen = await look();
    if (seen) return seen as Exclude<T, false | null | undefined>;
    if (Date.now() > deadline) throw new Error(`did not happen: ${what}`);
  }
}

export const connected = ({ bus }: TestService): Promise<boolean> => until('connected', () => bus.connected);

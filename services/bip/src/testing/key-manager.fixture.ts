import { type DynamicModule, Global, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Bus, BUS_OPTIONS, BusModule, HandlesRequest } from '@muster/bus';
import {
  AppError,
  type Anchors,
  type DescribeRegistrationKey,
  describeRegistrationKey,
  type ErrorCode,
  listAnchors,
  type RegistrationKeyDescription,
} from '@muster/contracts';
import { eventually, type NatsCredentials } from '@muster/testing';

/** What the key manager answers about keys and anchors, on the real bus. */
@Injectable()
export class Keys {
  anchors: string[] = [];
  /** By key: the refusal, or none for a good one. */
  readonly known = new Map<string, ErrorCode | undefined>();

  @HandlesRequest(describeRegistrationKey)
  async describe({ key }: DescribeRegistrationKey): Promise<RegistrationKeyDescription> {
    const refusal = this.known.has(key) ? this.known.get(key) : 'key-unknown';
    if (refusal) throw new AppError(refusal, `The registration key is refused: ${refusal}.`);
    return { organisationId: '01900000-0000-7000-8000-000000000001', name: 'Test key' };
  }

  @HandlesRequest(listAnchors)
  async list(): Promise<Anchors> {
    return { anchors: this.anchors };
  }
}

export async function startKeys(nats: NatsCredentials): Promise<{ keys: Keys; stop(): Promise<void> }> {
  const app = await NestFactory.createApplicationContext(moduleFor(nats), { logger: false });
  await eventually(() => app.get(Bus).connected);
  return { keys: app.get(Keys), stop: () => app.close() };
}

function moduleFor(nats: NatsCredentials): DynamicModule {
  @Global()
  @Module({
    providers: [{ provide: BUS_OPTIONS, useValue: { ...nats, service: 'key-manager' } }],
    exports: [BUS_OPTIONS],
  })
  class Options {}
  @Module({ providers: [Keys] })
  class Root {}
  return { module: Root, imports: [Options, BusModule.forService({ service: 'key-manager' })] };
}

import { randomUUID, createHash } from 'node:crypto';
import { type INestApplicationContext, Injectable, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Bus, BUS_OPTIONS, BusModule, ConsumesEvent, HandlesRequest } from '@muster/bus';
import {
  AppError,
  type DeviceHomes,
  type InventoryFacts,
  inventoryFactsChanged,
  type LocateDevices,
  locateDevices,
  listRevocations,
  type Permission,
  type ServiceName,
  type VerifiedCredential,
  verifyCredential,
  type VerifyCredential,
} from '@muster/contracts';
import { eventually, type TestNats } from '@muster/testing';

/** Answers for the key manager: a credential is `<organisation id> <permission>`. */
@Injectable()
export class People {
  @HandlesRequest(verifyCredential)
  async verify({ credential }: VerifyCredential): Promise<VerifiedCredential> {
    const [organisationId = '', permission = ''] = credential.split('/');
    if (organisationId.length !== 36) throw new AppError('not-signed-in', 'Sign in first.');
    return {
      credentialId: uuidOf(credential),
      userId: uuidOf(organisationId),
      organisationId,
      name: 'ada@example.test',
      permissions: [permission as Permission],
      csrfToken: '',
      mustChangePassword: false,
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
      cacheSeconds: 60,
    };
  }

  @HandlesRequest(listRevocations)
  async revocations() {
    return { revocations: [], sequence: 0 };
  }
}

/** Answers for `web`: where devices belong; and hears what it consumes. */
@Injectable()
export class Web {
  readonly homes = new Map<string, string>();
  readonly facts: InventoryFacts[] = [];

  @HandlesRequest(locateDevices)
  async locate({ deviceIds }: LocateDevices): Promise<DeviceHomes> {
    return {
      homes: deviceIds.flatMap((deviceId) => {
        const organisationId = this.homes.get(deviceId);
        return organisationId ? [{ deviceId, organisationId }] : [];
      }),
    };
  }

  @ConsumesEvent(inventoryFactsChanged, { batch: 100 })
  async changed(events: InventoryFacts[]): Promise<void> {
    this.facts.push(...events);
  }
}

export interface Neighbour<T> {
  bus: Bus;
  part: T;
  stop(): Promise<void>;
}

/** Another service of the suite, as far as the bus is concerned: its own connection, its own permissions. */
export async function startNeighbour<T>(service: ServiceName, nats: TestNats, part: Type<T>): Promise<Neighbour<T>> {
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
      providers: [part],
    },
    { logger: ['error', 'warn'], abortOnError: false },
  );
  const bus = app.get(Bus);
  await eventually(() => bus.connected);
  return { bus, part: app.get(part), stop: () => app.close() };
}

/** The same id for the same text; a new one without. */
export function uuidOf(text: string = randomUUID()): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

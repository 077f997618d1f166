import { createHash } from 'node:crypto';
import { type INestApplicationContext, Injectable, Module, type Provider, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Bus, BUS_OPTIONS, BusModule, HandlesRequest, ListensTo } from '@muster/bus';
import {
  AppError,
  DEFAULT_ORGANISATION_ID,
  type DeviceHomes,
  listRevocations,
  liveFannedOut,
  type LiveFanOut,
  locateDevices,
  type LocateDevices,
  type Permission,
  type Role,
  ROLE_PERMISSIONS,
  type ServiceName,
  type VerifiedCredential,
  verifyCredential,
  type VerifyCredential,
} from '@muster/contracts';
import { eventually, type TestNats } from '@muster/testing';

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

/** Who may ask: tokens by name. Everything else of the key manager is tested with the real one, end to end. */
@Injectable()
export class KeyManagerDouble {
  readonly people = new Map<string, { role: Role; organisationId: string; permissions?: Permission[] }>([
    ['owner', { role: 'owner', organisationId: DEFAULT_ORGANISATION_ID }],
    ['nobody', { role: 'read-only', organisationId: DEFAULT_ORGANISATION_ID, permissions: [] }],
  ]);

  @HandlesRequest(verifyCredential)
  async verify({ credential }: VerifyCredential): Promise<VerifiedCredential> {
    const person = this.people.get(credential);
    if (!person) throw new AppError('not-signed-in', 'Sign in first.');
    return {
      credentialId: idOf(`credential ${credential}`),
      userId: idOf(credential),
      organisationId: person.organisationId,
      name: `${credential}@muster.localhost`,
      permissions: person.permissions ?? [...ROLE_PERMISSIONS[person.role]],
      csrfToken: '',
      mustChangePassword: false,
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
      cacheSeconds: 60,
    };
  }

  @HandlesRequest(listRevocations)
  async listRevocations() {
    return { revocations: [], sequence: 0 };
  }
}

/** Where devices are at home, and what consoles would be told. */
@Injectable()
export class WebDouble {
  readonly homes = new Map<string, string>();
  readonly told: LiveFanOut[] = [];

  @HandlesRequest(locateDevices)
  async locate({ deviceIds }: LocateDevices): Promise<DeviceHomes> {
    const homes = deviceIds.flatMap((deviceId) => {
      const organisationId = this.homes.get(deviceId);
      return organisationId ? [{ deviceId, organisationId }] : [];
    });
    return { homes };
  }

  @ListensTo(liveFannedOut)
  fannedOut(fanOut: LiveFanOut): void {
    this.told.push(fanOut);
  }
}

/** The same id for the same text. */
function idOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

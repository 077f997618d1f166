import { type DynamicModule, Global, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Bus, BUS_OPTIONS, BusModule, HandlesRequest } from '@muster/bus';
import {
  AppError,
  identityRevoked,
  type ListRevocations,
  listRevocations,
  type Revocation,
  revocationHeartbeat,
  type VerifiedCredential,
  type VerifyCredential,
  verifyCredential,
} from '@muster/contracts';
import { eventually, type NatsCredentials } from '@muster/testing';
import { HOME } from './notes.module';

/** A key manager with a few people, on the real bus. */
@Injectable()
export class Credentials {
  readonly known = new Map<string, VerifiedCredential>();
  readonly revocations: Revocation[] = [];
  asked = 0;

  @HandlesRequest(verifyCredential)
  async verify({ credential }: VerifyCredential): Promise<VerifiedCredential> {
    this.asked += 1;
    const known = this.known.get(credential);
    if (!known) throw new AppError('not-signed-in', 'This session is over.');
    return known;
  }

  @HandlesRequest(listRevocations)
  async list({ after }: ListRevocations): Promise<{ revocations: Revocation[]; sequence: number }> {
    return { revocations: this.revocations.filter((one) => one.sequence > after), sequence: this.revocations.length };
  }
}

export class KeyManagerFixture {
  private constructor(
    private readonly app: { close(): Promise<void> },
    readonly bus: Bus,
    readonly credentials: Credentials,
  ) {}

  static async start(nats: NatsCredentials): Promise<KeyManagerFixture> {
    const app = await NestFactory.createApplicationContext(moduleFor(nats), { logger: false });
    const bus = app.get(Bus);
    await eventually(() => bus.connected);
    return new KeyManagerFixture(app, bus, app.get(Credentials));
  }

  /** A credential that is good for a person (or a tool), with these permissions. */
  admit(credential: string, values: Partial<VerifiedCredential>): VerifiedCredential {
    const verified: VerifiedCredential = {
      credentialId: HOME,
      userId: HOME,
      organisationId: HOME,
      name: 'ada@example.test',
      permissions: [],
      csrfToken: 'csrf-token',
      mustChangePassword: false,
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
      cacheSeconds: 60,
      ...values,
    };
    this.credentials.known.set(credential, verified);
    return verified;
  }

  beat(): Promise<void> {
    return this.bus.publish(revocationHeartbeat, { sequence: this.credentials.revocations.length });
  }

  /** Adds to the list, and tells everybody unless it is to get lost. */
  async revoke(kind: Revocation['kind'], id: string, options: { lost?: boolean } = {}): Promise<void> {
    const revocation: Revocation = {
      sequence: this.credentials.revocations.length + 1,
      kind,
      id,
      organisationId: HOME,
      at: new Date().toISOString(),
    };
    this.credentials.revocations.push(revocation);
    if (!options.lost) await this.bus.publish(identityRevoked, revocation);
  }

  stop(): Promise<void> {
    return this.app.close();
  }
}

function moduleFor(nats: NatsCredentials): DynamicModule {
  @Global()
  @Module({
    providers: [{ provide: BUS_OPTIONS, useValue: { ...nats, service: 'key-manager' } }],
    exports: [BUS_OPTIONS],
  })
  class Options {}
  @Module({ providers: [Credentials] })
  class Root {}
  return { module: Root, imports: [Options, BusModule.forService({ service: 'key-manager' })] };
}

import { Injectable } from '@nestjs/common';
import { type Bus, HandlesRequest } from '@muster/bus';
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
import { type ServiceDouble, startDouble, type TestNats } from '@muster/testing';
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
  readonly bus: Bus;
  readonly credentials: Credentials;

  private constructor(private readonly double: ServiceDouble) {
    this.bus = double.bus;
    this.credentials = double.get(Credentials);
  }

  static async start(nats: TestNats): Promise<KeyManagerFixture> {
    return new KeyManagerFixture(await startDouble('key-manager', nats, [Credentials]));
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
    return this.double.stop();
  }
}

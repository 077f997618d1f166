import { Injectable } from '@nestjs/common';
import { HandlesRequest } from '@muster/bus';
import {
  AppError,
  type Anchors,
  type DescribeRegistrationKey,
  describeRegistrationKey,
  type ErrorCode,
  listAnchors,
  type RegistrationKeyDescription,
  type Signed,
  type SignPackage,
  signPackage,
} from '@muster/contracts';
import { startDouble, type TestNats } from '@muster/testing';

/** What the key manager answers about keys and anchors, on the real bus. */
@Injectable()
export class Keys {
  anchors: string[] = [];
  /** What devices accept as servers besides. */
  servers: { serverAnchors?: string[]; publicServers?: boolean } = {};
  /** By key: the refusal, or none for a good one. */
  readonly known = new Map<string, ErrorCode | undefined>();

  @HandlesRequest(describeRegistrationKey)
  async describe({ key }: DescribeRegistrationKey): Promise<RegistrationKeyDescription> {
    const refusal = this.known.has(key) ? this.known.get(key) : 'key-unknown';
    if (refusal) throw new AppError(refusal, `The registration key is refused: ${refusal}.`);
    return { organisationId: '01900000-0000-7000-8000-000000000001', name: 'Test key' };
  }

  /** Says what it was asked to sign in the place of the signature. */
  @HandlesRequest(signPackage)
  async sign({ key, digest }: SignPackage): Promise<Signed> {
    await this.describe({ key, address: '' });
    return { payload: digest, signature: Buffer.from(`signed ${digest}`).toString('base64'), delegation: ['PEM\n'] };
  }

  @HandlesRequest(listAnchors)
  async list(): Promise<Anchors> {
    return { anchors: this.anchors, ...this.servers };
  }
}

export async function startKeys(nats: TestNats): Promise<{ keys: Keys; stop(): Promise<void> }> {
  const double = await startDouble('key-manager', nats, [Keys]);
  return { keys: double.get(Keys), stop: () => double.stop() };
}

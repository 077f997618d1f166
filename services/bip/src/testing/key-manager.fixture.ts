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
} from '@muster/contracts';
import { startDouble, type TestNats } from '@muster/testing';

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

export async function startKeys(nats: TestNats): Promise<{ keys: Keys; stop(): Promise<void> }> {
  const double = await startDouble('key-manager', nats, [Keys]);
  return { keys: double.get(Keys), stop: () => double.stop() };
}

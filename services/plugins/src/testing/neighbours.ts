import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ConsumesEvent, HandlesRequest } from '@muster/bus';
import {
  AppError,
  type InventoryFacts,
  inventoryFactsChanged,
  listRevocations,
  type Permission,
  type VerifiedCredential,
  verifyCredential,
  type VerifyCredential,
} from '@muster/contracts';
import { DirectoryDouble, idOf } from '@muster/testing';

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
export class Web extends DirectoryDouble {
  readonly facts: InventoryFacts[] = [];

  @ConsumesEvent(inventoryFactsChanged, { batch: 100 })
  async changed(events: InventoryFacts[]): Promise<void> {
    this.facts.push(...events);
  }
}

/** The same id for the same text; a new one without. */
export const uuidOf = (text: string = randomUUID()): string => idOf(text);

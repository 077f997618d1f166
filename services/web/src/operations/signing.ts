import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Bus } from '@muster/bus';
import { AppError, type PayloadToSign, type Principal, signOperations } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import { SigningDelegationRow } from './operation.entity';

/** Bounds of one request to the key manager: its contract's, and what fits into one bus message. */
const MOST_PAYLOADS = 500;
const MOST_BYTES = 700_000;

export interface SignedText {
  signature: string;
  delegationDigest: string;
}

/**
 * Has texts signed by the key manager, which checks for itself that this person may do this to these devices; so the
 * caller's own credential travels along. All texts or none: a refusal fails the surrounding transaction.
 */
@Injectable()
export class Signing {
  constructor(private readonly bus: Bus) {}

  /** @returns one signature per payload, in their order; the delegations are stored in the given transaction */
  async sign(
    manager: EntityManager,
    principal: Principal,
    permission: 'operations.run' | 'operations.cancel',
    payloads: readonly PayloadToSign[],
  ): Promise<SignedText[]> {
    const { credential } = principal;
    if (!credential) throw new AppError('not-signed-in', 'Sign in again: this needs your own credential.');
    const signed: SignedText[] = [];
    for (const part of inRequests(payloads)) {
      const reply = await this.bus.request(signOperations, { credential, permission, payloads: part });
      if (reply.signatures.length !== part.length) {
        throw new AppError('internal', `The key manager gave ${reply.signatures.length} of ${part.length} signatures.`);
      }
      const delegationDigest = await storeDelegation(manager, reply.delegation);
      signed.push(...reply.signatures.map((signature) => ({ signature, delegationDigest })));
    }
    return signed;
  }
}

async function storeDelegation(manager: EntityManager, chain: string[]): Promise<string> {
  const digest = createHash('sha256').update(chain.join('\n')).digest('hex');
  await manager.createQueryBuilder().insert().into(SigningDelegationRow).values({ digest, chain }).orIgnore().execute();
  return digest;
}

function* inRequests(payloads: readonly PayloadToSign[]): Generator<PayloadToSign[]> {
  let part: PayloadToSign[] = [];
  let size = 0;
  for (const payload of payloads) {
    // As it will be inside the request: JSON text within JSON text.
    const bytes = Buffer.byteLength(JSON.stringify(payload));
    if (part.length > 0 && (part.length === MOST_PAYLOADS || size + bytes > MOST_BYTES)) {
      yield part;
      part = [];
      size = 0;
    }
    part.push(payload);
    size += bytes;
  }
  if (part.length > 0) yield part;
}

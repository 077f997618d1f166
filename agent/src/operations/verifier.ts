import type { X509Certificate } from 'node:crypto';
import {
  ById,
  CancelPayload,
  type Class,
  InvalidInput,
  OperationPayload,
  parse,
  type RefusalReason,
  type Signed,
} from '@muster/contracts';
import { signatureFault } from '../trust/signed';

/** Highest number seen. A restored server grows its epoch, because its sequences may then repeat. */
export interface Mark {
  epoch: number;
  sequence: number;
}

export interface VerifyContext {
  deviceId: string;
  organisationId: string;
  anchors: readonly X509Certificate[];
  /** The server's time, milliseconds since 1970. */
  now: number;
  mark: Mark;
  languages: readonly string[];
}

export type Verdict =
  | { accepted: true; operation: OperationPayload }
  /** `mark` is set when the payload is genuine and for this device: its number counts as seen all the same. */
  | { accepted: false; refusal: RefusalReason; why: string; operationId?: string; mark?: Mark };

const FIELDS_OF_NEWER_SERVERS = new Set(['kind', 'language']);

/** Decides whether a delivered operation may run here. Nothing in it is believed before the signature is. */
export function verifyOperation(signed: Signed, context: VerifyContext): Verdict {
  const claimed = claimedId(signed.payload);
  const refuse = (refusal: RefusalReason, why: string, mark?: Mark): Verdict => ({
    accepted: false,
    refusal,
    why,
    operationId: claimed,
    mark,
  });
  const fault = signatureFault(signed, 'operation', context.anchors, context.now);
  if (fault === 'not-delegated') return refuse(fault, 'no pinned root delegated this signer to sign operations');
  if (fault) return refuse(fault, 'the signature does not fit the payload');

  const read = readPayload(OperationPayload, signed.payload);
  if ('faults' in read) {
    const unsupported = read.faults.length > 0 && read.faults.every((name) => FIELDS_OF_NEWER_SERVERS.has(name));
    return refuse(unsupported ? 'unsupported' : 'malformed', read.why);
  }
  const operation = read.value;
  if (operation.deviceId !== context.deviceId || operation.organisationId !== context.organisationId)
    return refuse('wrong-device', 'it is for another device');
  if (!isAfter(operation, context.mark))
    return refuse('replayed', `number ${operation.epoch}/${operation.sequence} was passed already`);
  const mark = { epoch: operation.epoch, sequence: operation.sequence };
  if (Date.parse(operation.expiresAt) <= context.now)
    return refuse('expired', `it expired ${operation.expiresAt}`, mark);
  if (!context.languages.includes(operation.language))
    return refuse('unsupported', `this device has no ${operation.language}`, mark);
  return { accepted: true, operation };
}

/** The id of a genuine cancel for this device, else why it is not one. */
export function verifyCancel(
  signed: Signed,
  context: Omit<VerifyContext, 'mark' | 'languages'>,
): { operationId: string } | { why: string } {
  const fault = signatureFault(signed, 'operation', context.anchors, context.now);
  if (fault) return { why: fault };
  const read = readPayload(CancelPayload, signed.payload);
  if ('faults' in read) return { why: read.why };
  const { deviceId, organisationId, operationId } = read.value;
  if (deviceId !== context.deviceId || organisationId !== context.organisationId) return { why: 'wrong-device' };
  return { operationId };
}

export const isAfter = (candidate: Mark, mark: Mark): boolean =>
  candidate.epoch > mark.epoch || (candidate.epoch === mark.epoch && candidate.sequence > mark.sequence);

function readPayload<T extends object>(
  type: Class<T>,
  payload: string,
): { value: T } | { faults: string[]; why: string } {
  try {
    return { value: parse(type, JSON.parse(payload), { unknown: 'drop' }) };
  } catch (error) {
    if (error instanceof InvalidInput) return { faults: error.faults.map(({ field }) => field), why: error.message };
    if (error instanceof SyntaxError) return { faults: [], why: 'the payload is not JSON' };
    throw error;
  }
}

/** The id that an unverified payload claims: good for reporting a refusal, for nothing else. */
function claimedId(payload: string): string | undefined {
  try {
    const value = JSON.parse(payload) as { operationId?: unknown } | null;
    return parse(ById, { id: value?.operationId }, { unknown: 'drop' }).id;
  } catch {
    return undefined;
  }
}

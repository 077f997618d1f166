import type { IncomingMessage } from 'node:http';
import { AppError } from '@muster/contracts';
import { toAppError } from '@muster/service-kit';
import type { Client } from '../clients/client';
import type { Identification } from '../clients/identification';
import { type Idempotency, idempotencyKey } from '../idempotency';
import type { Answer } from './push-server';
import { jsonOf, readBody } from './read-body';
import type { ErrorStyle, PushReply } from './reply';

/** What a caller who may do so asks for with a POST. */
export interface Call {
  path: string;
  errors: ErrorStyle;
  /** `seed`: what the ids of its stanzas begin with, where the request may come again. */
  handle: (client: Client, body: unknown, seed?: string) => Promise<PushReply>;
}

export interface CallParts {
  calls: readonly Call[];
  /** Documents for everybody, by path. */
  documents: Readonly<Record<string, PushReply>>;
  identification: Identification;
  idempotency: Idempotency;
  /** Errors of addresses under which there is nothing, by the beginning of the path. */
  strange: (path: string) => ErrorStyle;
  /** Is told of each request when it is answered. */
  answered: (path: string, status: number, seconds: number) => void;
  /** Is told of what is nobody's expectation. */
  failed: (error: AppError, correlationId: string) => void;
}

/** From a request to its answer: address, identity, allowance, body, idempotency, work. In this order. */
export function answering(parts: CallParts): Answer {
  const calls = new Map(parts.calls.map((call) => [call.path, call]));
  return async (request, correlationId) => {
    const startedAt = performance.now();
    const [path = ''] = (request.url ?? '').split('?', 1);
    const call = calls.get(path);
    const reply = await answer(parts, request, path, call).catch((thrown: unknown) => {
      const error = toAppError(thrown);
      if (error.status >= 500) parts.failed(error, correlationId);
      return (call?.errors ?? parts.strange(path))(error, correlationId);
    });
    parts.answered(
      call || path in parts.documents ? path : '(none)',
      reply.status,
      (performance.now() - startedAt) / 1000,
    );
    return reply;
  };
}

async function answer(parts: CallParts, request: IncomingMessage, path: string, call?: Call): Promise<PushReply> {
  if (!call) return documentAt(parts, request, path);
  if (request.method !== 'POST') throw new AppError('method-not-allowed', 'This address takes POST.');
  const client = parts.identification.clientOf(request);
  client.takeRequest();
  const header = request.headers['idempotency-key'];
  const key = typeof header === 'string' ? idempotencyKey(header) : undefined;
  requirePlain(request);
  const body = await readBody(request, client.limits.bodyBytes);
  const work = (seed?: string): Promise<PushReply> => call.handle(client, jsonOf(body), seed);
  return key === undefined ? work() : parts.idempotency.once(client.name, key, [path, body], work);
}

function documentAt({ documents }: CallParts, { method }: IncomingMessage, path: string): PushReply {
  const document = Object.hasOwn(documents, path) ? documents[path] : undefined;
  if (!document) throw new AppError('not-found', 'There is nothing at this address.');
  if (method !== 'GET' && method !== 'HEAD') throw new AppError('method-not-allowed', 'This address takes GET.');
  return document;
}

function requirePlain({ headers }: IncomingMessage): void {
  if ((headers['content-encoding'] ?? 'identity') !== 'identity')
    throw new AppError('unsupported-type', 'Send the body plain, not compressed.');
}

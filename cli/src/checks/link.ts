import { isIP } from 'node:net';
import { connect } from 'node:tls';
import type { Stack } from '../stack/stack';
import { type Check, defineMessages, fault, warning } from './finding';

const messages = defineMessages(
  'link',
  'NATS answers on each server, stores, and the leaf node is linked to its hub.',
  {
    'nats-unreachable': fault(
      'NATS ({part}) does not answer: {reason}.',
      'See "muster logs {part}"; without it nothing moves between services.',
    ),
    'nats-unhealthy': fault(
      'NATS ({part}) is not healthy: {reason}.',
      'A full disk switches its store off: free some space, then restart it.',
    ),
    'leaf-link-down': fault(
      'The XMPP server is not linked to the ITSM server: {part} has no leaf node connection.',
      'Check that wss://{hub}/leafnode is reachable from the XMPP server, that both have the same secrets/nats-leaf, and that hub.pem there is the root of this certificate.',
    ),
    'hub-untrusted': fault(
      'This server does not trust the ITSM server at {address}: {reason}. So it cannot be linked.',
      'Join it again with a new token of "muster setup itsm", which carries the right root (hub.pem).',
    ),
    'store-filling': warning(
      'The store of NATS ({part}) is {used} % full.',
      'Consumers are behind, or NATS_STORE_BYTES is too small: see the other findings, then raise it in .env.',
    ),
  },
);

const WARN_SHARE = 0.8;

/** NATS servers of this machine, by the names of their parts. */
export const natsCheck = (stack: Stack, parts: readonly string[]): Check => ({
  name: 'link',
  run: () =>
    Promise.all(
      parts.map(async (part) => {
        try {
          const health = await stack.fetch(part, '/healthz');
          if (health.status !== 200) return messages.say('nats-unhealthy', { part, reason: reasonIn(health.body) });
          const { config, storage } = await read<JetStream>(stack, part, '/jsz');
          const limit = config?.max_storage ?? 0;
          const used = limit > 0 ? storage / limit : 0;
          if (used >= WARN_SHARE) return messages.say('store-filling', { part, used: Math.round(used * 100) });
          return messages.ok(`NATS (${part}) answers; its store is ${Math.round(used * 100)} % full.`);
        } catch (error) {
          return messages.say('nats-unreachable', { part, reason: (error as Error).message.replace(/\.$/, '') });
        }
      }),
    ),
});

export const leafLinkCheck = (stack: Stack, part: string, hub: string): Check => ({
  name: 'link',
  run: async () => {
    const found = await read<{ leafnodes: number }>(stack, part, '/leafz').catch(() => undefined);
    if (!found) return []; // the check above says that it does not answer
    if (found.leafnodes === 0) return [messages.say('leaf-link-down', { part, hub })];
    return [messages.ok(`${part} is linked with ${found.leafnodes} other NATS.`)];
  },
});

export interface HubPlace {
  host: string;
  port: number;
  name: string;
  /** PEM of what its certificate may lead to; none: the public roots. */
  roots: readonly string[];
}

/** Whether the link's own way leads to a server that this one trusts, under the name that the link asks for. */
export const hubTrustCheck = ({ host, port, name, roots }: HubPlace): Check => ({
  name: 'link',
  run: () =>
    new Promise((resolve) => {
      const address = `${host}:${port}`;
      const socket = connect({
        ...{ host, port, rejectUnauthorized: false },
        ...(isIP(name) ? {} : { servername: name }),
        ...(roots.length > 0 ? { ca: [...roots] } : {}),
      });
      socket.setTimeout(5_000, () => socket.destroy());
      socket.once('error', () => undefined);
      socket.once('close', () => resolve([])); // another check says that it does not answer
      socket.once('secureConnect', () => {
        const reason = socket.authorizationError ? String(socket.authorizationError) : undefined;
        resolve([
          reason
            ? messages.say('hub-untrusted', { address, reason })
            : messages.ok(`The ITSM server at ${address} is trusted.`),
        ]);
        socket.destroy();
      });
    }),
});

interface JetStream {
  storage: number;
  config?: { max_storage?: number };
}

/** @throws Error when it does not answer with JSON */
export async function read<T>(stack: Stack, part: string, path: string): Promise<T> {
  const { body } = await stack.fetch(part, path);
  return JSON.parse(body) as T;
}

function reasonIn(body: string): string {
  try {
    const { status, error } = JSON.parse(body) as { status?: string; error?: string };
    return error ?? status ?? body;
  } catch {
    return body.trim().slice(0, 200);
  }
}

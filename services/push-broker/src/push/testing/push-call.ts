import { request } from 'node:https';
import { TEST_DOMAIN } from '../../testing/test-broker';

export interface PushCall {
  port: number;
  /** PEM of the authority of the broker's certificate. */
  ca: string;
  key: string;
  body: object;
  headers?: Record<string, string>;
}

export interface PushCallAnswer {
  status: number;
  body: unknown;
  replayed: boolean;
}

/** `POST /push` on a connection of its own. @throws Error when the connection breaks */
export function callPush({ port, ca, key, body, headers }: PushCall): Promise<PushCallAnswer> {
  return new Promise((resolve, reject) => {
    const where = { host: '127.0.0.1', port, servername: TEST_DOMAIN, path: '/push', method: 'POST', agent: false };
    const outgoing = request({ ...where, headers: { authorization: `Bearer ${key}`, ...headers }, ca }, (incoming) => {
      let text = '';
      incoming.on('data', (bytes: Buffer) => (text += bytes.toString()));
      incoming.on('error', reject);
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          body: JSON.parse(text),
          replayed: incoming.headers['idempotency-replayed'] === 'true',
        }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(JSON.stringify(body));
  });
}

import { request } from 'node:https';
import { type Check, defineMessages, fault } from './finding';
import { reasonOf } from './xmpp';

const messages = defineMessages('push', 'The push service answers, and takes the key that is given.', {
  'push-unreachable': fault(
    'The push service cannot be reached at {address}: {reason}.',
    'Set PUSH_KEYS_FILE if integrators are to use it; then open port {port} to them, and see that "push-broker" runs.',
  ),
  'push-refused': fault(
    'The push service at {address} refuses the key: {status}.',
    'Compare the key with PUSH_KEYS_FILE: it holds the SHA-256 of each key in hex.',
  ),
  'push-failing': fault('The push service at {address} fails: {status}.', 'See "muster logs push-broker".'),
});

export interface PushPlace {
  host: string;
  port: number;
  /** A key to try. Without one it is only seen that the service asks for one. */
  key?: string;
}

/** Sends what is no message, so that nothing reaches a device: a good key is told so (400), a wrong one is not let in. */
export const pushCheck = ({ host, port, key }: PushPlace): Check => ({
  name: 'push',
  run: async () => {
    const address = `${host}:${port}`;
    try {
      const status = await post(host, port, key);
      if (status >= 500) return [messages.say('push-failing', { address, status })];
      const refused = status === 401 || status === 403;
      if (key !== undefined && refused) return [messages.say('push-refused', { address, status })];
      return [messages.ok(`The push service at ${address} answers${key === undefined ? '' : ' and takes the key'}.`)];
    } catch (error) {
      return [messages.say('push-unreachable', { address, port, reason: reasonOf(error) })];
    }
  },
});

function post(host: string, port: number, key: string | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        ...{ host, port, path: '/push', method: 'POST', agent: false, rejectUnauthorized: false },
        timeout: 5_000, // here, since `setTimeout` of a request begins only once it is connected
        headers: {
          'content-type': 'application/json',
          ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        },
      },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    call.once('timeout', () => call.destroy(new Error('no answer within 5 seconds')));
    call.once('error', reject);
    call.end('{}');
  });
}

import { request } from 'node:https';
import { isIP } from 'node:net';
import { type Check, defineMessages, fault } from './finding';
import { reasonOf } from './xmpp';

const messages = defineMessages('edge', 'The console answers through the edge, by its name.', {
  'edge-unreachable': fault(
    'The console does not answer at {address}: {reason}.',
    'See that "web" runs ("muster logs web"), and which address and port EDGE_PUBLISH names.',
  ),
  'edge-wrong': fault(
    'At {address} something else than the console answers {name}: status {status}.',
    'Another program has the port, or the ITSM_DOMAIN in the .env file is another one than the edge was started with.',
  ),
});

export interface EdgePlace {
  host: string;
  port: number;
  name: string;
}

/** Asks for the console's page as a browser does. Whether its certificate is right is asked by other checks. */
export const edgeCheck = ({ host, port, name }: EdgePlace): Check => ({
  name: 'edge',
  run: async () => {
    const address = `${host}:${port}`;
    try {
      const status = await statusOf({ host, port, name });
      if (status !== 200) return [messages.say('edge-wrong', { address, name, status })];
      return [messages.ok(`The console answers at ${address}.`)];
    } catch (error) {
      return [messages.say('edge-unreachable', { address, reason: reasonOf(error) })];
    }
  },
});

function statusOf({ host, port, name }: EdgePlace): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        ...{ host, port, path: '/', agent: false, rejectUnauthorized: false, headers: { host: name } },
        ...(isIP(name) ? {} : { servername: name }),
      },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    call.setTimeout(5_000, () => call.destroy(new Error('no answer within 5 seconds')));
    call.once('error', reject);
    call.end();
  });
}

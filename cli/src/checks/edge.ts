import { request } from 'node:https';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type Check, defineMessages, fault } from './finding';
import { reasonOf } from './xmpp';

const messages = defineMessages('edge', 'The console answers through the edge, by its name.', {
  'edge-unreachable': fault(
    'The console does not answer at {address}: {reason}.',
    'On the ITSM server see that "web" runs ("muster logs web"), and which address and port EDGE_PUBLISH names. If it answers there and not on the XMPP server, open port {port} (TCP) of the ITSM server to that one in every firewall between.',
  ),
  'edge-untrusted': fault(
    'Devices do not trust the ITSM server at {address}: {reason}.',
    'They trust the own CA, and other CAs that this installation names: give the server a certificate of the own one with "muster cert replace server --self", or name its CA with "muster cert trust add FILE" on the ITSM server.',
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
  /** PEM of the roots that devices trust; without it, whether they would is not asked. */
  roots?: readonly string[];
}

/** Asks for the console's page as a browser does, and looks at the certificate as a device does. */
export const edgeCheck = (place: EdgePlace): Check => ({
  name: 'edge',
  run: async () => {
    const { host, port, name } = place;
    const address = `${host}:${port}`;
    try {
      const { status, distrust } = await answerOf(place);
      if (distrust) return [messages.say('edge-untrusted', { address, reason: distrust })];
      if (status !== 200) return [messages.say('edge-wrong', { address, name, status })];
      return [messages.ok(`The console answers at ${address}.`)];
    } catch (error) {
      return [messages.say('edge-unreachable', { address, port, reason: reasonOf(error) })];
    }
  },
});

/** In the options: `setTimeout` of a request begins only once it is connected, which across a cut takes two minutes to fail. */
const TIMEOUT_MS = 5_000;

interface Answer {
  status: number;
  /** Why its certificate is not believed. */
  distrust?: string;
}

function answerOf({ host, port, name, roots = [] }: EdgePlace): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        ...{ host, port, path: '/', agent: false, rejectUnauthorized: false, headers: { host: name } },
        timeout: TIMEOUT_MS,
        ...(isIP(name) ? {} : { servername: name }),
        ...(roots.length > 0 ? { ca: [...roots] } : {}),
      },
      (response) => {
        response.resume();
        const { authorizationError } = response.socket as TLSSocket;
        const distrust = roots.length > 0 && authorizationError ? { distrust: String(authorizationError) } : {};
        resolve({ status: response.statusCode ?? 0, ...distrust });
      },
    );
    call.once('timeout', () => call.destroy(new Error('no answer within 5 seconds')));
    call.once('error', reject);
    call.end();
  });
}

import { turnCredentials } from '@muster/contracts';
import { type Check, defineMessages, fault, type Finding, warning } from './finding';
import { addressIn, errorIn, longTermKey, readStun, STUN, StunClient, stunRequest } from './stun';

const messages = defineMessages(
  'turn',
  'Each TURN server answers, and relays for the credentials that are handed out.',
  {
    'turn-unreachable': fault(
      'The TURN server at {address} does not answer.',
      'Open port {port} (UDP) to it in every firewall between, and see that "coturn" runs (COMPOSE_PROFILES=turn).',
    ),
    'turn-out-of-sight': warning(
      'The TURN server at {address} does not answer this server. Devices may reach it all the same.',
      'Nothing, where a firewall lets only devices and browsers to it, as it may. Where it is part of the XMPP server, "muster doctor" there asks it; see port {port} (UDP) from where a browser is.',
    ),
    'turn-not-stun': fault(
      'At {address} something answers that is no TURN server.',
      'See which program has port {port}.',
    ),
    'turn-refuses-credentials': fault(
      'The TURN server at {address} refuses the credentials that are made with {file} of this server ({status}).',
      'Give the XMPP server and every TURN server the same secrets/turn, and start the one anew that has changed: "muster compose up -d --force-recreate coturn". Credentials hold for an hour: the clocks must agree too.',
    ),
    'turn-without-relay': fault(
      'The TURN server at {address} takes the credentials and relays nothing ({status}).',
      'See "muster logs coturn": 486 and 508 are its quotas and relay ports, 403 and 437 its configuration.',
    ),
  },
);

export interface TurnPlace {
  host: string;
  port: number;
}

/** The UDP servers of a list of `turn:` URIs (RFC 7065), each once. */
export function turnPlaces(uris: string): TurnPlace[] {
  const found = uris.split(',').flatMap((uri) => {
    const match = /^\s*(?:turn|stun):(\[[^\]]+\]|[^:?]+)(?::(\d+))?(?:\?transport=(\w+))?\s*$/.exec(uri);
    if (!match || (match[3] ?? 'udp') !== 'udp') return [];
    return [{ host: (match[1] ?? '').replace(/^\[|\]$/g, ''), port: Number(match[2] ?? 3478) }];
  });
  return found.filter(
    (one, index) => found.findIndex(({ host, port }) => host === one.host && port === one.port) === index,
  );
}

/** The secret that credentials are made with, and the file that it is from. */
export interface TurnSecret {
  secret: string;
  file: string;
}

export interface TurnOptions {
  tries?: number;
  everyMs?: number;
  /** A firewall need not let this server to it: silence is no fault then. */
  elsewhere?: boolean;
  /** To have something relayed as a client does. Without it only an answer is waited for. */
  access?: TurnSecret;
}

export const turnCheck = (
  { host, port }: TurnPlace,
  { tries = 4, everyMs = 500, elsewhere = false, access }: TurnOptions = {},
): Check => ({
  name: 'turn',
  run: async () => {
    const address = `${host}:${port}`;
    const client = new StunClient(host, port, { tries, everyMs });
    try {
      const request = stunRequest(STUN.binding);
      const bytes = await client.ask(request, { any: true });
      if (!bytes) return [messages.say(elsewhere ? 'turn-out-of-sight' : 'turn-unreachable', { address, port })];
      const reply = readStun(bytes);
      const fits = reply?.type === STUN.binding + STUN.success && reply.transaction.equals(request.subarray(8, 20));
      if (!fits) return [messages.say('turn-not-stun', { address, port })];
      return [access ? await relayed(client, address, access) : messages.ok(`The TURN server at ${address} answers.`)];
    } finally {
      client.close();
    }
  },
});

/** UDP, as the protocol number of REQUESTED-TRANSPORT (RFC 8656, section 18.8). */
const UDP = Buffer.from([17, 0, 0, 0]);
const TTL_SECONDS = 60;

/** Allocates a relayed address and gives it back: first without credentials, which the server answers with what it wants. */
async function relayed(client: StunClient, address: string, { secret, file }: TurnSecret): Promise<Finding> {
  const silent = { address, status: 'no answer' };
  const wanted = await answer(client, stunRequest(STUN.allocate, [[STUN.requestedTransport, UDP]]));
  if (!wanted) return messages.say('turn-without-relay', silent);
  const [realm, nonce] = [STUN.realm, STUN.nonce].map((type) => wanted.attributes.get(type)?.toString() ?? '');
  const { username, password } = turnCredentials(secret, 'muster-doctor', TTL_SECONDS);
  const key = longTermKey(username, realm ?? '', password);
  const who = [
    [STUN.username, username],
    [STUN.realm, realm ?? ''],
    [STUN.nonce, nonce ?? ''],
  ] as const;
  const given = await answer(client, stunRequest(STUN.allocate, [[STUN.requestedTransport, UDP], ...who], key));
  if (!given) return messages.say('turn-without-relay', silent);
  const status = errorIn(given);
  if (status === 401 || status === 441) return messages.say('turn-refuses-credentials', { address, file, status });
  const from = addressIn(given, STUN.relayedAddress);
  if (status !== 0 || from === undefined) return messages.say('turn-without-relay', { address, status });
  await answer(client, stunRequest(STUN.refresh, [[STUN.lifetime, Buffer.alloc(4)], ...who], key));
  return messages.ok(`The TURN server at ${address} answers, and relays from ${from}.`);
}

async function answer(client: StunClient, request: Buffer): Promise<ReturnType<typeof readStun>> {
  const bytes = await client.ask(request);
  return bytes && readStun(bytes);
}

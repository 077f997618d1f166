import { AppError, PUSH_OUTCOMES, SendMessage, SendStanza } from '@muster/contracts';
import { Jid } from '../../core/jid';
import { CLIENT_NS } from '../../core/namespaces';
import { type Child, type Element, element } from '../../core/xml/element';
import type { Client, PushScope } from '../clients/client';
import type { Call } from '../http/calls';
import type { PushReply } from '../http/reply';
import type { AddressedStanza, Pusher } from '../messages/pusher';
import { NoStanza, type StanzaReader } from '../messages/stanza-text';
import { argumentsOf } from './arguments';
import { ejabberdErrors, refuse } from './ejabberd-errors';

/** Kinds of message that go out as they are; of any other ejabberd makes a normal one. */
const TYPES: ReadonlySet<string> = new Set(['chat', 'headline', 'groupchat', 'error']);

/**
 * The two calls of ejabberd's HTTP API (mod_http_api, mod_admin_extra) by which other programs send. The answer is `0` also
 * for an addressee who is not there, as ejabberd has it; the header `muster-outcome` says what became of it.
 */
export const ejabberdCalls = (pusher: Pusher, reader: StanzaReader): Call[] => [
  {
    path: '/api/send_message',
    errors: ejabberdErrors,
    handle: (client, body, seed) => {
      const { type, from, to, subject, body: said } = argumentsOf(SendMessage, body);
      const [sender, addressee] = [inMessage('from', from), inMessage('to', to)];
      const children: Child[] = [];
      if (subject !== '') children.push(element('subject', CLIENT_NS, {}, subject));
      if (said !== '') children.push(element('body', CLIENT_NS, {}, said));
      const stanza = element('message', CLIENT_NS, { type: TYPES.has(type) ? type : undefined }, ...children);
      return sent(pusher, client, 'message', { from: sender, to: addressee, stanza, seed });
    },
  },
  {
    path: '/api/send_stanza',
    errors: ejabberdErrors,
    handle: (client, body, seed) => {
      const { from, to, stanza } = argumentsOf(SendStanza, body);
      const [sender, addressee] = [Jid.parse(from), Jid.parse(to)];
      if (!sender || !addressee) return refuse('JID malformed');
      return sent(pusher, client, 'stanza', { from: sender, to: addressee, stanza: stanzaIn(stanza, reader), seed });
    },
  },
];

async function sent(pusher: Pusher, client: Client, scope: PushScope, asked: AddressedStanza): Promise<PushReply> {
  client.requireScope(scope);
  const answer = await pusher.pushStanza(client, asked);
  if (answer.results.some(({ reason }) => reason === 'not-allowed'))
    throw new AppError('permission-denied', 'This key does not reach this account.');
  const outcome = PUSH_OUTCOMES.find((each) => answer[each] > 0) ?? 'refused';
  return { status: 200, body: '0', headers: { 'muster-outcome': outcome } };
}

function inMessage(attribute: 'from' | 'to', address: string): Jid {
  return (
    Jid.parse(address) ??
    refuse(`Bad value of attribute '${attribute}' in tag <message/> qualified by namespace '${CLIENT_NS}'`)
  );
}

function stanzaIn(xml: string, reader: StanzaReader): Element {
  try {
    return reader.read(xml);
  } catch (error) {
    if (error instanceof NoStanza) return refuse(`The stanza ${error.message}`);
    throw error;
  }
}

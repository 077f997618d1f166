import { randomBytes } from 'node:crypto';
import { AppError, InvalidInput, type Push, type PushMessage } from '@muster/contracts';
import { Jid } from '../../core/jid';
import { CLIENT_NS } from '../../core/namespaces';
import { type Child, Element, element } from '../../core/xml/element';
import { withoutDelaysBy } from '../../features/delayed';
import type { Client } from '../clients/client';
import { NoStanza, type StanzaReader } from './stanza-text';

const JSON_NS = 'urn:xmpp:json:0';
const HINTS_NS = 'urn:xmpp:hints';

/** A stanza with its sender, without addressee. */
export interface Composed {
  id: string;
  from: Jid;
  stanza: Element;
  /** The addressee that the stanza itself named. */
  to?: string;
}

export interface ComposeOptions {
  domain: string;
  reader: StanzaReader;
}

const series = randomBytes(6).toString('base64url');
let counter = 0;
const nextId = (): string => `${series}-${(counter++).toString(36)}`;

/** An address that people may shorten to the account's name. */
export const addressOf = (text: string, domain: string): Jid | undefined =>
  Jid.parse(text.includes('@') || text === domain ? text : `${text}@${domain}`);

/**
 * Makes the stanza that a push asks for. `field` leads to the push in the request's body, for faults.
 * @throws InvalidInput; AppError where the key may not send this
 */
export function compose(push: Push, client: Client, options: ComposeOptions, field: string): Composed {
  const { message, stanza } = push;
  if (message && stanza === undefined) return fromMessage(push, message, client, options, field);
  if (stanza !== undefined && !message) return fromXml(push, stanza, client, options, field);
  throw fault(`${field}message`, 'is needed, or else stanza, and not both');
}

/** @throws AppError where the key may not send as `from`; what the stanza itself says about it does not count */
export function composeStanza(given: Element, from: Jid, client: Client, preset?: string): Composed {
  requireSender(from, client);
  const id = given.attribute('id') ?? preset ?? nextId();
  const attributes = new Map(given.attributes).set('id', id).set('from', from.toString());
  attributes.delete('to');
  const stanza = new Element(given.name, given.namespace, attributes, given.children);
  // Who may speak for the domain may also say what it did.
  return { id, from, stanza: from.local === '' ? stanza : withoutDelaysBy(stanza, from.domain) };
}

function fromMessage(
  push: Push,
  message: PushMessage,
  client: Client,
  options: ComposeOptions,
  field: string,
): Composed {
  client.requireScope('message');
  const { type, subject, body, payload } = message;
  if (subject === undefined && body === undefined && payload === undefined)
    throw fault(`${field}message`, 'needs a subject, a body or a payload');
  const children: Child[] = [];
  if (subject !== undefined) children.push(element('subject', CLIENT_NS, {}, subject));
  if (body !== undefined) children.push(element('body', CLIENT_NS, {}, body));
  if (payload) children.push(element('json', JSON_NS, {}, JSON.stringify(payload)));
  if (push.store === false) children.push(element('no-store', HINTS_NS));
  const kind = type === 'normal' ? undefined : type;
  const from = senderOf(push.from, client, options.domain, `${field}from`);
  return composeStanza(element('message', CLIENT_NS, { type: kind }, ...children), from, client, push.id);
}

function fromXml(push: Push, xml: string, client: Client, options: ComposeOptions, field: string): Composed {
  client.requireScope('stanza');
  if (push.store !== undefined) throw fault(`${field}store`, 'goes with message only; a stanza carries its own hints');
  const given = readStanza(xml, options.reader, `${field}stanza`);
  const named = given.attribute('from');
  if (named !== undefined && push.from !== undefined) throw fault(`${field}from`, 'stands in the stanza already');
  const place = named === undefined ? `${field}from` : `${field}stanza`;
  const from = senderOf(named ?? push.from, client, options.domain, place);
  const to = given.attribute('to');
  return { ...composeStanza(given, from, client, push.id), ...(to !== undefined && { to }) };
}

function readStanza(xml: string, reader: StanzaReader, field: string): Element {
  try {
    return reader.read(xml);
  } catch (error) {
    if (error instanceof NoStanza) throw fault(field, error.message);
    throw error;
  }
}

function senderOf(named: string | undefined, client: Client, domain: string, field: string): Jid {
  const sender = named === undefined ? client.usualSender : addressOf(named, domain);
  if (!sender) throw fault(field, 'has a sender that is not an address');
  return sender;
}

function requireSender(sender: Jid, client: Client): void {
  if (!client.maySendAs(sender)) throw new AppError('permission-denied', `This key may not send as ${sender.bare}.`);
}

const fault = (field: string, problem: string): InvalidInput => new InvalidInput([{ field, problem }]);

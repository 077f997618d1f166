import { TEST_DOMAIN } from '../test-broker';
import { pickFrom, type Random } from './random';

const NAMESPACES = [
  'jabber:client',
  'jabber:iq:roster',
  'jabber:iq:version',
  'http://jabber.org/protocol/disco#info',
  'http://jabber.org/protocol/disco#items',
  'http://jabber.org/protocol/caps',
  'urn:ietf:params:xml:ns:xmpp-bind',
  'urn:ietf:params:xml:ns:xmpp-sasl',
  'urn:ietf:params:xml:ns:xmpp-session',
  'urn:ietf:params:xml:ns:xmpp-tls',
  'urn:ietf:params:xml:ns:xmpp-stanzas',
  'urn:xmpp:ping',
  'urn:xmpp:sm:3',
  'urn:xmpp:csi:0',
  'urn:xmpp:time',
  'urn:xmpp:delay',
  'urn:xmpp:hints',
  'urn:xmpp:extdisco:2',
  'urn:muster:push:1',
  'urn:nobody',
  '',
];
const NAMES = [
  ...['message', 'presence', 'iq', 'query', 'ping', 'bind', 'resource', 'session', 'item', 'body', 'subject', 'show'],
  ...[
    'status',
    'priority',
    'error',
    'enable',
    'resume',
    'r',
    'a',
    'active',
    'inactive',
    'time',
    'services',
    'credentials',
  ],
  ...['service', 'auth', 'response', 'abort', 'starttls', 'delay', 'no-store', 'store', 'wake', 'c', 'x'],
];
const ATTRIBUTES = [
  'to',
  'from',
  'id',
  'type',
  'h',
  'previd',
  'resume',
  'max',
  'node',
  'ver',
  'jid',
  'name',
  'host',
  'port',
  'xml:lang',
];
const VALUES = [
  ...['get', 'set', 'result', 'error', 'chat', 'headline', 'groupchat', 'normal', 'unavailable', 'subscribe', 'probe'],
  ...['0', '1', '-1', '127', '128', '4294967295', '4294967296', 'NaN', '1e9', 'true', 'false', ''],
  ...[
    TEST_DOMAIN,
    `01900000-0000-7000-8000-000000000002@${TEST_DOMAIN}`,
    `x@${TEST_DOMAIN}/y`,
    '@',
    '/',
    'a@b',
    'elsewhere.test',
  ],
  ...['turn', 'stun', 'ü', '&amp;&lt;&#39;', '\u{1f600}', 'constructor', '__proto__', ' ', 'A'.repeat(1100)],
];
const TEXTS = ['', ' ', 'text', '5', '-1', '&lt;', '<![CDATA[<]]>', '\u{1f600}', '=', 'AGEAYg==', '\n', ']]&gt;'];

/** A well-formed first-level element that makes as much sense as it happens to. */
export function stanza(random: Random): string {
  const pick = pickFrom(random);
  const element = (name: string, depth: number): string => {
    const names = new Set(Array.from({ length: random(5) }, () => pick(ATTRIBUTES)));
    const attributes = [...names].map((attribute) => ` ${attribute}='${pick(VALUES)}'`).join('');
    const namespace = random(3) > 0 && depth > 0 ? ` xmlns='${pick(NAMESPACES)}'` : '';
    const children = Array.from({ length: depth > 4 ? 0 : random(3) }, () => element(pick(NAMES), depth + 1)).join('');
    const content = children + pick(TEXTS);
    return content === ''
      ? `<${name}${attributes}${namespace}/>`
      : `<${name}${attributes}${namespace}>${content}</${name}>`;
  };
  if (random(4) > 0) return element(pick(['message', 'presence', 'iq', 'iq']), 0);
  return element(pick(NAMES), 0).replace(/^<([\w-]+)/, `<$1 xmlns='${pick(NAMESPACES.filter(Boolean))}'`);
}

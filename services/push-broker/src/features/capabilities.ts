import { createHash } from 'node:crypto';
import type { Feature } from '../core/feature';
import type { XmppServer } from '../core/server';
import { constant } from '../core/xml/constant';
import { type Element, element } from '../core/xml/element';

const CAPS_NS = 'http://jabber.org/protocol/caps';
/** Names the software (XEP-0115, section 4), not this installation of it. */
export const CAPS_NODE = 'https://muster.example/push-broker';

export interface Identity {
  category: string;
  type: string;
  lang?: string;
  name?: string;
}
/** An extended-information form (XEP-0128): `FORM_TYPE`, and the values of each of its other fields. */
export interface InfoForm {
  type: string;
  fields: Readonly<Record<string, readonly string[]>>;
}
export interface Info {
  identities: readonly Identity[];
  features: Iterable<string>;
  forms?: readonly InfoForm[];
}

/** What the server is; it has no forms. */
export const SERVER_IDENTITY: Identity = { category: 'server', type: 'im', name: 'Muster' };

/** Tells in the stream features which answer service discovery would give, so that clients need not ask again. */
export const capabilities: Feature = {
  name: 'capabilities',
  specification: 'XEP-0115 1.6.0',
  install(server) {
    server.namespaces.add(CAPS_NS);
    let offer: Element | undefined;
    server.advertise((stream) => {
      if (!stream.account) return undefined;
      const ver = serverVerification(server);
      if (offer?.attribute('ver') !== ver)
        offer = constant(element('c', CAPS_NS, { hash: 'sha-1', node: CAPS_NODE, ver }));
      return offer;
    });
  },
};

const known = new WeakMap<XmppServer, { features: number; verification: string }>();

/** The verification string of what the server itself answers. Features are only ever added. */
export function serverVerification(server: XmppServer): string {
  const before = known.get(server);
  if (before?.features === server.namespaces.size) return before.verification;
  const verification = verificationOf({ identities: [SERVER_IDENTITY], features: server.namespaces });
  known.set(server, { features: server.namespaces.size, verification });
  return verification;
}

/** XEP-0115, section 5.1. SHA-1 is what the specification names; nothing is secured by it. */
export function verificationOf({ identities, features, forms = [] }: Info): string {
  const lines = [
    ...sorted(identities.map(({ category, type, lang = '', name = '' }) => `${category}/${type}/${lang}/${name}`)),
    ...sorted(features),
  ];
  for (const { type, fields } of [...forms].sort((left, right) => octets(left.type, right.type))) {
    lines.push(type);
    for (const name of sorted(Object.keys(fields))) lines.push(name, ...sorted(fields[name] ?? []));
  }
  return createHash('sha1')
    .update(lines.map((line) => `${line}<`).join(''))
    .digest('base64');
}

/** The order i;octet of RFC 4790, section 9.3. */
const octets = (left: string, right: string): number => Buffer.compare(Buffer.from(left), Buffer.from(right));
const sorted = (texts: Iterable<string>): string[] => [...texts].sort(octets);

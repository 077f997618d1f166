import { CLIENT_NS, STANZA_ERROR_NS } from './namespaces';
import { type Child, type Element, element } from './xml/element';

/** Conditions of RFC 6120, section 8.3.3, that this server answers with, and the error type of each. */
const TYPES = {
  'bad-request': 'modify',
  conflict: 'cancel',
  'feature-not-implemented': 'cancel',
  forbidden: 'auth',
  'internal-server-error': 'cancel',
  'item-not-found': 'cancel',
  'jid-malformed': 'modify',
  'not-allowed': 'cancel',
  'recipient-unavailable': 'wait',
  'remote-server-not-found': 'cancel',
  'resource-constraint': 'wait',
  'service-unavailable': 'cancel',
  'unexpected-request': 'wait',
} as const;
export type StanzaErrorCondition = keyof typeof TYPES;

/** Answers one stanza with an error; the stream goes on. */
export class StanzaError extends Error {
  constructor(
    readonly condition: StanzaErrorCondition,
    text = '',
  ) {
    super(text || condition);
    this.name = 'StanzaError';
  }

  toElement(): Element {
    const children: Child[] = [element(this.condition, STANZA_ERROR_NS)];
    if (this.message !== this.condition)
      children.push(element('text', STANZA_ERROR_NS, { 'xml:lang': 'en' }, this.message));
    return element('error', CLIENT_NS, { type: TYPES[this.condition] }, ...children);
  }
}

/** Whether a stanza may be answered with an error at all (RFC 6120, section 8.3.1: never answer an error with one). */
export const answersErrors = (stanza: Element): boolean =>
  stanza.attribute('type') !== 'error' && !(stanza.name === 'iq' && stanza.attribute('type') === 'result');

/** The reply that carries the error back to the sender of `stanza`. */
export function errorReply(stanza: Element, error: StanzaError): Element {
  return element(
    stanza.name,
    CLIENT_NS,
    {
      type: 'error',
      id: stanza.attribute('id'),
      from: stanza.attribute('to'),
      to: stanza.attribute('from'),
    },
    error.toElement(),
  );
}

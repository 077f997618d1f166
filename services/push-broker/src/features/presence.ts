import type { Feature } from '../core/feature';
import { StanzaError } from '../core/stanza-error';

const KINDS = new Set([undefined, 'unavailable', 'error', 'probe']);

/**
 * Presence stanzas are taken and go nowhere: a device has no roster, and whether it is connected is a fact that the
 * server knows better. Subscriptions are refused.
 */
export const presence: Feature = {
  name: 'presence',
  specification: 'RFC 6121 4, without rosters and subscriptions (3)',
  install(server) {
    server.handlers.onStanza('presence', (_session, stanza) => {
      if (!KINDS.has(stanza.attribute('type'))) throw new StanzaError('not-allowed', 'there are no subscriptions here');
    });
  },
};

import type { Feature } from '../core/feature';
import { element } from '../core/xml/element';

const LIMITS_NS = 'urn:xmpp:stream-limits:0';

/** Tells peers how large a stanza may be at this point, so that they need not find out by being cut off. */
export const streamLimits: Feature = {
  name: 'stream-limits',
  specification: 'XEP-0478 0.2.0',
  install(server) {
    server.advertise((stream) => {
      const bytes = stream.account ? server.limits.stanzaBytes : server.limits.stanzaBytesBefore;
      return element('limits', LIMITS_NS, {}, element('max-bytes', LIMITS_NS, {}, String(bytes)));
    });
  },
};

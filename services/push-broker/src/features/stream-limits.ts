import type { Feature } from '../core/feature';
import { constant } from '../core/xml/constant';
import { type Element, element } from '../core/xml/element';

const LIMITS_NS = 'urn:xmpp:stream-limits:0';

/** Tells peers how large a stanza may be at this point, so that they need not find out by being cut off. */
export const streamLimits: Feature = {
  name: 'stream-limits',
  specification: 'XEP-0478 0.2.0',
  install(server) {
    const { stanzaBytes, stanzaBytesBefore } = server.limits;
    const [before, after] = [limits(stanzaBytesBefore), limits(stanzaBytes)];
    server.advertise((stream) => (stream.account ? after : before));
  },
};

const limits = (bytes: number): Element =>
  constant(element('limits', LIMITS_NS, {}, element('max-bytes', LIMITS_NS, {}, String(bytes))));

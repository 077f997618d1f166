/** Namespaces of RFC 6120. Those of single features stand in the feature's own file. */
export const CLIENT_NS = 'jabber:client';
export const STREAM_NS = 'http://etherx.jabber.org/streams';
export const STREAM_ERROR_NS = 'urn:ietf:params:xml:ns:xmpp-streams';
export const STANZA_ERROR_NS = 'urn:ietf:params:xml:ns:xmpp-stanzas';

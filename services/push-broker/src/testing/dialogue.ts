import { TEST_DOMAIN } from './test-broker';

/** What a well-behaved client says, piece by piece. */
export const HEADER = `<?xml version='1.0'?><stream:stream to='${TEST_DOMAIN}' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`;
export const AUTH = `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>`;
export const BIND = `<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`;
export const PING = `<iq type='get' id='ping'><ping xmlns='urn:xmpp:ping'/></iq>`;
export const FOOTER = '</stream:stream>';
/** From nothing to a bound resource, in one flight. */
export const SIGN_IN = HEADER + AUTH + HEADER + BIND;

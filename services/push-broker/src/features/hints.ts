import { CLIENT_NS } from '../core/namespaces';
import { messageType } from '../core/router';
import type { Element } from '../core/xml/element';

export const HINTS_NS = 'urn:xmpp:hints';
const CHAT_STATES_NS = 'http://jabber.org/protocol/chatstates';

/**
 * Whether a message waits for an account that is not there: chat and normal ones do (XEP-0160, section 3), unless all that
 * a chat message says is whether somebody is typing. Hints (XEP-0334, section 4) decide where a sender gives them:
 * `no-store` forbids, `store` asks for what would not be kept otherwise. `no-permanent-store` is about archives, and a
 * message that waits is in none. Headlines, errors and group chat never wait (RFC 6121, section 8.5.2.2.1).
 */
export function mayWait(message: Element): boolean {
  const type = messageType(message.attribute('type'));
  if (type !== 'chat' && type !== 'normal') return false;
  if (message.child('no-store', HINTS_NS)) return false;
  if (message.child('store', HINTS_NS)) return true;
  return type === 'normal' || !isOnlyTyping(message);
}

function isOnlyTyping(message: Element): boolean {
  const payloads = message.elements.filter((child) => child.namespace !== HINTS_NS && !child.is('thread', CLIENT_NS));
  return payloads.length > 0 && payloads.every(({ namespace }) => namespace === CHAT_STATES_NS);
}

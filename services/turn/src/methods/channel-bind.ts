import { ATTRIBUTE, FIRST_CHANNEL, LAST_CHANNEL } from '../stun/constants';
import type { Method } from './exchange';
import { faultOfPeer } from './peer-checks';

const ERRORS = { conflict: 400, full: 508 } as const;

/** RFC 8656, section 12.2. */
export const channelBind: Method = ({ request, allocation, now, success }, parts) => {
  if (!allocation?.relay) return 437;
  const number = request.value(ATTRIBUTE.channelNumber);
  const [peer] = request.peers();
  if (number?.length !== 4 || !peer) return 400;
  const channel = number.readUInt16BE(0);
  if (channel < FIRST_CHANNEL || channel > LAST_CHANNEL) return 400;
  const fault = faultOfPeer(peer, allocation, parts);
  if (fault) return fault;
  if (peer.port === 0) return 400;
  if (parts.isOwn(peer.address, peer.port)) return 403;
  const bound = allocation.permissions.bind(channel, peer, now);
  return bound === 'bound' ? success() : ERRORS[bound];
};

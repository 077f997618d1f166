import type { PeerPolicy } from '../peers/peer-policy';
import type { Allocation } from '../relay/allocation';
import type { Endpoint } from '../stun/address';
import type { ErrorCode } from '../stun/constants';

/** Why an allocation may not talk to a peer's address (RFC 8656, sections 10.2 and 12.2); none when it may. */
export function faultOfPeer(
  peer: Endpoint,
  allocation: Allocation,
  { peers }: { peers: PeerPolicy },
): ErrorCode | undefined {
  if (peer.family !== allocation.family) return 443;
  return peers.permits(peer) ? undefined : 403;
}

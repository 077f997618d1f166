import type { Method } from './exchange';
import { faultOfPeer } from './peer-checks';

/** RFC 8656, section 10.2. All peers of a request get a permission, or none does. */
export const createPermission: Method = ({ request, allocation, now, success }, parts) => {
  if (!allocation?.relay) return 437;
  const peers = request.peers();
  if (peers.length === 0) return 400;
  const addresses = new Set<string>();
  for (const peer of peers) {
    if (!peer) return 400;
    const fault = faultOfPeer(peer, allocation, parts);
    if (fault) return fault;
    addresses.add(peer.address);
  }
  if (!allocation.permissions.hasRoomFor(addresses)) return 508;
  for (const address of addresses) allocation.permissions.permit(address, now);
  return success();
};

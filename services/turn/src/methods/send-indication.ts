import type { Allocation } from '../relay/allocation';
import { readXorAddress } from '../stun/address';
import { ATTRIBUTE, HEADER_BYTES, UNDERSTOOD } from '../stun/constants';
import type { Parts } from './exchange';

/**
 * RFC 8656, section 11.2. Read straight off the datagram, whose header has been checked: this carries data, and is not
 * authenticated but by the permission. What is not in order is dropped without an answer.
 */
export function sendIndication(
  datagram: Buffer,
  allocation: Allocation,
  parts: Pick<Parts, 'isOwn' | 'traffic'>,
): void {
  let [peerAt, peerLength, dataAt, dataLength] = [0, 0, 0, 0];
  let dontFragment = false;
  let sound = true;
  for (let at = HEADER_BYTES; at < datagram.length && sound;) {
    const type = datagram.readUInt16BE(at);
    const length = datagram.readUInt16BE(at + 2);
    const value = at + 4;
    at = value + ((length + 3) & ~3);
    if (at > datagram.length) sound = false;
    else if (type === ATTRIBUTE.data && !dataAt) [dataAt, dataLength] = [value, length];
    else if (type === ATTRIBUTE.xorPeerAddress && !peerAt) [peerAt, peerLength] = [value, length];
    else if (type === ATTRIBUTE.dontFragment) dontFragment = true;
    else if (type < 0x8000 && !UNDERSTOOD.has(type)) sound = false;
  }
  const peer = sound && peerAt && dataAt && peerLength >= 8 ? readXorAddress(datagram, peerAt, peerLength) : undefined;
  if (!peer || peer.port === 0) parts.traffic.dropped.malformed++;
  else if (parts.isOwn(peer.address, peer.port)) parts.traffic.dropped['no-permission']++;
  else allocation.sendToPeer(datagram.subarray(dataAt, dataAt + dataLength), peer, dontFragment);
}

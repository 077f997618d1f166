import { Allocation } from '../relay/allocation';
import type { RelaySocket } from '../relay/relay-ports';
import type { Family } from '../stun/address';
import { ATTRIBUTE, type ErrorCode, UDP } from '../stun/constants';
import type { MessageReader } from '../stun/message-reader';
import type { MessageWriter } from '../stun/message-writer';
import type { Exchange, Method, Parts } from './exchange';
import { lifetimeOf } from './lifetime';

interface Wish {
  family: Family;
  token?: Buffer;
  even: boolean;
  /** The next higher port as well. */
  reserve: boolean;
}

/** What was answered, to say it again to a request that came twice. */
const answered = new WeakMap<Allocation, { transactionId: Buffer; token?: Buffer }>();

/** RFC 8656, section 7.2. */
export const allocate: Method = async (exchange, parts) => {
  const { request, user, now } = exchange;
  if (exchange.allocation) return again(exchange, exchange.allocation, parts);
  const wish = wishOf(request);
  if (typeof wish === 'number') return wish;
  if (!parts.ports.serves(wish.family)) return 440;
  if (!parts.allocations.hasRoomFor(user.name)) return 486;

  const { client, table } = exchange;
  const allocation = new Allocation(client, user.username, user.name, parts.limits, parts.traffic);
  // Before the socket is bound, so that neither the same request again nor others get past the quota meanwhile.
  parts.allocations.add(allocation, table);
  const seconds = lifetimeOf(request);
  const got = await socketFor(wish, allocation, parts, now);
  if (!got) {
    parts.allocations.remove(allocation);
    return 508;
  }
  if (table.find(client.address, client.port) !== allocation) {
    // The server was stopped while the socket was bound.
    parts.ports.release(got.relay);
    return undefined;
  }
  allocation.open(got.relay);
  allocation.expires = now + seconds * 1000;
  answered.set(allocation, { transactionId: Buffer.from(request.transactionId), token: got.token });
  return answer(exchange, allocation, parts, got.token);
};

function again(exchange: Exchange, allocation: Allocation, parts: Parts): MessageWriter | ErrorCode | undefined {
  // Still being made: the answer to the first one follows.
  if (!allocation.relay) return undefined;
  const last = answered.get(allocation);
  if (!last?.transactionId.equals(exchange.request.transactionId)) return 437;
  return answer(exchange, allocation, parts, last.token);
}

function wishOf(request: MessageReader): Wish | ErrorCode {
  const transport = request.value(ATTRIBUTE.requestedTransport);
  if (transport?.length !== 4) return 400;
  if (transport[0] !== UDP) return 442;
  const token = request.value(ATTRIBUTE.reservationToken);
  const evenPort = request.value(ATTRIBUTE.evenPort);
  const family = request.value(ATTRIBUTE.requestedAddressFamily);
  if (token && (token.length !== 8 || evenPort || family)) return 400;
  if (evenPort && evenPort.length !== 1) return 400;
  if (family && family.length !== 4) return 400;
  if (family && family[0] !== 1 && family[0] !== 2) return 440;
  const reserve = evenPort !== undefined && ((evenPort[0] ?? 0) & 0x80) !== 0;
  return { family: family?.[0] === 2 ? 6 : 4, token, even: evenPort !== undefined, reserve };
}

async function socketFor(
  { family, token, even, reserve }: Wish,
  allocation: Allocation,
  { ports }: Parts,
  now: number,
): Promise<{ relay: RelaySocket; token?: Buffer } | undefined> {
  if (reserve) return ports.takePair(family, allocation.fromPeer, now);
  const relay = token ? ports.redeem(token, allocation.fromPeer) : await ports.take(family, allocation.fromPeer, even);
  return relay && { relay };
}

function answer(exchange: Exchange, allocation: Allocation, parts: Parts, token?: Buffer): MessageWriter {
  const { family } = allocation;
  const relayed = { address: parts.relayedAddress(family), port: allocation.relay?.port ?? 0, family };
  const writer = exchange
    .success()
    .address(ATTRIBUTE.xorRelayedAddress, relayed)
    .address(ATTRIBUTE.xorMappedAddress, exchange.client)
    .number(ATTRIBUTE.lifetime, Math.max(0, Math.round((allocation.expires - exchange.now) / 1000)));
  return token ? writer.attribute(ATTRIBUTE.reservationToken, token) : writer;
}

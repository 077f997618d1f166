import type { TicketLimits } from './ticket-book';

/** What one server, address or stream may use. Every one can be configured; `push-broker.config.ts` has the defaults. */
export interface Limits extends TicketLimits {
  /** Open connections of the whole process, authenticated or not. */
  connections: number;
  /** Open connections from one IPv4 address or IPv6 /64; thousands of devices may share one behind NAT. */
  connectionsPerAddress: number;
  /** Seconds from TCP accept to a bound or resumed session. */
  negotiationSeconds: number;
  /** Bytes of one stanza before and after authentication; RFC 6120 section 13.12 asks for 10,000 at least. */
  stanzaBytesBefore: number;
  stanzaBytes: number;
  /** Bytes a second that a stream may send in the long run, and at once. */
  bytesPerSecond: number;
  burstBytes: number;
  /** Bytes waiting to be sent to a peer that does not read. */
  outputBytes: number;
}

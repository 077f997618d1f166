/** Numbers of STUN (RFC 8489) and TURN (RFC 8656). */
export const MAGIC_COOKIE = 0x2112a442;
export const HEADER_BYTES = 20;
export const CHANNEL_HEADER_BYTES = 4;

export const METHOD = {
  binding: 0x001,
  allocate: 0x003,
  refresh: 0x004,
  send: 0x006,
  data: 0x007,
  createPermission: 0x008,
  channelBind: 0x009,
} as const;

export const MESSAGE_CLASS = { request: 0, indication: 1, success: 2, error: 3 } as const;
export type MessageClass = (typeof MESSAGE_CLASS)[keyof typeof MESSAGE_CLASS];

export const ATTRIBUTE = {
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  unknownAttributes: 0x000a,
  channelNumber: 0x000c,
  lifetime: 0x000d,
  xorPeerAddress: 0x0012,
  data: 0x0013,
  realm: 0x0014,
  nonce: 0x0015,
  xorRelayedAddress: 0x0016,
  requestedAddressFamily: 0x0017,
  evenPort: 0x0018,
  requestedTransport: 0x0019,
  dontFragment: 0x001a,
  messageIntegritySha256: 0x001c,
  xorMappedAddress: 0x0020,
  reservationToken: 0x0022,
  fingerprint: 0x8028,
} as const;

/** Attributes below 0x8000 that are understood; any other of them must be refused (RFC 8489, section 6.3.1). */
export const UNDERSTOOD: ReadonlySet<number> = new Set<number>(Object.values(ATTRIBUTE));

/** Error codes with the reason phrases of their specifications. */
export const REASONS = {
  400: 'Bad Request',
  401: 'Unauthenticated',
  403: 'Forbidden',
  420: 'Unknown Attribute',
  437: 'Allocation Mismatch',
  438: 'Stale Nonce',
  440: 'Address Family not Supported',
  441: 'Wrong Credentials',
  442: 'Unsupported Transport Protocol',
  443: 'Peer Address Family Mismatch',
  486: 'Allocation Quota Reached',
  500: 'Server Error',
  508: 'Insufficient Capacity',
} as const;
export type ErrorCode = keyof typeof REASONS;

export const UDP = 17;
export const MAX_ALLOCATION_SECONDS = 3600;
export const ALLOCATION_SECONDS = 600;
export const PERMISSION_SECONDS = 300;
export const CHANNEL_SECONDS = 600;
export const RESERVATION_SECONDS = 30;

/**
 * RFC 8656 leaves 0x5000 and above unassigned, RFC 5766 gave channels up to 0x7FFE; clients of the latter are still about,
 * coturn's own among them.
 */
export const FIRST_CHANNEL = 0x4000;
export const LAST_CHANNEL = 0x7ffe;

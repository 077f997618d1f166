export const DROPS = [
  'no-permission',
  'no-channel',
  'bandwidth',
  'queue',
  'too-large',
  'malformed',
  'no-allocation',
] as const;
export type Drop = (typeof DROPS)[number];

/** What was relayed and what was not, since the start. Plain numbers: they are counted for every packet. */
export class Traffic {
  packetsToPeers = 0;
  bytesToPeers = 0;
  packetsToClients = 0;
  bytesToClients = 0;
  readonly dropped: Record<Drop, number> = {
    'no-permission': 0,
    'no-channel': 0,
    bandwidth: 0,
    queue: 0,
    'too-large': 0,
    malformed: 0,
    'no-allocation': 0,
  };
}

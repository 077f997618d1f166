/** TURN and STUN servers that transcripts ask for (XEP-0215); `test-broker.ts` tells of the same ones. */
export const EXTERNAL_SECRET = 'north star';
const HOST = 'turn.muster.test';
export const EXTERNAL_SERVICES: readonly {
  type: 'stun' | 'turn' | 'turns';
  host: string;
  port: number;
  transport: 'udp' | 'tcp';
  secret?: string;
}[] = [
  { type: 'turn', host: HOST, port: 3478, transport: 'udp', secret: EXTERNAL_SECRET },
  { type: 'turns', host: HOST, port: 5349, transport: 'tcp', secret: EXTERNAL_SECRET },
  { type: 'stun', host: HOST, port: 3478, transport: 'udp' },
];

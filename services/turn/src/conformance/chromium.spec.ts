import { turnCredentials } from '@muster/contracts';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Engine, LOCAL, SECRET } from './engine';

const ENGINES = [
  ['the embedded server', Engine.embedded],
  ['coturn', Engine.coturn],
] as const;
const BYTES = 300_000;

interface IceServer {
  urls: string;
  username: string;
  credential: string;
}
interface Outcome {
  /** Types of the candidates that the two ends settled on. */
  candidates: string[];
  /** Sum of the bytes that each end got, in the order: answerer, offerer. */
  sums: number[];
  lengths: number[];
}

/** Runs in the page: two ends that may use relayed addresses only send each other `bytes` bytes over a data channel. */
async function talk({ server, bytes }: { server: IceServer; bytes: number }): Promise<Outcome> {
  const ends = [0, 1].map(() => new RTCPeerConnection({ iceServers: [server], iceTransportPolicy: 'relay' }));
  const [one, two] = ends as [RTCPeerConnection, RTCPeerConnection];
  one.onicecandidate = ({ candidate }) => candidate && void two.addIceCandidate(candidate);
  two.onicecandidate = ({ candidate }) => candidate && void one.addIceCandidate(candidate);
  const sums: number[] = [];
  const lengths: number[] = [];
  const payload = Uint8Array.from({ length: bytes }, (_, i) => (i * 31) & 255);
  const collect = (channel: RTCDataChannel, index: number): Promise<void> =>
    new Promise((resolve) => {
      channel.binaryType = 'arraybuffer';
      [sums[index], lengths[index]] = [0, 0];
      channel.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
        const part = new Uint8Array(data);
        sums[index] = part.reduce((sum, byte) => sum + byte, sums[index] ?? 0);
        lengths[index] = (lengths[index] ?? 0) + part.length;
        if ((lengths[index] ?? 0) >= bytes) resolve();
      };
    });
  const send = (channel: RTCDataChannel): void => {
    for (let from = 0; from < bytes; from += 10_000) channel.send(payload.subarray(from, from + 10_000));
  };
  const channel = one.createDataChannel('bytes');
  const answered = new Promise<void>((resolve) => {
    two.ondatachannel = ({ channel: other }) => {
      void collect(other, 0).then(() => {
        send(other);
        resolve();
      });
    };
  });
  const returned = collect(channel, 1);
  channel.onopen = () => send(channel);
  await one.setLocalDescription(await one.createOffer());
  await two.setRemoteDescription(one.localDescription as RTCSessionDescription);
  await two.setLocalDescription(await two.createAnswer());
  await one.setRemoteDescription(two.localDescription as RTCSessionDescription);
  await Promise.all([answered, returned]);
  // The pair that the transport uses: a pair's own state changes with each check of it.
  const report = await one.getStats();
  const candidates: string[] = [];
  report.forEach((entry: { type: string; selectedCandidatePairId?: string }) => {
    if (entry.type !== 'transport' || !entry.selectedCandidatePairId) return;
    const pair = report.get(entry.selectedCandidatePairId) as { localCandidateId: string; remoteCandidateId: string };
    for (const id of [pair.localCandidateId, pair.remoteCandidateId])
      candidates.push((report.get(id) as { candidateType: string }).candidateType);
  });
  for (const end of ends) end.close();
  return { candidates, sums, lengths };
}

describe.each(ENGINES)('Chromium, from relay to relay, with %s', (_name, start) => {
  let engine: Engine;
  let browser: Browser;

  beforeAll(async () => {
    engine = await start();
    browser = await chromium.launch({
      executablePath: process.env['CHROMIUM_BIN'] ?? '/usr/bin/chromium',
      args: [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--allow-loopback-in-peer-connection',
      ],
    });
  });
  afterAll(async () => {
    await browser?.close();
    await engine?.stop();
  });

  it('carries bytes both ways over a data channel', async () => {
    const { username, password } = turnCredentials(SECRET, 'chromium', 600);
    const server = { urls: `turn:${LOCAL}:${engine.port}?transport=udp`, username, credential: password };
    const page = await browser.newPage();
    const { candidates, sums, lengths } = await page.evaluate(talk, { server, bytes: BYTES });
    let sum = 0;
    for (let i = 0; i < BYTES; i++) sum += (i * 31) & 255;
    expect({ candidates, sums, lengths }).toEqual({
      candidates: ['relay', 'relay'],
      sums: [sum, sum],
      lengths: [BYTES, BYTES],
    });
  }, 60_000);
});

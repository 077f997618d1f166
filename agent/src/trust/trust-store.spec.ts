import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import type { EndpointMap, Signed } from '@muster/contracts';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Issued, makeRoot, makeSigner, signText } from '../testing/certificate-maker';
import { TrustStore } from './trust-store';

let folder: string;
let oldRoot: Issued;
let newRoot: Issued;
let oldSigner: Issued;
let newSigner: Issued;

beforeAll(async () => {
  oldRoot = await makeRoot('Old root');
  newRoot = await makeRoot('New root');
  oldSigner = await makeSigner(oldRoot, 'endpoint-map');
  newSigner = await makeSigner(newRoot, 'endpoint-map');
});
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'muster-trust-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const open = (): TrustStore => new TrustStore(join(folder, 'trust.json'), { anchors: [oldRoot.pem] });
const map = (version: number, anchors: Issued[], signer: Issued, changes: Partial<EndpointMap> = {}): Signed => {
  const endpoint = { function: 'sync' as const, hostName: 'h', addresses: [], port: 443, path: '', pins: [] };
  const payload: EndpointMap = {
    version,
    xmppDomain: 'xmpp.test',
    issuedAt: new Date().toISOString(),
    anchors: anchors.map(({ pem }) => pem),
    endpoints: [
      { ...endpoint, hostName: 'second', priority: 5 },
      { ...endpoint, hostName: 'first', priority: 0 },
    ],
    ...changes,
  };
  return signText(JSON.stringify(payload), signer);
};
const names = (trust: TrustStore): string[] => trust.anchors.map(({ subject }) => subject);

describe('trust store', () => {
  it('rolls over: old root, both, new root; each step signed under a root that is pinned then', () => {
    const trust = open();
    expect(trust.offer(map(1, [oldRoot], oldSigner), Date.now())).toBe('taken');
    expect(trust.offer(map(2, [oldRoot, newRoot], newSigner), Date.now())).toBe('not-delegated');
    expect(trust.offer(map(2, [oldRoot, newRoot], oldSigner), Date.now())).toBe('taken');
    expect(names(trust)).toEqual(['CN=Old root', 'CN=New root']);
    expect(trust.offer(map(3, [newRoot], newSigner), Date.now())).toBe('taken');
    expect(names(trust)).toEqual(['CN=New root']);
    expect(trust.offer(map(4, [oldRoot], oldSigner), Date.now())).toBe('not-delegated');
    expect(names(open())).toEqual(['CN=New root']);
  });

  it('takes only higher versions', () => {
    const trust = open();
    expect(trust.offer(map(7, [oldRoot], oldSigner), Date.now())).toBe('taken');
    expect(trust.offer(map(7, [newRoot], oldSigner), Date.now())).toBe('not-newer');
    expect(trust.offer(map(6, [newRoot], oldSigner), Date.now())).toBe('not-newer');
    expect(open().map?.version).toBe(7);
  });

  it('refuses maps that are changed, signed for another purpose, or would leave no usable root', async () => {
    const trust = open();
    const genuine = map(2, [oldRoot], oldSigner);
    expect(trust.offer({ ...genuine, payload: genuine.payload.replace('xmpp', 'evil') }, Date.now())).toBe(
      'bad-signature',
    );
    const operations = await makeSigner(oldRoot, 'operation');
    expect(trust.offer(map(2, [oldRoot], operations), Date.now())).toBe('not-delegated');
    expect(trust.offer(map(2, [], oldSigner), Date.now())).toBe('malformed');
    expect(trust.offer(map(2, [oldRoot], oldSigner, { anchors: ['no certificate'] }), Date.now())).toBe('malformed');
    expect(trust.offer(map(2, [oldRoot], oldSigner, { endpoints: [] }), Date.now())).toBe('malformed');
    expect(trust.map).toBeUndefined();
    expect(names(trust)).toEqual(['CN=Old root']);
  });

  it('goes by the time that it is told', () => {
    expect(open().offer(map(2, [oldRoot], oldSigner), Date.now() + 100 * 86_400_000)).toBe('not-delegated');
  });

  it('gives endpoints by priority', () => {
    const trust = open();
    trust.offer(map(1, [oldRoot], oldSigner), Date.now());
    expect(trust.endpoints('sync').map(({ hostName }) => hostName)).toEqual(['first', 'second']);
    expect(trust.endpoints('push')).toEqual([]);
  });

  describe('of servers of other CAs', () => {
    const believed = (trust: TrustStore): string[] => trust.serverAnchors.map(({ subject }) => subject);
    let company: Issued;
    beforeAll(async () => (company = await makeRoot('Company root')));

    it('believes what the configuration says until there is a map, and then the map alone', () => {
      const first = { anchors: [oldRoot.pem], serverAnchors: [company.pem] };
      const trust = new TrustStore(join(folder, 'trust.json'), first);
      expect(believed(trust)).toEqual(['CN=Old root', 'CN=Company root']);
      expect(trust.offer(map(1, [oldRoot], oldSigner), Date.now())).toBe('taken');
      expect(believed(trust)).toEqual(['CN=Old root']);
      expect(believed(new TrustStore(join(folder, 'trust.json'), first))).toEqual(['CN=Old root']);
    });

    it('takes them from a signed map, keeps them, and lets them go with the next; they sign nothing', async () => {
      const trust = open();
      const says = { serverAnchors: [company.pem] };
      const companySigner = await makeSigner(company, 'endpoint-map');
      expect(trust.offer(map(1, [oldRoot], companySigner, says), Date.now())).toBe('not-delegated');
      expect(trust.offer(map(1, [oldRoot], oldSigner, says), Date.now())).toBe('taken');
      expect(believed(trust)).toEqual(['CN=Old root', 'CN=Company root']);
      expect(trust.serverAnchorsPem).toHaveLength(2);
      expect(names(trust)).toEqual(['CN=Old root']);
      expect(trust.offer(map(2, [oldRoot], companySigner, says), Date.now())).toBe('not-delegated');
      expect(believed(open())).toEqual(['CN=Old root', 'CN=Company root']);
      expect(trust.offer(map(2, [oldRoot], oldSigner), Date.now())).toBe('taken');
      expect(believed(trust)).toEqual(['CN=Old root']);
    });

    it('believes public authorities when the map says so, for servers alone', () => {
      const trust = open();
      expect(trust.offer(map(1, [oldRoot], oldSigner, { publicServers: false }), Date.now())).toBe('taken');
      expect(believed(trust)).toEqual(['CN=Old root']);
      expect(trust.offer(map(2, [oldRoot], oldSigner, { publicServers: true }), Date.now())).toBe('taken');
      expect(trust.serverAnchors).toHaveLength(1 + rootCertificates.length);
      expect(names(trust)).toEqual(['CN=Old root']);
    });

    it('refuses a map with one that is no certificate, and one that is too old for its sender', () => {
      const trust = open();
      expect(trust.offer(map(1, [oldRoot], oldSigner, { serverAnchors: ['none'] }), Date.now())).toBe('malformed');
      const issuedAt = new Date(Date.now() - 2000).toISOString();
      expect(trust.offer(map(1, [oldRoot], oldSigner, { issuedAt }), Date.now(), 1000)).toBe('too-old');
      expect(trust.offer(map(1, [oldRoot], oldSigner, { issuedAt }), Date.now(), 60_000)).toBe('taken');
    });
  });
});

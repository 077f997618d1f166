import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PURPOSE_OIDS, type Signed, type SigningPurpose, SUCCESSOR_OID } from '@muster/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Issued, issue, makeRoot, makeSigner, signText, type Wish } from '../testing/certificate-maker';
import { signatureFault } from './signed';
import { TrustStore } from './trust-store';

const DAY_MS = 86_400_000;

let oldRoot: Issued;
let newRoot: Issued;
let newestRoot: Issued;
let signer: Issued;
let cross: Issued;

beforeAll(async () => {
  oldRoot = await makeRoot('Root 1');
  newRoot = await makeRoot('Root 2');
  newestRoot = await makeRoot('Root 3');
  signer = await makeSigner(newRoot, 'operation');
  cross = await crossFor(newRoot, oldRoot);
});

/** What an old root says of its successor, or something that only looks like it. */
const crossFor = (successor: Issued, issuer: Issued, wish: Partial<Wish> = {}): Promise<Issued> =>
  issue({
    name: successor.certificate.subject.replace('CN=', ''),
    publicKey: successor.certificate.publicKey,
    issuer,
    ca: true,
    usages: [SUCCESSOR_OID],
    ...wish,
  });

const signedBy = (by: Issued, ...more: Issued[]): Signed =>
  signText(
    'text',
    by,
    [by, ...more].map(({ pem }) => pem),
  );
const fault = (signed: Signed, root = oldRoot, purpose: SigningPurpose = 'operation') =>
  signatureFault(signed, purpose, [root.certificate], Date.now());

describe('a device that slept through a roll-over', () => {
  it('takes the map that is signed under the new root, and with it both roots', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'muster-roll-over-'));
    try {
      const trust = new TrustStore(join(folder, 'trust.json'), { anchors: [oldRoot.pem] });
      const mapSigner = await makeSigner(newRoot, 'endpoint-map');
      const map = JSON.stringify({
        version: 2,
        xmppDomain: 'xmpp.test',
        issuedAt: new Date().toISOString(),
        anchors: [newRoot.pem, oldRoot.pem],
        endpoints: [
          { function: 'sync', hostName: 'h', addresses: [], port: 443, path: '/sync', priority: 0, pins: [] },
        ],
      });
      expect(trust.offer(signText(map, mapSigner), Date.now())).toBe('not-delegated');
      expect(trust.offer(signText(map, mapSigner, [mapSigner.pem, cross.pem]), Date.now())).toBe('taken');
      expect(trust.anchors.map(({ subject }) => subject)).toEqual(['CN=Root 2', 'CN=Root 1']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('believes an operation under the new root; one that knows the new root needs no cross certificate', () => {
    expect(fault(signedBy(signer))).toBe('not-delegated');
    expect(fault(signedBy(signer, cross))).toBeUndefined();
    expect(fault(signedBy(signer, cross), newRoot)).toBeUndefined();
    expect(fault({ ...signedBy(signer, cross), payload: 'other' })).toBe('bad-signature');
    expect(fault(signedBy(signer, cross), oldRoot, 'endpoint-map')).toBe('not-delegated');
  });

  it('follows two roll-overs, in whatever order and with whatever else is there', async () => {
    const latest = await makeSigner(newestRoot, 'operation');
    const second = await crossFor(newestRoot, newRoot);
    expect(fault(signedBy(latest, second, cross))).toBeUndefined();
    expect(fault(signedBy(latest, cross, second))).toBeUndefined();
    expect(fault(signedBy(latest, second, cross), newRoot)).toBeUndefined();
    expect(fault(signedBy(latest, second, await crossFor(newestRoot, oldRoot)))).toBeUndefined();
    expect(fault(signedBy(latest, second))).toBe('not-delegated');
    expect(fault(signedBy(latest, second, cross, cross))).toBe('not-delegated');
  });
});

describe('a forged cross certificate', () => {
  const forgeries: Array<[string, () => Promise<Issued>]> = [
    ['is no authority', () => crossFor(newRoot, oldRoot, { ca: false })],
    [
      'is signed by another key under the name of the old root',
      async () => crossFor(newRoot, await makeRoot('Root 1')),
    ],
    ['has expired', () => crossFor(newRoot, oldRoot, { from: Date.now() - 9 * DAY_MS, to: Date.now() - DAY_MS })],
    ['is not valid yet', () => crossFor(newRoot, oldRoot, { from: Date.now() + DAY_MS })],
    ['is for another key than the one that delegated', () => crossFor(newestRoot, oldRoot, { name: 'Root 2' })],
    ['is for another name', () => crossFor(newRoot, oldRoot, { name: 'Root X' })],
    ['does not say that it names a successor', () => crossFor(newRoot, oldRoot, { usages: undefined })],
    ['carries the purpose instead', () => crossFor(newRoot, oldRoot, { usages: [PURPOSE_OIDS.operation] })],
    ['is the new root itself', async () => newRoot],
  ];

  it.each(forgeries)('is refused when it %s', async (_case, forge) => {
    expect(fault(signedBy(signer, await forge()))).toBe('not-delegated');
  });

  it('is refused when a leaf or an issuing CA signed it', async () => {
    const leaf = await issue({ name: 'leaf', issuer: oldRoot, usages: [SUCCESSOR_OID] });
    const issuing = await issue({ name: 'issuing', issuer: oldRoot, ca: true });
    for (const by of [leaf, issuing]) {
      expect(fault(signedBy(signer, await crossFor(newRoot, by), by))).toBe('not-delegated');
    }
  });

  it('does not make a delegate of an issuing CA, nor of the successor itself', async () => {
    const issuing = await issue({ name: 'issuing', issuer: oldRoot, ca: true });
    expect(fault(signedBy(await makeSigner(issuing, 'operation'), issuing))).toBe('not-delegated');
    const both = await crossFor(newRoot, oldRoot, { usages: [SUCCESSOR_OID, PURPOSE_OIDS.operation] });
    expect(fault(signText('text', newRoot, [both.pem]))).toBe('not-delegated');
  });

  it('leads nowhere when it goes round', async () => {
    const there = await crossFor(newRoot, newestRoot);
    const back = await crossFor(newestRoot, newRoot);
    expect(fault(signedBy(signer, there, back))).toBe('not-delegated');
    expect(fault(signedBy(signer, there, there))).toBe('not-delegated');
  });

  it('is refused when it is not a certificate', () => {
    expect(fault(signText('text', signer, [signer.pem, 'nothing']))).toBe('not-delegated');
  });
});

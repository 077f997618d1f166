import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EndpointMap } from '@muster/contracts';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ServerClock } from '../state/clock';
import { issue, type Issued, makeRoot, makeSigner, SERVER_AUTH, signText } from '../testing/certificate-maker';
import { FakeSuite, HOST } from '../testing/fake-suite';
import { TrustStore } from '../trust/trust-store';
import { deviceDialler } from './map-of-anybody';

const DAY_MS = 86_400_000;
let folder: string;
let company: Issued;
let issuing: Issued;
let suite: FakeSuite;
let trust: TrustStore;

beforeAll(async () => {
  company = await makeRoot('Company root');
  issuing = await issue({ name: 'Company issuing', issuer: company, ca: true });
});
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'muster-other-ca-'));
  suite = await FakeSuite.start();
  trust = new TrustStore(join(folder, 'trust.json'), suite.config());
});
afterEach(async () => {
  await suite.stop();
  rmSync(folder, { recursive: true });
  expect(suite.faults).toEqual([]);
});

/** A server's certificate with what is above it, as servers of companies and public CAs show it. */
async function companyChain(
  changes: Partial<Parameters<typeof issue>[0]> = {},
): Promise<Pick<Issued, 'pem' | 'keyPem'>> {
  const wish = { name: HOST, issuer: issuing, usages: [SERVER_AUTH], hostNames: ['*.muster-agent.test'] };
  const leaf = await issue({ ...wish, ...changes });
  return { keyPem: leaf.keyPem, pem: `${leaf.pem}\n${(changes.issuer ?? issuing).pem}\n` };
}

/** What becomes of one more connection of this device. */
async function dial(clock = new ServerClock(join(folder, 'clock.json'))): Promise<string> {
  const { enrolment } = suite.config();
  try {
    (await deviceDialler(trust, clock, enrolment).dial(enrolment.map((place) => ({ ...place, pins: [] })))).destroy();
    return 'connected';
  } catch (error) {
    return (error as Error).message;
  }
}
const says = (changes: Partial<EndpointMap>): EndpointMap => ({
  ...(JSON.parse(suite.signedMap().payload) as EndpointMap),
  ...changes,
});

describe('a server with a certificate of a company CA', () => {
  beforeEach(async () => suite.show(await companyChain()));

  it('is refused where nobody says that it counts', async () => {
    expect(await dial()).toMatch(/its certificate is refused: (SELF_SIGNED|UNABLE)/);
  });

  it('is accepted where the installer says so', async () => {
    trust = new TrustStore(join(folder, 'trust.json'), { ...suite.config(), serverAnchors: [company.pem] });
    expect(await dial()).toBe('connected');
    expect(suite.mapsAsked).toEqual([]);
  });

  it('is accepted by a device that slept: the signed map comes from whom it does not believe, and shows it nothing', async () => {
    expect(trust.offer(suite.signedMap(), Date.now())).toBe('taken');
    suite.serverAnchors = [company];
    suite.mapVersion = 2;
    expect(await dial()).toBe('connected');
    expect(suite.mapsAsked).toEqual([{ shown: false }]);
    expect(trust.anchors).toHaveLength(1);
    expect(await dial()).toBe('connected');
    expect(suite.mapsAsked).toHaveLength(1);
  });

  it('is refused when its map is another authority’s, and the map leaves nothing behind', async () => {
    const stranger = await makeRoot('Stranger');
    await suite.useRoot(stranger);
    suite.serverAnchors = [company];
    suite.mapVersion = 2;
    expect(await dial()).toContain('its certificate is refused');
    expect(suite.mapsAsked).toHaveLength(1);
    expect(trust.map).toBeUndefined();
  });

  it('is refused when the map is one that somebody kept for months', async () => {
    const [root] = suite.anchors;
    const signer = await makeSigner(root as Issued, 'endpoint-map');
    const issuedAt = new Date(Date.now() - 61 * DAY_MS).toISOString();
    const kept = signText(JSON.stringify(says({ serverAnchors: [company.pem], issuedAt })), signer);
    suite.signedMap = () => kept;
    expect(await dial()).toContain('its certificate is refused');
    expect(trust.map).toBeUndefined();
  });

  it('is refused once the map lets its CA go; the own CA goes on to count', async () => {
    suite.serverAnchors = [company];
    expect(trust.offer(suite.signedMap(), Date.now())).toBe('taken');
    expect(await dial()).toBe('connected');
    suite.serverAnchors = [];
    suite.mapVersion = 2;
    expect(trust.offer(suite.signedMap(), Date.now())).toBe('taken');
    expect(await dial()).toContain('its certificate is refused');
    suite.show(await suite.serverCertificate(suite.anchors[0] as Issued));
    expect(await dial()).toBe('connected');
  });

  it('rolls over to a new root of the company with both at once', async () => {
    const next = await makeRoot('Company root 2');
    suite.serverAnchors = [company, next];
    expect(trust.offer(suite.signedMap(), Date.now())).toBe('taken');
    expect(await dial()).toBe('connected');
    suite.show(await companyChain({ issuer: next }));
    expect(await dial()).toBe('connected');
    suite.serverAnchors = [next];
    suite.mapVersion = 2;
    expect(trust.offer(suite.signedMap(), Date.now())).toBe('taken');
    expect(await dial()).toBe('connected');
    suite.show(await companyChain());
    expect(await dial()).toContain('its certificate is refused');
  });

  it('is held to its name, its dates and its use although its CA counts', async () => {
    suite.serverAnchors = [company];
    expect(trust.offer(suite.signedMap(), Date.now())).toBe('taken');
    const wrong = {
      'another name': [{ hostNames: ['work.elsewhere.test'] }, /does not match/],
      'a name two labels below the wildcard': [{ hostNames: ['*.test'] }, /does not match/],
      expired: [{ from: Date.now() - 9 * DAY_MS, to: Date.now() - DAY_MS }, /CERT_HAS_EXPIRED/],
      'not valid yet': [{ from: Date.now() + DAY_MS, to: Date.now() + 9 * DAY_MS }, /CERT_NOT_YET_VALID/],
      'for clients': [{ usages: ['1.3.6.1.5.5.7.3.2'] }, /its certificate is refused/],
    } as const;
    for (const [what, [changes, refusal]] of Object.entries(wrong)) {
      suite.show(await companyChain({ ...changes } as Partial<Parameters<typeof issue>[0]>));
      expect(await dial(), what).toMatch(refusal);
    }
  });
});

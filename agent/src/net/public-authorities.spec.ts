import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { ServerClock } from '../state/clock';
import { issue, type Issued, makeRoot, SERVER_AUTH } from '../testing/certificate-maker';
import { FakeSuite, HOST } from '../testing/fake-suite';
import { TrustStore } from '../trust/trust-store';
import { Dialler } from './dialler';

const DAY_MS = 86_400_000;
let folder: string;
/** Stands in for Mozilla's list, whose keys nobody here has. */
let authority: Issued;
let suite: FakeSuite;

beforeAll(async () => {
  authority = await makeRoot('Public root');
});
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'muster-public-'));
  suite = await FakeSuite.start();
  suite.show(await wildcard());
});
afterEach(async () => {
  await suite.stop();
  rmSync(folder, { recursive: true });
});

const wildcard = (changes: Partial<Parameters<typeof issue>[0]> = {}): Promise<Issued> =>
  issue({
    ...{ name: HOST, issuer: authority, usages: [SERVER_AUTH], hostNames: ['*.muster-agent.test'] },
    ...changes,
  });

async function dial(publicServers?: boolean): Promise<string> {
  const { anchors, enrolment } = suite.config();
  const first = { anchors, ...(publicServers ? { publicServers } : {}) };
  const trust = new TrustStore(join(folder, 'trust.json'), first, () => [new X509Certificate(authority.pem)]);
  const dialler = new Dialler(trust, new ServerClock(join(folder, 'clock.json')));
  try {
    (await dialler.dial(enrolment.map((place) => ({ ...place, pins: [] })))).destroy();
    return 'connected';
  } catch (error) {
    return (error as Error).message;
  }
}

it('counts only where the installation says so', async () => {
  expect(await dial()).toContain('its certificate is refused');
  expect(await dial(true)).toBe('connected');
});

it('is held to name and dates, and makes no other CA count', async () => {
  suite.show(await wildcard({ hostNames: ['*.elsewhere.test'] }));
  expect(await dial(true)).toContain('does not match');
  suite.show(await wildcard({ from: Date.now() - 9 * DAY_MS, to: Date.now() - DAY_MS }));
  expect(await dial(true)).toContain('CERT_HAS_EXPIRED');
  suite.show(await wildcard({ issuer: await makeRoot('Stranger') }));
  expect(await dial(true)).toContain('its certificate is refused');
});

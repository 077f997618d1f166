import { existsSync, readdirSync, rmSync } from 'node:fs';
import type { ReleaseManifest } from '@muster/contracts';
import { eventually } from '@muster/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { installAgent } from '../testing/agent-process';
import { type Issued, makeRoot, makeSigner, signText } from '../testing/certificate-maker';
import { FakePush } from '../testing/fake-push';
import { FakeReleases } from '../testing/fake-releases';
import { FakeSuite } from '../testing/fake-suite';
import { BROKEN, makePackage, WORKING } from '../testing/release-packages';
import { SupervisedAgent } from '../testing/supervised-agent';

const WITHIN = { within: 60_000 };
const OLD = '1.2.3';
const NEW = '1.3.0';
// Each starts an agent a few times.
vi.setConfig({ testTimeout: 180_000 });

let template: string;
let suite: FakeSuite;
let releases: FakeReleases;
let agent: SupervisedAgent;
beforeAll(() => {
  template = installAgent();
});
afterAll(() => rmSync(template, { recursive: true, force: true }));
beforeEach(async () => {
  suite = await FakeSuite.start();
  releases = suite.releases = new FakeReleases();
  agent = new SupervisedAgent(template, suite.config());
});
afterEach(async () => {
  await agent.stop();
  await suite.stop();
  agent.remove();
  expect(suite.faults).toEqual([]);
});

const want = (main: string, changes: Partial<ReleaseManifest> = {}, greenWithinSeconds?: number): string => {
  const bytes = makePackage({ 'main.mjs': main, 'package.json': '{"type":"module"}' });
  return releases.want(suite.signRelease(releases.manifest(bytes, changes)), greenWithinSeconds);
};
const outcome = () => eventually(() => releases.outcomes[0], WITHIN);
const versions = (): string[] => readdirSync(agent.install.folderOf('.')).sort();
/** Runs as the version that is named, and is in step with the server. */
const comesBack = async (as: string): Promise<void> => {
  await eventually(() => agent.connectedAs === as, WITHIN);
  expect(agent.install.trial).toBeUndefined();
};
/** The server goes on asking for it, and is asked, but nothing happens any more. */
const isLeftAlone = async (): Promise<void> => {
  const [asked, starts] = [releases.asked.length, agent.starts];
  await eventually(() => releases.asked.length > asked + 1, WITHIN);
  expect(agent.starts).toBe(starts);
};

describe('a release that works', () => {
  it('is fetched, verified, switched to, confirmed, and told', async () => {
    const releaseId = want(WORKING);
    agent.start();
    expect(await outcome()).toEqual({ releaseId, outcome: 'installed', fromVersion: OLD });
    expect(agent.install.current).toBe(NEW);
    expect(agent.install.trial).toBeUndefined();
    // The one before stays, for a person who wants to go back.
    expect(versions()).toEqual([OLD, NEW]);
    await eventually(() => releases.asked.at(-1)?.version === NEW, WITHIN);
    expect(agent.starts).toBe(2);
  });

  it('goes on where its download was cut off, again and again', async () => {
    const filler = Array.from({ length: 40_000 }, () => Math.random().toString(36)).join('\n');
    const bytes = makePackage({ 'main.mjs': WORKING, 'filler.txt': filler });
    releases.cuts.push(50_000, 70_000);
    releases.want(suite.signRelease(releases.manifest(bytes)));
    agent.start();
    await eventually(() => releases.deliveries.length === 2, WITHIN);
    // Ended in the middle of a download: what came stays.
    await outcome();
    expect(releases.deliveries[0]).toBe('whole');
    const starts = releases.deliveries.slice(1).map((range) => Number(/^bytes=(\d+)-$/.exec(range)?.[1]));
    expect(starts).toHaveLength(2);
    expect(starts[0]).toBeGreaterThan(0);
    expect(starts[1]).toBeGreaterThan(starts[0] as number);
    expect(agent.install.current).toBe(NEW);
  });

  it('comes when the broker tells of it, and not an hour later', async () => {
    const push = await FakePush.start(await suite.serverCertificate(suite.anchors[0] as Issued));
    suite.push = { port: push.port };
    releases.askAgainSeconds = 3600;
    try {
      agent.start();
      await eventually(() => releases.asked.length === 1 && push.bound, WITHIN);
      // What waits for a sync is no reason to ask for a release.
      const syncs = suite.syncs.length;
      push.wake();
      await eventually(() => suite.syncs.length > syncs, WITHIN);
      expect(releases.asked).toHaveLength(1);
      const releaseId = want(WORKING);
      push.wake('release');
      expect(await outcome()).toEqual({ releaseId, outcome: 'installed', fromVersion: OLD });
      expect(agent.install.current).toBe(NEW);
    } finally {
      await agent.stop();
      await push.stop();
    }
  });

  it('is not switched to when the roll-out stops before', async () => {
    want(WORKING);
    let asked = 0;
    releases.onAsk = () => {
      if (++asked === 2) releases.wanted = undefined;
    };
    agent.start();
    await eventually(() => releases.asked.length > 4, WITHIN);
    expect({ current: agent.install.current, starts: agent.starts }).toEqual({ current: OLD, starts: 1 });
    expect(releases.outcomes).toEqual([]);
  });
});

describe('a broken build', () => {
  it.each(Object.entries(BROKEN))(
    'that %s is given up: the version before runs again, and it is not tried again',
    async (_how, main) => {
      const releaseId = want(main, {}, 5);
      agent.start();
      expect(await outcome()).toMatchObject({
        releaseId,
        outcome: 'failed',
        fromVersion: OLD,
        why: expect.stringMatching(/./),
      });
      await comesBack(OLD);
      await isLeftAlone();
      expect(versions()).toEqual([OLD]);
      expect(releases.outcomes.every((one) => one.outcome === 'failed')).toBe(true);
    },
  );

  it('says how it failed', async () => {
    want(BROKEN['crashes at its start']);
    agent.start();
    expect((await outcome()).why).toBe('it failed: broken build');
  });
});

describe('a release that is not to be believed is refused, told, and nothing is switched', () => {
  let number = 0;
  /** Other bytes each time: a digest that failed is not looked at again. */
  const package_ = (): Buffer => makePackage({ 'main.mjs': `${WORKING}// ${number++}\n` });
  const cases: Array<[string, RegExp, () => Promise<void> | void]> = [
    [
      'whose manifest was changed',
      /signature does not fit/,
      () => {
        const signed = suite.signRelease(releases.manifest(package_()));
        releases.want({ ...signed, payload: signed.payload.replace(NEW, '9.9.9') });
      },
    ],
    [
      'signed by a key for operations',
      /no pinned root delegated/,
      () => void releases.want(suite.sign(releases.manifest(package_()))),
    ],
    [
      'signed under another root',
      /no pinned root delegated/,
      async () => {
        const signer = await makeSigner(await makeRoot('Other root'), 'release');
        releases.want(signText(JSON.stringify(releases.manifest(package_())), signer));
      },
    ],
    [
      'whose package was exchanged',
      /not the one whose digest was signed/,
      () => {
        const manifest = releases.manifest(package_());
        releases.bytes = Buffer.from(releases.bytes).fill(0, 100, 110);
        releases.want(suite.signRelease(manifest));
      },
    ],
    [
      'whose package is longer than was signed',
      /longer than was signed|another length/,
      () => {
        const manifest = releases.manifest(package_());
        releases.bytes = Buffer.concat([releases.bytes, Buffer.alloc(10)]);
        releases.want(suite.signRelease(manifest));
      },
    ],
    [
      'that was packed without a program',
      /holds no main.mjs/,
      () => void releases.want(suite.signRelease(releases.manifest(makePackage({ 'other.mjs': '' })))),
    ],
    [
      'whose archive is cut off',
      /could not be unpacked/,
      () => void releases.want(suite.signRelease(releases.manifest(package_().subarray(0, -40)))),
    ],
    [
      'that unpacks to more than was signed',
      /more than its manifest says/,
      () => void releases.want(suite.signRelease(releases.manifest(package_(), { unpackedBytes: 10 }))),
    ],
    [
      'for another organisation',
      /another organisation/,
      () => void want(WORKING, { organisationId: '01990000-0000-7000-8000-0000000000ff' }),
    ],
    ['for another platform', /it is for win32-arm64/, () => void want(WORKING, { platform: 'win32-arm64' })],
    ['that is older', /not newer than 1.2.3/, () => void want(WORKING, { version: '1.2.2' })],
    ['of the version that runs', /not newer than 1.2.3/, () => void want(WORKING, { version: OLD })],
    [
      'that is older, and a way back from another version',
      /not signed as a way back/,
      () => void want(WORKING, { version: '1.2.2', downgradeFrom: ['1.2.4'] }),
    ],
  ];
  it('whatever is wrong with it', async () => {
    agent.start();
    for (const [what, why, prepare] of cases) {
      const before = releases.outcomes.length;
      await prepare();
      const told = await eventually(() => releases.outcomes[before], WITHIN);
      expect(told, what).toMatchObject({ outcome: 'failed', why: expect.stringMatching(why) });
      releases.wanted = undefined;
      await eventually(() => releases.asked.length > releases.outcomes.length, WITHIN);
      expect({ current: agent.install.current, starts: agent.starts }, what).toEqual({ current: OLD, starts: 1 });
      expect(versions(), what).toEqual([OLD]);
    }
  });
});

it('goes back to an older version that is signed as a way back from this one', async () => {
  want(WORKING, { version: '1.2.2', downgradeFrom: ['1.2.4', OLD] });
  agent.start();
  expect(await outcome()).toMatchObject({ outcome: 'installed' });
  expect(agent.install.current).toBe('1.2.2');
  expect(existsSync(agent.install.folderOf(OLD))).toBe(true);
});

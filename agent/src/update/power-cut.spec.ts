import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { eventually } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installAgent } from '../testing/agent-process';
import { FakeReleases } from '../testing/fake-releases';
import { FakeSuite } from '../testing/fake-suite';
import { BROKEN, makePackage, WORKING } from '../testing/release-packages';
import { SupervisedAgent } from '../testing/supervised-agent';

const WITHIN = { within: 60_000 };
const OLD = '1.2.3';
const PRELOAD = resolve(import.meta.dirname, '../testing/die-at.mjs');
/** Of all changes every seventh is tried, and each one with MUSTER_EVERY_CHANGE=1 (ten minutes). */
const STEP = process.env['MUSTER_EVERY_CHANGE'] === '1' ? 1 : 7;
/** As many as two cores take. */
const AT_ONCE = 2;

let template: string;
beforeAll(() => {
  template = installAgent();
});
afterAll(() => rmSync(template, { recursive: true, force: true }));

interface Ending {
  /** Changes that were made to the installation in all. */
  changes: number;
  killed: boolean;
  current: string;
  outcomes: string[];
  left: string[];
}

/** Updates an agent that is killed at its n-th change to the installation, until it has told what became of it. */
async function update(main: string, dieAt: number): Promise<Ending> {
  const suite = await FakeSuite.start();
  const releases = (suite.releases = new FakeReleases());
  const environment: Record<string, string> = {};
  const agent = new SupervisedAgent(template, suite.config(), environment, ['--import', PRELOAD]);
  const log = join(agent.install.path, 'state', 'changes');
  mkdirSync(join(agent.install.path, 'state'), { mode: 0o700 });
  Object.assign(environment, {
    MUSTER_DIE_BELOW: agent.install.path,
    MUSTER_DIE_LOG: log,
    MUSTER_DIE_AT: String(dieAt),
  });
  try {
    const bytes = makePackage({ 'main.mjs': main, 'lib/more.mjs': '' });
    releases.want(suite.signRelease(releases.manifest(bytes)));
    agent.start();
    await eventually(() => releases.outcomes.length > 0, WITHIN);
    // Startable, and at work: it asks again after it has told.
    const asked = releases.asked.length;
    await eventually(() => releases.asked.length > asked + 1, WITHIN);
    await eventually(() => agent.install.outcome === undefined, WITHIN);
    expect(agent.install.trial).toBeUndefined();
    const changes = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').length : 0;
    return {
      changes,
      killed: changes >= dieAt,
      current: agent.install.current,
      outcomes: [...new Set(releases.outcomes.map(({ outcome }) => outcome))],
      left: readdirSync(agent.install.folderOf('.')).filter((name) => name.startsWith('.')),
    };
  } finally {
    await agent.stop();
    await suite.stop();
    agent.remove();
  }
}

/**
 * Each n, or each STEP-th, up to the number of changes of an undisturbed update. Two updates need not change the same number of
 * things, as an agent looks and tells by the clock too: the last few kills may come after the end.
 */
async function atEachChange(main: string, expected: Omit<Ending, 'changes' | 'killed'>): Promise<number> {
  const { changes, killed, ...undisturbed } = await update(main, Infinity);
  expect({ killed, ...undisturbed }).toEqual({ killed: false, ...expected });
  const points = Array.from({ length: changes }, (_, place) => place + 1).filter((point) => point % STEP === 0);
  const missed: number[] = [];
  const worker = async (): Promise<void> => {
    for (let point = points.shift(); point !== undefined; point = points.shift()) {
      const { changes: made, killed: died, ...ending } = await update(main, point);
      expect(ending, `killed at change ${point} of ${made}`).toEqual(expected);
      if (!died) missed.push(point);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  expect(missed.filter((point) => point < changes * 0.9)).toEqual([]);
  return changes;
}

describe('an agent that is killed at any change it makes to its installation', () => {
  it('gets to the new version that works', async () => {
    const expected = { current: '1.3.0', outcomes: ['installed'], left: [] };
    expect(await atEachChange(WORKING, expected)).toBeGreaterThan(25);
  }, 900_000);

  it('gets back to the old version from one that does not', async () => {
    const expected = { current: OLD, outcomes: ['failed'], left: [] };
    expect(await atEachChange(BROKEN['crashes at its start'], expected)).toBeGreaterThan(35);
  }, 900_000);
});

const mayMount = process.platform === 'linux' && process.getuid?.() === 0;
const skipped = mayMount ? '' : ' (skipped: mounting small file systems needs root on Linux)';
describe.skipIf(!mayMount)(`an agent whose disk fills up while it unpacks${skipped}`, () => {
  it.each([
    // The check before sees enough space; then there is no room for another file, or for more bytes.
    ['with many files', 'size=200m,nr_inodes=20', 'ENOSPC'],
    ['with too little space from the start', 'size=20m', 'too little space'],
  ])(
    '%s stays as it is, says so, and leaves nothing',
    async (_how, options, why) => {
      const suite = await FakeSuite.start();
      const releases = (suite.releases = new FakeReleases());
      const agent = new SupervisedAgent(template, suite.config());
      const folder = agent.install.folderOf('.');
      const kept = `${agent.install.path}/kept`;
      execFileSync('cp', ['-r', folder, kept]);
      execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'none', folder]);
      try {
        execFileSync('cp', ['-r', `${kept}/.`, folder]);
        const files = Object.fromEntries(Array.from({ length: 40 }, (_, place) => [`file-${place}.mjs`, 'content']));
        releases.want(suite.signRelease(releases.manifest(makePackage({ 'main.mjs': WORKING, ...files }))));
        agent.start();
        const told = await eventually(() => releases.outcomes[0], WITHIN);
        expect(told).toMatchObject({ outcome: 'failed', why: expect.stringContaining(why) });
        expect(readdirSync(folder)).toEqual([OLD]);
        await eventually(() => agent.connectedAs === OLD, WITHIN);
        expect(agent.starts).toBe(1);
      } finally {
        await agent.stop();
        execFileSync('umount', ['--lazy', folder]);
        await suite.stop();
        agent.remove();
      }
    },
    60_000,
  );
});

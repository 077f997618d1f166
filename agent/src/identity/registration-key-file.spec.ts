import 'reflect-metadata';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Agent } from '../agent';
import { LinuxPlatform } from '../platform/linux';
import { StateFolder } from '../state/state-folder';
import { FakeSuite } from '../testing/fake-suite';
import { RecordedLog } from '../testing/recorded-log';

let suite: FakeSuite;
let state: StateFolder;

beforeEach(async () => {
  suite = await FakeSuite.start();
  state = new StateFolder(mkdtempSync(join(tmpdir(), 'muster-key-file-')));
});
afterEach(async () => {
  await suite.stop();
  rmSync(state.path, { recursive: true });
});

const makeAgent = (): Agent => {
  const { registrationKey: _left, ...config } = suite.config();
  return new Agent(config, state, new LinuxPlatform(), new RecordedLog());
};

describe('the registration key that an installer leaves', () => {
  it('opens enrolment and is gone afterwards', async () => {
    writeFileSync(state.registrationKey, 'left-by-the-installer\n', { mode: 0o600 });
    await makeAgent().enrol();
    expect(suite.enrolments.map(({ registrationKey }) => registrationKey)).toEqual(['left-by-the-installer']);
    expect(existsSync(state.registrationKey)).toBe(false);
  });

  it('goes unused where the device is enrolled already, as when a package is installed again', async () => {
    writeFileSync(state.registrationKey, 'first');
    await makeAgent().enrol();
    writeFileSync(state.registrationKey, 'second');
    await makeAgent().enrol();
    expect(suite.enrolments).toHaveLength(1);
    expect(existsSync(state.registrationKey)).toBe(false);
  });

  it('stays until the device is enrolled', async () => {
    writeFileSync(state.registrationKey, 'first');
    const away = makeAgent();
    await suite.stop();
    await expect(away.enrol()).rejects.toThrow();
    expect(existsSync(state.registrationKey)).toBe(true);
    suite = await FakeSuite.start();
  });

  it('is asked for in words where there is none', () =>
    expect(makeAgent().enrol()).rejects.toThrow('there is no registration key'));
});

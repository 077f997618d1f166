import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Dialler } from '../net/dialler';
import { LinuxPlatform } from '../platform/linux';
import { ServerClock } from '../state/clock';
import type { Log } from '../state/log';
import { StateFolder } from '../state/state-folder';
import { makeRoot } from '../testing/certificate-maker';
import { FakeSuite } from '../testing/fake-suite';
import { TrustStore } from '../trust/trust-store';
import { enrolDevice } from './enrolment';
import { Identity } from './identity';
import { Renewal } from './renewal';

const DAY_MS = 86_400_000;
let folder: string;
let suite: FakeSuite;
let device: { identity: Identity; trust: TrustStore; clock: ServerClock; dialler: Dialler; log: Log };
let logged: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'muster-renewal-'));
  suite = await FakeSuite.start();
  const state = new StateFolder(folder);
  const config = suite.config();
  const trust = new TrustStore(state.trust, config);
  const clock = new ServerClock(state.clock);
  const dialler = new Dialler(trust, clock);
  const identity = new Identity(state);
  logged = [];
  const note = (event: string): void => void logged.push(event);
  device = { identity, trust, clock, dialler, log: { info: note, warn: note, error: note } };
  const { enrolment: addresses, registrationKey } = config;
  await enrolDevice({ addresses, registrationKey, dialler, trust, identity, platform: new LinuxPlatform(), clock });
});
afterEach(async () => {
  await suite.stop();
  rmSync(folder, { recursive: true });
});

describe('renewal', () => {
  it('keeps the key readable by its own user only', () => {
    expect(statSync(join(folder, 'device.key')).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'identity.json')).mode & 0o777).toBe(0o600);
  });

  it('waits until the server said, and then renews within the spread', async () => {
    const renewal = new Renewal(device);
    expect(await renewal.check()).toBe(false);
    device.clock.learn(Date.now() + 59 * DAY_MS);
    expect(await renewal.check()).toBe(false);
    device.clock.learn(Date.now() + 64 * DAY_MS);
    const before = device.identity.enrolled?.chain;
    expect(await renewal.check()).toBe(true);
    expect(device.identity.enrolled?.chain).not.toBe(before);
    expect(suite.renewals).toBe(1);
  });

  it('moves to a newer root as soon as a map names it, once', async () => {
    const next = await makeRoot('Next root', Date.now() - 3_600_000);
    suite.anchors = [...suite.anchors, next];
    suite.mapVersion = 2;
    expect(device.trust.offer(suite.signedMap(), Date.now())).toBe('taken');
    await suite.useRoot(next);
    const renewal = new Renewal(device, 0);
    expect(device.identity.isUnder(next.certificate)).toBe(false);
    expect(await renewal.check()).toBe(true);
    expect(device.identity.isUnder(next.certificate)).toBe(true);
    expect(await renewal.check()).toBe(false);
    expect(suite.renewals).toBe(1);
  });

  it('tells when its turn comes, so that a spread shorter than the regular checks is kept', async () => {
    const renewal = new Renewal(device, 60);
    await renewal.check();
    expect(renewal.turnInMs).toBeUndefined();
    const next = await makeRoot('Next root', Date.now() - 3_600_000);
    suite.anchors = [...suite.anchors, next];
    suite.mapVersion = 2;
    device.trust.offer(suite.signedMap(), Date.now());
    await suite.useRoot(next);
    expect(await renewal.check()).toBe(false);
    const { turnInMs = 0 } = renewal;
    expect(turnInMs).toBeGreaterThan(0);
    expect(turnInMs).toBeLessThanOrEqual(60_000);
    device.clock.learn(device.clock.now() + turnInMs + 1);
    expect(await renewal.check()).toBe(true);
    expect(renewal.turnInMs).toBeUndefined();
  });

  it('tries once a day while the issuing authority has not moved yet', async () => {
    suite.anchors = [...suite.anchors, await makeRoot('Next root', Date.now() - 3_600_000)];
    suite.mapVersion = 2;
    device.trust.offer(suite.signedMap(), Date.now());
    const renewal = new Renewal(device, 0);
    expect(await renewal.check()).toBe(true);
    expect(await renewal.check()).toBe(false);
    device.clock.learn(Date.now() + 1.1 * DAY_MS);
    expect(await renewal.check()).toBe(true);
  });

  it('keeps what it has when the server is away or refuses', async () => {
    const before = device.identity.enrolled;
    device.clock.learn(Date.now() + 89 * DAY_MS);
    await suite.stop();
    expect(await new Renewal(device).check()).toBe(false);
    expect(device.identity.enrolled).toBe(before);
    expect(logged).toEqual(['certificate not renewed']);
    suite = await FakeSuite.start();
  });

  it('does not take a certificate for another key or device', () => {
    const mine = device.identity.enrolled;
    if (!mine) throw new Error('not enrolled');
    const foreign = suite.anchors[0]?.pem ?? '';
    expect(() => device.identity.keep({ ...mine, chain: foreign })).toThrow('another key');
    expect(() => device.identity.keep({ ...mine, deviceId: mine.organisationId })).toThrow('another device');
  });
});

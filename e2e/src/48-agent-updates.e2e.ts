import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  createRegistrationKey,
  listAudit,
  listReleaseDevices,
  type RegistrationKey,
  retireDevice,
  stopRelease,
} from '@muster/contracts';
import type { SimulatedDevice } from '@muster/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Api } from './harness/api';
import { accessibilityFaults, openBrowser, openContext, signInOn } from './harness/browser';
import { enrolledDevice } from './harness/devices';
import { belowPrefix, type Pasted } from './harness/machines';
import { ADMIN_EMAIL, asAdmin, PASSWORD } from './harness/people';
import { localDevice, start, untilEnded } from './harness/procedures';
import { Publisher } from './harness/releases';
import { data, until } from './harness/stack';
import { type AgentStatus, UPDATE_SECONDS, UpdatingAgent } from './harness/updating-agent';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });
const agent = UpdatingAgent.ofStack();

let admin: Api;
let device: string;
let browser: Browser;
let page: Page;
let publisher: Publisher;
let first: string;

beforeAll(async () => {
  admin = await asAdmin();
  device = (await localDevice(admin)).id;
  first = agent.status.version;
  publisher = await Publisher.create(admin);
  browser = await openBrowser();
  page = await (await openContext(browser)).newPage();
  await page.goto('/');
  await signInOn(page, ADMIN_EMAIL, PASSWORD);
  await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
});
afterAll(async () => {
  await browser?.close();
  await publisher?.close();
});

/** In the console: everybody. @param failures more stop it */
async function rollOut(version: string, failures = 0): Promise<void> {
  await page.goto('/releases');
  const row = page.getByRole('row').filter({ hasText: version });
  await row.getByRole('button', { name: `Roll out ${version}` }).click();
  const dialog = page.getByRole('dialog', { name: `Roll out ${version}` });
  await dialog.getByLabel('Channel').selectOption('stable');
  await dialog.getByLabel('Share of devices').fill('100');
  await dialog.getByRole('textbox', { name: 'Failures allowed', exact: true }).fill(String(failures));
  await dialog.getByRole('button', { name: 'Roll out' }).click();
  await dialog.waitFor({ state: 'detached' });
  await row.getByText('Rolling out').waitFor();
}
const actionsOf = async (targetId: string): Promise<string[]> =>
  (await admin.call(listAudit, { query: { targetId } })).entries.map(({ action }) => action).sort();
/** The version that comes so many patches after the one that was installed. */
const later = (patches: number): string => {
  const [major, minor, patch] = first.split('.').map(Number);
  return `${major}.${minor}.${Number(patch) + patches}`;
};

describe('a release that works', () => {
  let version: string;
  beforeAll(() => {
    version = later(1);
  });

  it('is published by the tool, which has it signed, and refuses another name for the build', async () => {
    const folder = publisher.build(version);
    await expect(publisher.publish('--folder', folder, '--version', later(7))).rejects.toMatchObject({
      stderr: expect.stringContaining(`is version ${version}, not ${later(7)}`),
    });
    expect(await publisher.publish('--folder', folder)).toContain('is ready');
    expect(await publisher.releaseOf(version)).toMatchObject({ state: 'ready', offered: 0 });
  });

  it('reaches the device by way of the broker when it is rolled out in the console', async () => {
    const before = agent.status;
    await rollOut(version);
    await agent.untilGreenAs(admin, version, before);
    // The agent itself looks now and then whether it is.
    await until('it is confirmed', async () => agent.current === version);
  });

  it('is shown as installed, without a reload, and told to the audit log', async () => {
    const { id, sha256 } = await publisher.releaseOf(version);
    const row = page.getByRole('row').filter({ hasText: version });
    await row.getByText('1 installed, 0 failed, 0 updating').waitFor();
    await row.getByRole('link', { name: version }).click();
    await page.getByText(sha256).waitFor();
    await page.getByRole('row').filter({ hasText: device }).getByText('Installed').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.goto(`/devices/${device}`);
    await page.getByText(version, { exact: true }).first().waitFor();
    const told = ['release-roll-out.changed', 'release.announced', 'release.published'];
    await until('the audit log knows', async () => isDeepStrictEqual(await actionsOf(id), told));
    const query = { action: 'device-update.ended', targetId: device, size: 1 };
    await until('and which device has it', async () => {
      const [entry] = (await admin.call(listAudit, { query })).entries;
      const tells = (name: string, value: string): boolean =>
        entry?.details.some((detail) => detail.name === name && detail.value === value) === true;
      return entry?.outcome === 'done' && tells('releaseId', id) && tells('version', version);
    });
  });
});

/** Runs, but reaches nobody. */
const BROKEN = `import tls from 'node:tls';
import { syncBuiltinESMExports } from 'node:module';
tls.connect = () => { throw new Error('broken build'); };
syncBuiltinESMExports();
`;

/** Devices that only take part: they say what became of the update, as an agent would. */
const SIMULATED = 6;

describe('a broken build', () => {
  let good: string;
  let broken: string;
  let key: RegistrationKey;
  const machines = [belowPrefix(), belowPrefix()];
  const agents = [agent, ...machines.map((machine) => UpdatingAgent.on(machine.at))];
  let before: AgentStatus[];
  const simulated: SimulatedDevice[] = [];
  const all = agents.length + SIMULATED;

  const linesTo = (purpose: 'install' | 'uninstall'): Promise<Pasted[]> => {
    const line = key.installLines?.find((one) => one.platform === 'linux' && one.purpose === purpose)?.line ?? '';
    return Promise.all(machines.map((machine) => machine.paste(line)));
  };
  beforeAll(async () => {
    [good, broken] = [later(1), later(2)];
    // Who comes now stays as it is.
    await admin.call(stopRelease, { params: { id: (await publisher.releaseOf(good)).id } });
    key = await admin.call(createRegistrationKey, { body: { name: 'a broken build' } });
    for (const pasted of await linesTo('install')) expect(pasted).toMatchObject({ code: 0, stderr: '' });
    for (const one of agents) await until('it is connected', async () => one.status.connected);
    before = agents.map(({ status }) => status);
    expect(before.map(({ version }) => version)).toEqual([good, first, first]);
    for (let number = 0; number < SIMULATED; number++) simulated.push(await enrolledDevice());
  });
  afterAll(async () => {
    await linesTo('uninstall');
    for (const machine of machines) await machine.close();
    const ids = [...before.slice(1).map(({ deviceId }) => deviceId), ...simulated.map(({ id }) => id)];
    for (const id of ids) await admin.call(retireDevice, { params: { id } });
  });

  it('signed far from the server is rolled out, runs, and does not get green', async () => {
    const folder = publisher.build(broken, BROKEN);
    const packed = join(publisher.folder, 'packed');
    const signing = join(data, 'authority/signing/release');
    await publisher.publish(
      '--folder',
      folder,
      '--pack',
      packed,
      '--key',
      `${signing}.key`,
      '--certificate',
      `${signing}.crt`,
    );
    expect(readdirSync(packed).sort()).toEqual(['manifest.json', 'package.tar.gz', 'signed.json']);
    const files = ['--signed', join(packed, 'signed.json'), '--package', join(packed, 'package.tar.gz')];
    expect(await publisher.publish(...files)).toContain('is ready');
    await rollOut(broken, all - 1);
    const { id } = await publisher.releaseOf(broken);
    for (const device of simulated) expect(await device.wantedRelease()).toMatchObject({ releaseId: id });
    await until('it runs', async () => agent.status.version === broken && !agent.status.connected);
    const offered = async (): Promise<number> => (await publisher.releaseOf(broken)).offered;
    await until('all are offered it', async () => (await offered()) === all, UPDATE_SECONDS);
    expect(await publisher.releaseOf(broken)).toMatchObject({ state: 'running', installed: 0 });
  });

  it('is left by every device itself, which is green again as what it was', async () => {
    const failed = async (): Promise<number> => (await publisher.releaseOf(broken)).failed;
    await until('the server knows of all agents', async () => (await failed()) === agents.length, UPDATE_SECONDS);
    for (const [index, one] of agents.entries()) {
      const was = before[index] as AgentStatus;
      await one.untilGreenAs(admin, was.version, was);
      expect(one.current).toBe(was.version);
    }
    const { id } = await publisher.releaseOf(broken);
    for (const device of simulated)
      await device.reportUpdate(id, { outcome: 'failed', fromVersion: device.facts.agentVersion, why: 'simulated' });
    await until('the server knows of all', async () => (await failed()) === all);
    const { devices } = await admin.call(listReleaseDevices, { params: { id } });
    const told = (deviceId: string, fromVersion: string, why: RegExp): object =>
      expect.objectContaining({ deviceId, state: 'failed', fromVersion, why: expect.stringMatching(why) });
    const byItself = /^it (was not green within 45 seconds|ended \d+ times before it was green)$/;
    expect(devices).toHaveLength(all);
    expect(devices).toEqual(
      expect.arrayContaining([
        ...before.map(({ deviceId, version }) => told(deviceId, version, byItself)),
        ...simulated.map((one) => told(one.id, one.facts.agentVersion, /^simulated$/)),
      ]),
    );
  });

  it('stops its roll-out by itself, and the console says so and why', async () => {
    const release = await publisher.releaseOf(broken);
    expect(release).toMatchObject({ state: 'halted', installed: 0, failed: all, offered: all });
    const row = page.getByRole('row').filter({ hasText: broken });
    await row.getByText('Stopped by itself').waitFor();
    await row.getByRole('link', { name: broken }).click();
    await page.getByText(`${all} devices failed, and at most ${all - 1} may.`).waitFor();
    await page.getByRole('row').filter({ hasText: device }).getByText('Failed').waitFor();
    await until('the audit log knows', async () => (await actionsOf(release.id)).includes('release-roll-out.stopped'));
  });

  it('is not tried again, and the devices stay as they are', async () => {
    const pids = (): number[] => agents.map(({ status }) => status.pid);
    const now = pids();
    const { offered } = await publisher.releaseOf(broken);
    const { id } = await start(admin, device, 'true');
    expect((await untilEnded(admin, id)).state).toBe('COMPLETED');
    for (const one of simulated) expect(await one.wantedRelease()).toBeUndefined();
    expect((await publisher.releaseOf(broken)).offered).toBe(offered);
    expect(pids()).toEqual(now);
    expect(agents.map(({ current }) => current)).toEqual([good, first, first]);
  });
});

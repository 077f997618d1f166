import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { listAudit, listReleaseDevices, readDevice } from '@muster/contracts';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Api } from './harness/api';
import { accessibilityFaults, openBrowser, openContext, signInOn } from './harness/browser';
import { ADMIN_EMAIL, asAdmin, PASSWORD } from './harness/people';
import { localDevice, outputOf, start, untilEnded } from './harness/procedures';
import { Publisher } from './harness/releases';
import { data, until } from './harness/stack';

/** Longer than a version may take to get green here, and much shorter than the hour after which devices ask by themselves. */
const SECONDS = 150;
vi.setConfig({ testTimeout: 240_000 });
const INSTALL = join(data, 'agent');

interface Status {
  pid: number;
  version: string;
  connected: boolean;
  lastSync?: string;
}
const status = (): Status => JSON.parse(readFileSync(join(data, 'agent-state/status.json'), 'utf8')) as Status;
const current = (): string => readFileSync(join(INSTALL, 'current'), 'utf8').trim();

let admin: Api;
let device: string;
let browser: Browser;
let page: Page;
let publisher: Publisher;
let first: string;

beforeAll(async () => {
  admin = await asAdmin();
  device = (await localDevice(admin)).id;
  first = status().version;
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

/** In the console: everybody, and not one failure. */
async function rollOut(version: string): Promise<void> {
  await page.goto('/releases');
  const row = page.getByRole('row').filter({ hasText: version });
  await row.getByRole('button', { name: `Roll out ${version}` }).click();
  const dialog = page.getByRole('dialog', { name: `Roll out ${version}` });
  await dialog.getByLabel('Channel').selectOption('stable');
  await dialog.getByLabel('Share of devices').fill('100');
  await dialog.getByRole('textbox', { name: 'Failures allowed', exact: true }).fill('0');
  await dialog.getByRole('button', { name: 'Roll out' }).click();
  await dialog.waitFor({ state: 'detached' });
  await row.getByText('Rolling out').waitFor();
}
/** The agent runs as this version, both sides say that it is connected, and it runs what it is asked. */
async function isGreenAs(version: string, before: Status): Promise<void> {
  await until(
    `${version} is green`,
    async () => {
      const { version: running, pid, connected, lastSync } = status();
      if (running !== version || pid === before.pid || !connected || !lastSync) return false;
      const seen = await admin.call(readDevice, { params: { id: device } });
      return seen.presence === 'online' && seen.agentVersion === version;
    },
    SECONDS,
  );
  const { id } = await start(admin, device, 'echo still here');
  expect((await untilEnded(admin, id)).state).toBe('COMPLETED');
  expect(await outputOf(admin, id)).toBe('still here\n');
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
    const before = status();
    await rollOut(version);
    await isGreenAs(version, before);
    // The agent itself looks now and then whether it is.
    await until('it is confirmed', async () => current() === version);
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

describe('a broken build', () => {
  let good: string;
  let broken: string;
  let before: Status;
  beforeAll(() => {
    [good, broken] = [later(1), later(2)];
    before = status();
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
    await rollOut(broken);
    await until('it runs', async () => status().version === broken && !status().connected);
    expect(await publisher.releaseOf(broken)).toMatchObject({ state: 'running', offered: 1, failed: 0 });
  });

  it('is left by the device itself, which is green again as what it was', async () => {
    await until('the server knows', async () => (await publisher.releaseOf(broken)).failed === 1, SECONDS);
    await isGreenAs(good, before);
    expect(current()).toBe(good);
    const { devices } = await admin.call(listReleaseDevices, {
      params: { id: (await publisher.releaseOf(broken)).id },
    });
    expect(devices).toEqual([
      expect.objectContaining({
        deviceId: device,
        state: 'failed',
        fromVersion: good,
        why: 'it was not green within 45 seconds',
      }),
    ]);
  });

  it('stops its roll-out by itself, and the console says so and why', async () => {
    const release = await publisher.releaseOf(broken);
    expect(release).toMatchObject({ state: 'halted', installed: 0, failed: 1, offered: 1 });
    const row = page.getByRole('row').filter({ hasText: broken });
    await row.getByText('Stopped by itself').waitFor();
    await row.getByRole('link', { name: broken }).click();
    await page.getByText('1 device failed, and at most 0 may.').waitFor();
    await page.getByRole('row').filter({ hasText: device }).getByText('Failed').waitFor();
    await until('the audit log knows', async () => (await actionsOf(release.id)).includes('release-roll-out.stopped'));
  });

  it('is not tried again, and the device stays as it is', async () => {
    const { pid } = status();
    const { offered } = await publisher.releaseOf(broken);
    const { id } = await start(admin, device, 'true');
    expect((await untilEnded(admin, id)).state).toBe('COMPLETED');
    expect({ pid: status().pid, current: current(), offered: (await publisher.releaseOf(broken)).offered }).toEqual({
      ...{ pid, current: good, offered },
    });
  });
});

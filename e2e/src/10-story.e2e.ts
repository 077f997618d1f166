import { readDevice } from '@muster/contracts';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityFaults, openBrowser, openContext } from './harness/browser';
import { enrolledDevice } from './harness/devices';
import { ADMIN_EMAIL, asAdmin, PASSWORD } from './harness/people';
import { localDevice } from './harness/procedures';
import { secrets } from './harness/stack';

let browser: Browser;
let page: Page;
beforeAll(async () => {
  browser = await openBrowser();
  page = await (await openContext(browser)).newPage();
});
afterAll(() => browser?.close());

/** For the README: `MUSTER_SCREENSHOTS=docs/images npm run e2e -- 10-story`. */
async function screenshot(name: string): Promise<void> {
  const folder = process.env['MUSTER_SCREENSHOTS'];
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

async function signIn(on: Page, email: string, password: string): Promise<void> {
  await on.getByLabel('E-mail address').fill(email);
  await on.getByLabel('Password', { exact: true }).fill(password);
  await on.getByRole('button', { name: 'Sign in' }).click();
}

describe('the first morning with Muster', () => {
  it('signs in with the one-time password and has to choose another', async () => {
    await page.goto('/');
    await page.getByLabel('E-mail address').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await screenshot('sign-in');
    const oneTime = secrets().firstAdminPassword;
    await signIn(page, ADMIN_EMAIL, oneTime);
    await page.getByLabel('Current password').fill(oneTime);
    await page.getByLabel('New password', { exact: true }).fill(PASSWORD);
    await page.getByLabel('New password again').fill(PASSWORD);
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
  });

  it('sees this machine green, with its facts', async () => {
    const { id, name } = await localDevice(await asAdmin());
    await page.getByRole('link', { name: 'Devices', exact: true }).click();
    const row = page.getByRole('row').filter({ hasText: name });
    await row.getByText('Online').waitFor();
    await screenshot('devices');
    await row.getByRole('link', { name }).click();
    await page.getByRole('tab', { name: 'Facts' }).click();
    const { facts } = await (await asAdmin()).call(readDevice, { params: { id } });
    await page.getByText(facts.kernel).first().waitFor();
    expect(facts.kernel).toBe((await import('node:os')).release());
    await screenshot('device');
  });

  it('writes a procedure', async () => {
    await page.getByRole('link', { name: 'Procedures' }).click();
    await page
      .getByRole('button', { name: 'Create procedure' })
      .or(page.getByRole('link', { name: 'Create procedure' }))
      .click();
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Say hello slowly');
    await page
      .getByRole('textbox', { name: 'Script', exact: true })
      .fill('echo "hello from $(uname -n)"\nsleep 4\necho "that was all"');
    await page.getByRole('button', { name: /^(Create|Save)/ }).click();
    await page.getByText('Say hello slowly').first().waitFor();
  });

  it('runs it on this machine and watches its output arrive', async () => {
    const { name } = await localDevice(await asAdmin());
    await page.getByRole('link', { name: 'Devices', exact: true }).click();
    await page.getByRole('link', { name }).first().click();
    await page.getByRole('link', { name: 'Run procedure' }).click();
    await page.getByRole('combobox', { name: 'Procedure' }).click();
    await page.getByRole('option', { name: /Say hello slowly/ }).click();
    await page.getByRole('button', { name: /^Run/ }).click();
    await page.getByText(/hello from/).waitFor();
    expect(await page.getByText('that was all').isVisible()).toBe(false);
    await screenshot('output');
    await page.getByText('that was all').waitFor();
    await page.getByText('Completed').first().waitFor();
  });
});

describe('the console', () => {
  it('shows a device come and go without a reload', async () => {
    const device = await enrolledDevice();
    await page.goto(`/devices?search=${device.facts.hostName}`);
    const row = page.getByRole('row').filter({ hasText: device.facts.hostName });
    await row.waitFor();
    const stream = await device.connect();
    await row.getByText('Online').waitFor();
    stream.drop();
    await row.getByText(/Polling|Offline/).waitFor();
  });

  it.each(['light', 'dark'] as const)('has no accessibility fault on any screen (%s)', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    const links = await page.getByRole('navigation').getByRole('link').all();
    const paths = new Set(
      (await Promise.all(links.map((link) => link.getAttribute('href')))).filter((path) => path !== null),
    );
    expect(paths.size).toBeGreaterThan(8);
    const { id } = await localDevice(await asAdmin());
    const faults: string[] = [];
    for (const path of [...paths, `/devices/${id}`, `/operations/run?device=${id}`]) {
      await page.goto(path);
      await page.getByRole('main').getByRole('heading', { level: 1 }).waitFor();
      await page.waitForLoadState('networkidle');
      faults.push(...(await accessibilityFaults(page)).map((fault) => `${path}: ${fault}`));
    }
    expect(faults).toEqual([]);
    await page.goto('/');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.waitForLoadState('networkidle');
    await screenshot(`dashboard-${colorScheme}`);
    await page.emulateMedia({ colorScheme: 'light' });
  });

  it('can be used by keyboard: sign in, skip to the content, open a device', async () => {
    const fresh = await (await openContext(browser)).newPage();
    await fresh.goto('/');
    await fresh.getByLabel('E-mail address').waitFor();
    await fresh.getByLabel('E-mail address').focus();
    await fresh.keyboard.type(ADMIN_EMAIL);
    await fresh.keyboard.press('Tab');
    await fresh.keyboard.type(PASSWORD);
    await fresh.keyboard.press('Enter');
    await fresh.getByRole('heading', { name: 'Dashboard' }).waitFor();
    await fresh.goto('/devices');
    await fresh.getByRole('row').nth(1).waitFor();
    await fresh.keyboard.press('Tab');
    await fresh.keyboard.press('Enter');
    const inMain = await fresh.evaluate('document.activeElement.closest("main") !== null');
    expect(inMain).toBe(true);
    await fresh.context().close();
  });

  it('shows a script in a device name as text', async () => {
    const device = await enrolledDevice({ facts: { hostName: '<img src=x onerror=alert(1)>' } });
    let alerted = false;
    page.once('dialog', (dialog) => {
      alerted = true;
      void dialog.dismiss();
    });
    await page.goto(`/devices/${device.id}`);
    await page.getByRole('heading', { name: '<img src=x onerror=alert(1)>' }).waitFor();
    expect(alerted).toBe(false);
  });
});

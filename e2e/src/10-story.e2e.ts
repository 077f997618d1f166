import { readDevice } from '@muster/contracts';
import { release } from 'node:os';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityFaults, openBrowser, openContext, screenshot, signInOn } from './harness/browser';
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

describe('the first morning with Muster', () => {
  it('signs in with the one-time password and has to choose another', async () => {
    await page.goto('/');
    await page.getByLabel('E-mail address').waitFor();
    await screenshot(page, 'sign-in');
    const oneTime = secrets().firstAdminPassword;
    await signInOn(page, ADMIN_EMAIL, oneTime);
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
    await screenshot(page, 'devices');
    await row.getByRole('link', { name }).click();
    await page.getByRole('tab', { name: 'Facts' }).click();
    const { facts } = await (await asAdmin()).call(readDevice, { params: { id } });
    await page.getByText(facts.kernel).first().waitFor();
    expect(facts.kernel).toBe(release());
    await screenshot(page, 'device');
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
    await page.getByRole('button', { name: 'Save' }).click();
    const told = page.getByRole('alert').filter({ hasText: '“Say hello slowly” is saved.' });
    await told.getByRole('button', { name: 'Close' }).click();
    await told.waitFor({ state: 'hidden' });
    await page.getByRole('heading', { level: 1, name: 'Say hello slowly' }).waitFor();
  });

  it('runs it on this machine and watches its output arrive', async () => {
    const { name } = await localDevice(await asAdmin());
    await page.getByRole('link', { name: 'Devices', exact: true }).click();
    await page.getByRole('link', { name }).first().click();
    await page.getByRole('link', { name: 'Run procedure' }).click();
    await page.getByRole('combobox', { name: 'Procedure' }).click();
    await page.getByRole('option', { name: /Say hello slowly/ }).click();
    await page.getByRole('button', { name: /^Run/ }).click();
    await page.getByText(/^hello from/).waitFor();
    expect(await page.getByText('that was all').isVisible()).toBe(false);
    await screenshot(page, 'output');
    await page.getByText('that was all').waitFor();
    await page.getByText('Completed').first().waitFor();
  });

  it('finds it on the dashboard', async () => {
    await page.getByRole('link', { name: 'Dashboard', exact: true }).click();
    await page.getByRole('row').filter({ hasText: 'Say hello slowly' }).getByText('Completed').waitFor();
    await screenshot(page, 'dashboard-light');
    await page.emulateMedia({ colorScheme: 'dark' });
    await screenshot(page, 'dashboard-dark');
    expect(await accessibilityFaults(page)).toEqual([]);
  });
});

import { createGroup, createUser, listProcedures } from '@muster/contracts';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from './harness/api';
import { accessibilityFaults, openBrowser, openContext, signInOn, tabTo, untilSettled } from './harness/browser';
import { enrolledDevice } from './harness/devices';
import { ADMIN_EMAIL, asAdmin, PASSWORD } from './harness/people';
import { localDevice, start, untilEnded } from './harness/procedures';

let browser: Browser;
let admin: Api;
let local: { id: string; name: string };
beforeAll(async () => {
  browser = await openBrowser();
  admin = await asAdmin();
  local = await localDevice(admin);
});
afterAll(() => browser?.close());

async function signedIn(options: Parameters<typeof openContext>[1] = {}): Promise<Page> {
  const page = await (await openContext(browser, options)).newPage();
  await page.goto('/');
  await signInOn(page, ADMIN_EMAIL, PASSWORD);
  await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
  return page;
}

it('shows a device come and go without a reload', async () => {
  const page = await signedIn();
  const device = await enrolledDevice();
  await page.goto(`/devices?search=${device.facts.hostName}`);
  const row = page.getByRole('row').filter({ hasText: device.facts.hostName });
  await row.waitFor();
  expect(await row.getByText('Online').count()).toBe(0);
  await page.evaluate('globalThis.notReloaded = true');
  const stream = await device.connect();
  await row.getByText('Online').waitFor();
  stream.drop();
  await row.getByText(/Polling|Offline/).waitFor();
  expect(await page.evaluate('globalThis.notReloaded')).toBe(true);
  await page.context().close();
});

it('shows a script in a device name as text', async () => {
  const page = await signedIn();
  const device = await enrolledDevice({ facts: { hostName: '<img src=x onerror=alert(1)>' } });
  let alerted = false;
  page.on('dialog', (dialog) => {
    alerted = true;
    void dialog.dismiss();
  });
  await page.goto(`/devices/${device.id}`);
  await page.getByRole('heading', { name: '<img src=x onerror=alert(1)>' }).waitFor();
  expect(await page.locator('img[src="x"]').count()).toBe(0);
  expect(alerted).toBe(false);
  await page.context().close();
});

describe('by keyboard alone', () => {
  let page: Page;
  beforeAll(async () => {
    page = await (await openContext(browser)).newPage();
    await page.goto('/');
  });
  afterAll(() => page.context().close());

  it('one signs in', async () => {
    await tabTo(page, page.getByLabel('E-mail address'));
    await page.keyboard.type(ADMIN_EMAIL);
    await page.keyboard.press('Tab');
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
  });

  it('one finds a device, opens it and goes back', async () => {
    await tabTo(page, page.getByRole('link', { name: 'Devices', exact: true }).first());
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Devices' }).waitFor();
    await tabTo(page, page.getByLabel('Search devices'));
    await page.keyboard.type(local.name);
    await page.waitForURL(/search=/);
    await tabTo(page, page.getByRole('table').getByRole('link', { name: local.name, exact: true }));
    await page.keyboard.press('Enter');
    const heading = page.getByRole('heading', { level: 1, name: local.name });
    await heading.and(page.locator(':focus')).waitFor();
    expect(new URL(page.url()).pathname).toBe(`/devices/${local.id}`);
    await tabTo(page, page.getByRole('main').getByRole('link', { name: 'Devices' }), 'Shift+Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Devices' }).and(page.locator(':focus')).waitFor();
    expect(new URL(page.url()).pathname).toBe('/devices');
  });

  it('one skips to the content', async () => {
    await page.reload();
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.keyboard.press('Tab');
    await page.getByRole('link', { name: 'Skip to the content' }).and(page.locator(':focus')).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('main').and(page.locator(':focus')).waitFor();
    await page.keyboard.press('Tab');
    await page.getByRole('main').locator(':focus').waitFor();
  });
});

describe('no accessibility fault, light, dark, and from right to left', () => {
  let leftToRight: Page;
  let rightToLeft: Page;
  const ids = { operation: '', batch: '', procedure: '', group: '', clone: '' };
  beforeAll(async () => {
    const { id, batchId } = await start(admin, local.id, 'echo seen by axe; echo and stderr >&2');
    await untilEnded(admin, id);
    const [procedure] = (await admin.call(listProcedures)).procedures;
    const group = await admin.call(createGroup, { body: { name: `axe ${Math.random()}` } });
    const known = await enrolledDevice();
    const clone = await enrolledDevice({ hardware: known.hardware });
    Object.assign(ids, {
      operation: id,
      batch: batchId,
      procedure: procedure?.id,
      group: group.id,
      clone: clone.facts.hostName,
    });
    leftToRight = await signedIn();
    rightToLeft = await signedIn();
    await rightToLeft
      .getByRole('banner')
      .getByRole('button', { name: /Signed in as/ })
      .click();
    await rightToLeft.getByRole('menuitem', { name: 'Read from right to left' }).click();
  });
  afterAll(async () => {
    for (const page of [leftToRight, rightToLeft]) await page?.context().close();
  });

  /** Faults of what the page shows: in light, and what another colour scheme may add to them in dark. */
  async function inBothColours(page: Page): Promise<string[]> {
    await page.emulateMedia({ colorScheme: 'light' });
    await page.locator('html[data-mantine-color-scheme=light]').waitFor();
    const light = await accessibilityFaults(page);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.locator('html[data-mantine-color-scheme=dark]').waitFor();
    const dark = await accessibilityFaults(page, ['color-contrast', 'link-in-text-block']);
    return [...light.map((fault) => `light: ${fault}`), ...dark.map((fault) => `dark: ${fault}`)];
  }

  /** Opens a path in both directions; `reach` gets to what it is about. */
  async function faultsAt(path: string, reach?: (page: Page) => Promise<void>): Promise<string[]> {
    const open = async (page: Page): Promise<void> => {
      await page.goto(path);
      await untilSettled(page);
      await reach?.(page);
    };
    await Promise.all([leftToRight, rightToLeft].map(open));
    expect(await rightToLeft.locator('html').getAttribute('dir')).toBe('rtl');
    const [both, mirrored] = [await inBothColours(leftToRight), await accessibilityFaults(rightToLeft)];
    return [...both, ...mirrored.map((fault) => `from right to left: ${fault}`)].map((fault) => `${path} ${fault}`);
  }

  it('at sign-in and at the change of the one-time password', async () => {
    const email = `axe-${Math.random().toString(36).slice(2, 10)}@example.org`;
    const { oneTimePassword } = await admin.call(createUser, { body: { email, name: 'Axe', role: 'read-only' } });
    const stranger = await (await openContext(browser)).newPage();
    await stranger.goto('/');
    for (const direction of ['ltr', 'rtl']) {
      await stranger.evaluate(`localStorage.setItem('muster.direction', '${direction}')`);
      await stranger.reload();
      await stranger.getByLabel('E-mail address').waitFor();
      expect(await stranger.locator('html').getAttribute('dir')).toBe(direction);
      expect(await inBothColours(stranger)).toEqual([]);
      await signInOn(stranger, email, oneTimePassword);
      await stranger.getByLabel('New password again').waitFor();
      expect(await inBothColours(stranger)).toEqual([]);
      await stranger.context().clearCookies();
    }
    await stranger.context().close();
  });

  it('on any screen of the navigation', async () => {
    const links = await leftToRight.getByRole('navigation').getByRole('link').all();
    const paths = new Set(await Promise.all(links.map((link) => link.getAttribute('href'))));
    expect(paths.size).toBeGreaterThan(8);
    const faults: string[] = [];
    for (const path of paths) faults.push(...(await faultsAt(path ?? '')));
    expect(faults).toEqual([]);
  }, 180_000);

  const script = (page: Page): Locator => page.getByRole('textbox', { name: 'Script', exact: true });
  const output = (page: Page): Locator => page.getByText('seen by axe', { exact: true });
  it.each<[string, () => string, (page: Page) => Locator]>([
    ['the own password', () => '/password', (page) => page.getByLabel('New password again')],
    ['the own sessions', () => '/sessions', (page) => page.getByText('this one')],
    ['an address without a page', () => '/no-such-page', (page) => page.getByText('Page not found')],
    ['a device', () => `/devices/${local.id}`, (page) => page.getByText('Device id')],
    ['its facts', () => `/devices/${local.id}?tab=facts`, (page) => page.getByText('Kernel')],
    ['its operations', () => `/devices/${local.id}?tab=operations`, (page) => page.getByRole('row').nth(1)],
    [
      'its charts',
      () => `/devices/${local.id}?tab=monitoring`,
      (page) => page.getByTestId('chart-cpu').locator('canvas'),
    ],
    [
      'its samples as tables',
      () => `/devices/${local.id}?tab=monitoring&view=tables`,
      (page) => page.getByRole('row').nth(1),
    ],
    ['its inventory', () => `/devices/${local.id}?tab=inventory`, (page) => page.getByRole('row').nth(1)],
    ['its software', () => `/devices/${local.id}?tab=software`, (page) => page.getByRole('row').nth(1)],
    ['its log', () => `/devices/${local.id}?tab=logs`, (page) => page.getByRole('main').locator('time')],
    ['its timeline', () => `/devices/${local.id}?tab=timeline`, (page) => page.getByRole('main').locator('li time')],
    ['a product', () => '/software/product?source=dpkg&name=bash', (page) => page.getByRole('row').nth(1)],
    ['a question about the fleet', () => '/software/devices', (page) => page.getByRole('button', { name: 'Find' })],
    [
      'its answer',
      () => '/software/devices?name=bash&comparison=at-least&version=1',
      (page) => page.getByRole('row').nth(1),
    ],
    [
      'the audit log’s check',
      () => '/audit-log?tab=verify',
      (page) => page.getByRole('button', { name: 'Verify now' }),
    ],
    ['its forwarding', () => '/audit-log?tab=forwarding', (page) => page.getByLabel('Host name')],
    ['a group', () => `/groups/${ids.group}`, (page) => page.getByText('The group has no devices')],
    ['a new procedure', () => '/procedures/new', script],
    ['a procedure', () => `/procedures/${ids.procedure}`, script],
    [
      'a procedure that is about to run',
      () => `/operations/run?device=${local.id}&procedure=${ids.procedure}`,
      (page) => page.getByRole('button', { name: 'Run on 1 device' }),
    ],
    ['a request with output', () => `/operations/batches/${ids.batch}`, output],
    ['an operation with output', () => `/operations/${ids.operation}`, output],
    ['a merge question', () => '/merge-questions', (page) => page.getByText(ids.clone).first()],
  ])('on %s', async (_, path, content) => {
    expect(await faultsAt(path(), (page) => content(page).first().waitFor())).toEqual([]);
  });

  it.each([
    ['/groups', 'Create group'],
    ['/users', 'Create user'],
    ['/tokens', 'Create API token'],
    ['/organisations', 'Create organisation'],
    ['/registration-keys', 'Create registration key'],
    ['/registration-keys', 'Show lines'],
    ['/merge-questions', 'Same machine'],
    ['/devices/:id', 'Rename'],
    ['/devices/:id', 'Retire'],
    ['/audit-log', 'Details'],
  ])('in the dialog that %s opens by “%s”', async (path, name) => {
    const faults = await faultsAt(path.replace(':id', local.id), async (page) => {
      await page.getByRole('main').getByRole('button', { name }).first().click();
      await page.getByRole('dialog').waitFor();
    });
    expect(faults).toEqual([]);
  });
});

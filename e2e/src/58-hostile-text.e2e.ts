import { randomUUID } from 'node:crypto';
import {
  createGroup,
  createProcedure,
  createUser,
  type InventorySection,
  listAudit,
  listDevices,
  listDeviceSoftware,
  listInventoryChanges,
  listLogs,
  listSoftware,
  readInventory,
  readInventoryDigests,
  readSample,
  renameDevice,
  saveFilter,
  searchSoftware,
} from '@muster/contracts';
import type { SimulatedDevice } from '@muster/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, raw } from './harness/api';
import { openBrowser, openContext, signInOn, untilSettled } from './harness/browser';
import { enrolledDevice } from './harness/devices';
import { SentSection, software } from './harness/inventory';
import { ADMIN_EMAIL, asAdmin, PASSWORD } from './harness/people';
import { start } from './harness/procedures';
import { BASE_DOMAIN, until } from './harness/stack';

const MARK = Math.random().toString(36).slice(2, 10);
/** What every value says first: seen as it stands here, it was taken for text. */
const MARKUP = `${MARK}<img src=x onerror=window.pwned=1><script>window.pwned=1</script>`;
const LINK = 'javascript:window.pwned=1';
const TEMPLATE = `{{constructor.constructor('window.pwned=1')()}}`;
/** Right-to-left overrides, isolates without end, a letter with fifty marks, a family of seven code points. */
const ODD = `\u202egpj.exe\u2066\u2067 Z${'\u0335'.repeat(50)} \u{1f468}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466} \u{1f3f4}`;
const long = (length: number): string => `${MARKUP}${'W'.repeat(length - MARKUP.length)}`;

let admin: Api;
let browser: Browser;
let page: Page;
let device: SimulatedDevice;
let operation: { id: string; batchId: string };
const ids = { group: '', procedure: '' };
const dialogs: string[] = [];
const pageErrors: string[] = [];

beforeAll(async () => {
  admin = await asAdmin();
  device = await enrolledDevice({
    facts: {
      ...{ hostName: MARKUP, osName: MARKUP, osVersion: ODD, kernel: LINK, manufacturer: MARKUP, model: ODD },
      ...{ serialNumber: LINK, processor: TEMPLATE, user: MARKUP, timeZone: '<b>', agentVersion: '<i>' },
      disks: [{ mountPoint: long(512), fileSystem: MARKUP, sizeBytes: 100, freeBytes: 50 }],
      networks: [{ name: MARKUP, mac: LINK.slice(0, 20), addresses: ['<img src=x>'] }],
    },
  });
  await Promise.all([sayHostile(), writeHostile()]);
  browser = await openBrowser();
  page = await (await openContext(browser)).newPage();
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  page.on('pageerror', (error) => pageErrors.push(String(error)));
  await page.addInitScript(`
    globalThis.violations = [];
    addEventListener('securitypolicyviolation', (event) =>
      violations.push(event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sourceFile));
  `);
  await page.goto('/');
  await signInOn(page, ADMIN_EMAIL, PASSWORD);
  await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
});
afterAll(() => browser?.close());

/** Everything that the device may say, in every kind of report. */
async function sayHostile(): Promise<void> {
  operation = await start(admin, device.id, 'true');
  const text = `${MARKUP}\n${LINK}\n${ODD}\n${long(10_000)}\n`;
  await device.appendOutput(operation.id, [{ number: 0, stream: 'stdout', text }]);
  const names = [MARKUP, long(128), ODD];
  const process = { pid: 1, cpuPercent: 1, memoryBytes: 1, user: MARKUP };
  const sample = {
    ...{ cpuPercent: 7, memoryBytes: 8e9, memoryUsedBytes: 4e9, uptimeSeconds: 1000 },
    disks: names.map((mountPoint) => ({ mountPoint, usedBytes: 1, sizeBytes: 2 })),
    networks: names.map((name) => ({ name, receivedPerSecond: 1, sentPerSecond: 1 })),
    temperatures: names.map((name) => ({ name, celsius: 40 })),
    processes: [MARKUP, long(255), ODD, LINK, TEMPLATE].map((name) => ({ ...process, name })),
  };
  const log = { kind: 'log', level: 'error' };
  const fields = JSON.stringify({ [MARKUP]: MARKUP, [LINK]: { [TEMPLATE]: ODD }, __proto__: { polluted: MARKUP } });
  await device.reportTo('rmm', [
    { kind: 'sample', sample, takenAt: new Date(Date.now() - 60_000).toISOString() },
    { kind: 'sample', sample },
    { ...log, message: MARKUP, fields },
    ...[ODD, LINK, TEMPLATE, long(8192), `${MARK}\r\n\t${MARKUP}`].map((message) => ({ ...log, message })),
  ]);
  await device.reportTo('audit', [
    {
      ...{ kind: 'audit', action: 'agent.updated' },
      details: [MARKUP, ODD, LINK, TEMPLATE, long(2000)].map((value) => ({ name: MARKUP.slice(0, 60), value })),
    },
  ]);
  const section = (name: InventorySection, ...items: ({ key: string } & object)[]): Promise<number> =>
    new SentSection(device, name).whole(items);
  const key = MARKUP;
  await section('system', { key, ...{ manufacturer: MARKUP, model: ODD, serialNumber: LINK, chassis: TEMPLATE } });
  await section('users', { key, ...{ name: MARKUP, fullName: ODD, home: LINK, shell: long(512), groups: [MARKUP] } });
  await section('printers', { key, ...{ name: MARKUP, model: long(400), address: LINK } });
  await section('services', { key, ...{ name: MARKUP, description: long(1000), state: ODD } });
  await section('sign-ins', { key, ...{ user: MARKUP, from: LINK } });
  await section('antivirus', { key, ...{ name: MARKUP, state: 'on', version: ODD } });
  await section('encryption', { key, ...{ volume: MARKUP, state: 'off', method: LINK } });
  const packages = new SentSection(device, 'software');
  await packages.whole([software('harmless', '1')]);
  await packages.difference(
    [software(MARKUP, MARKUP), software(`${MARK}${ODD}`, ODD), software(long(400), long(200)), software(LINK, LINK)],
    ['dpkg|harmless'],
  );
  await until('everything is stored', async () => {
    const params = { id: device.id };
    await admin.call(readSample, { params });
    const { total } = await admin.call(listDeviceSoftware, { params });
    const { sections } = await admin.call(readInventory, { params });
    const logs = await admin.call(listLogs, { query: { deviceId: device.id } });
    const audit = await admin.call(listAudit, { query: { deviceId: device.id, action: 'agent.updated' } });
    return total === 4 && sections.length === 8 && logs.entries.length === 6 && audit.entries.length === 1;
  });
}

/** What people may write elsewhere. */
async function writeHostile(): Promise<void> {
  await admin.call(renameDevice, { params: { id: device.id }, body: { name: MARKUP } });
  ids.group = (await admin.call(createGroup, { body: { name: MARKUP.slice(0, 100), description: ODD } })).id;
  const script = `# ${MARKUP}\ntrue\n`;
  const procedure = { name: MARKUP.slice(0, 100), description: LINK, language: 'sh' as const, script };
  ids.procedure = (
    await admin.call(createProcedure, { body: { ...procedure, parameters: [], timeLimitSeconds: 10 } })
  ).id;
  await admin.call(createUser, { body: { email: `${MARK}@example.org`, name: MARKUP, role: 'read-only' } });
  await admin.call(saveFilter, { body: { list: 'devices', name: MARKUP.slice(0, 100), query: LINK } });
}

describe('hostile text', () => {
  const found = encodeURIComponent(MARK);
  const columns = 'presence.osName.user.manufacturer.model.serialNumber.lastUser.agent';
  const at = (tab: string): string => `/devices/${device.id}?tab=${tab}`;
  const encoded = encodeURIComponent(MARKUP);
  const screens: [string, () => string, ((page: Page) => Promise<unknown>)?][] = [
    ['devices', () => `/devices?search=${found}&columns=${columns}`],
    [
      'saved filters',
      () => `/devices?search=${found}`,
      (on) => on.getByRole('button', { name: 'Saved filters' }).click(),
    ],
    ['a device', () => `/devices/${device.id}`],
    ['its charts', () => at('monitoring')],
    ['its charts as tables', () => `${at('monitoring')}&view=tables`],
    ['its inventory', () => at('inventory')],
    ['its software', () => at('software')],
    ['its log', () => at('logs')],
    ['its timeline', () => at('timeline')],
    ['its facts', () => at('facts')],
    ['its operations', () => at('operations')],
    ['what an operation printed', () => `/operations/${operation.id}`],
    ['software of the fleet', () => `/software?search=${found}`],
    ['a product', () => `/software/product?source=dpkg&name=${encoded}`],
    ['devices with a product', () => `/software/devices?name=${encoded}&comparison=exactly&version=${encoded}`],
    ['changes', () => `/changes?search=${found}`],
    ['logs', () => `/logs?device=${device.id}`],
    ['logs, every line opened', () => `/logs?device=${device.id}`, openAll],
    ['the audit log', () => `/audit-log?search=${found}`],
    ['an audit entry', () => `/audit-log?action=agent.updated&search=${found}`, openEntry],
    ['users', () => '/users?size=200'],
    ['groups', () => `/groups?search=${found}&size=200`],
    ['a group', () => `/groups/${ids.group}`],
    ['procedures', () => `/procedures?search=${found}&size=200`],
    ['a procedure', () => `/procedures/${ids.procedure}`],
  ];

  it.each(screens)('is text on the screen of %s, and does not widen it', async (_, path, reach) => {
    await page.setViewportSize({ width: 1360, height: 860 });
    await page.goto(path());
    await untilSettled(page);
    await reach?.(page);
    const text = page.getByText(`${MARK}<img src=x onerror=`).or(page.locator('textarea'));
    for (const width of [1360, 400]) {
      await page.setViewportSize({ width, height: 860 });
      await text.filter({ visible: true }).first().waitFor();
      expect(await page.locator('img[src="x"], script:not([src]), a[href^="javascript:" i]').count()).toBe(0);
      await until('the layout fits', async () => (await excess()) === 0, 2).catch(() => undefined);
      const none = { pwned: false, violations: [], overrides: 0, excess: 0 };
      expect(await harmDone(), `${width} pixels wide`).toEqual(none);
    }
    expect({ dialogs, pageErrors }).toEqual({ dialogs: [], pageErrors: [] });
  });

  const excess = (): Promise<number> =>
    page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
  /** What the text achieved: scripts run, policies broken, directions turned around, the page made wider than its window. */
  const harmDone = (): Promise<object> =>
    page.evaluate(`({
      pwned: 'pwned' in globalThis || 'polluted' in {},
      violations,
      overrides: (document.body.innerText.match(/[\\u202a-\\u202e]/g) ?? []).length + (document.title.match(/[\\u202a-\\u202e]/g) ?? []).length,
      excess: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    })`);

  it.each([listDevices, listSoftware, listInventoryChanges, listLogs, listAudit])(
    'in an export of $path is a download that no browser opens as a page',
    async (route) => {
      for (const format of ['csv', 'json']) {
        const { status, headers, text } = await admin.raw(route, { query: { format } });
        expect(status).toBe(200);
        expect(text).toContain(MARK);
        expect(headers).toMatchObject({
          'content-disposition': expect.stringMatching(/^attachment;/),
          'content-type': expect.stringMatching(format === 'csv' ? /^text\/csv;/ : /^application\/json;/),
          'x-content-type-options': 'nosniff',
        });
      }
    },
  );
});

async function openAll(on: Page): Promise<void> {
  for (const line of await on.locator('details > summary').all()) await line.click();
  await on.getByText(TEMPLATE).first().waitFor();
}

async function openEntry(on: Page): Promise<void> {
  await on.getByRole('table').getByRole('button').first().click();
  await on.getByRole('dialog').getByText(TEMPLATE).waitFor();
}

describe('a name of 10,000 characters', () => {
  const name = 'n'.repeat(10_000);
  it.each<[string, 'rmm' | 'plugins', () => object]>([
    ['process', 'rmm', () => ({ processes: [{ pid: 1, name, cpuPercent: 1, memoryBytes: 1 }], disks: [] })],
    ['disk', 'rmm', () => ({ processes: [], disks: [{ mountPoint: name, usedBytes: 1, sizeBytes: 2 }] })],
  ])('of a %s is refused in words, the reports beside it are taken', async (_, wanted, part) => {
    const bad = { kind: 'sample', sample: { networks: [], temperatures: [], ...part() } };
    const { taken, refused } = await device.reportTo(wanted, [bad, { kind: 'log', level: 'info', message: 'beside' }]);
    expect(taken).toBe(1);
    expect(refused).toEqual([expect.objectContaining({ index: 0, code: 'malformed', problem: expect.any(String) })]);
  });

  it('of a package is refused, too', async () => {
    const item = { ...software(name, '1'), key: 'long', digest: '0'.repeat(16) };
    const report = { ...{ kind: 'inventory', section: 'software', snapshot: randomUUID(), part: 1, parts: 1 } };
    const whole = { ...report, items: [item], gone: [], digest: '0'.repeat(64), unreadable: [] };
    const { refused } = await device.reportTo('plugins', [whole]);
    expect(refused).toEqual([expect.objectContaining({ index: 0, code: 'malformed' })]);
  });
});

describe('an inventory with 50,000 packages', () => {
  const COUNT = 50_000;
  const prefix = `many-${MARK}-`;
  let crowded: SimulatedDevice;
  let section: SentSection;
  beforeAll(async () => {
    crowded = await enrolledDevice();
    section = new SentSection(crowded, 'software');
  });

  /** What the server would have differences made against. */
  async function digestOfServer(): Promise<string | undefined> {
    const { chain: cert, key } = crowded.client;
    const host = `plugins-api.${BASE_DOMAIN}`;
    const { text } = await raw({ path: readInventoryDigests.path, host, cert, key });
    const { sections } = JSON.parse(text) as { sections: { section: string; digest?: string }[] };
    return sections.find((one) => one.section === 'software')?.digest;
  }
  const stored = (): Promise<void> =>
    until('it is stored, and both ends agree on it', async () => (await digestOfServer()) === section.digest());

  it('is stored within a minute', async () => {
    const packages = Array.from({ length: COUNT }, (_, number) => software(`${prefix}${number}`, `1.${number}-1`));
    expect(await section.whole(packages)).toBeGreaterThan(5);
    await stored();
  });

  it('is listed, found and exported', async () => {
    const params = { id: crowded.id };
    const last = await admin.call(listDeviceSoftware, { params, query: { size: 200, page: COUNT / 200 } });
    expect([last.total, last.software.length]).toEqual([COUNT, 200]);
    const found = await admin.call(listDeviceSoftware, { params, query: { search: `${prefix}49999` } });
    expect(found.software).toEqual([expect.objectContaining({ name: `${prefix}49999`, version: '1.49999-1' })]);
    const fleet = await admin.call(listSoftware, { query: { search: prefix } });
    expect(fleet.total).toBe(COUNT);
    const below = { name: `${prefix}7`, comparison: 'below', version: '1.8' };
    expect((await admin.call(searchSoftware, { query: below })).installations).toHaveLength(1);
    const { text } = await admin.raw(listDeviceSoftware, { params, query: { format: 'json' } });
    expect(JSON.parse(text)).toHaveLength(COUNT);
    await page.setViewportSize({ width: 1360, height: 860 });
    await page.goto(`/devices/${crowded.id}?tab=software&page=${COUNT / 50}`);
    await page.getByRole('row').nth(50).waitFor();
  });

  it('and a difference of three packages makes three changes', async () => {
    await section.difference([software(`${prefix}1`, '2.0-1'), software(`${prefix}new`, '1.0-1')], [`dpkg|${prefix}2`]);
    await stored();
    const query = { deviceId: crowded.id, section: 'software', size: 500 };
    const { changes } = await admin.call(listInventoryChanges, { query });
    expect(changes.map(({ change, title }) => `${change} ${title.split(' ')[0]}`).toSorted()).toEqual([
      `appeared ${prefix}new`,
      `changed ${prefix}1`,
      `went ${prefix}2`,
    ]);
    expect((await admin.call(listDeviceSoftware, { params: { id: crowded.id } })).total).toBe(COUNT);
  });
});

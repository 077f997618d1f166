import { readFile } from 'node:fs/promises';
import { type AuditEntry, listDevices } from '@muster/contracts';
import type { SimulatedDevice } from '@muster/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from './harness/api';
import { openBrowser, openContext, screenshot, signInOn, tabTo, untilSettled } from './harness/browser';
import { parseCsv } from './harness/csv';
import { enrolledDevice } from './harness/devices';
import { ADMIN_EMAIL, asAdmin, PASSWORD } from './harness/people';
import { localDevice } from './harness/procedures';
import { until } from './harness/stack';

let browser: Browser;
let page: Page;
let admin: Api;
let device: SimulatedDevice;
beforeAll(async () => {
  browser = await openBrowser();
  admin = await asAdmin();
  device = await enrolledDevice();
  page = await (await openContext(browser, { acceptDownloads: true })).newPage();
  await page.goto('/');
  await signInOn(page, ADMIN_EMAIL, PASSWORD);
  await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
});
afterAll(() => browser?.close());

const MINUTE = 60_000;

describe('the charts of a device', () => {
  beforeAll(async () => {
    const lists = { networks: [], temperatures: [], processes: [] };
    const disks = [{ mountPoint: '/', usedBytes: 40e9, sizeBytes: 100e9 }];
    const samples = Array.from({ length: 350 }, (_, minutes) => ({
      kind: 'sample',
      takenAt: new Date(Date.now() - minutes * MINUTE).toISOString(),
      sample: {
        ...{ cpuPercent: 30 + 20 * Math.sin(minutes / 20), memoryBytes: 8e9, loadAverage: 1 + Math.cos(minutes / 30) },
        ...{ memoryUsedBytes: Math.round(4e9 + 1e9 * Math.sin(minutes / 60)), ...lists, disks },
      },
    }));
    expect((await device.reportTo('rmm', samples)).taken).toBe(samples.length);
  });

  it('zoom in where one drags, and back with the browser', async () => {
    await page.goto(`/devices/${device.id}?tab=monitoring`);
    const plot = page.getByTestId('chart-cpu').locator('.u-over');
    await plot.waitFor();
    await untilSettled(page);
    const before = page.url();
    const box = await plot.boundingBox();
    if (!box) throw new Error('the chart has no place');
    const y = box.y + box.height / 2;
    await page.mouse.move(box.x + box.width / 4, y);
    await page.mouse.down();
    await page.mouse.move(box.x + (box.width * 3) / 4, y, { steps: 8 });
    await page.mouse.up();
    await page.waitForURL(/from=.*to=/);
    const { searchParams } = new URL(page.url());
    const [from, to] = ['from', 'to'].map((end) => Date.parse(searchParams.get(end) ?? ''));
    const hours = ((to ?? 0) - (from ?? 0)) / (60 * MINUTE);
    expect(hours, 'half of the six hours that were shown').toBeGreaterThan(2.8);
    expect(hours).toBeLessThan(3.2);
    await page.goBack();
    await page.waitForURL(before);
  });

  it('are used by keyboard', async () => {
    await tabTo(page, page.getByRole('button', { name: '1 hour' }));
    await page.keyboard.press('Enter');
    await page.waitForURL(/range=1h/);
    await tabTo(page, page.getByRole('button', { name: 'Zoom in' }));
    await page.keyboard.press('Enter');
    await page.waitForURL(/from=.*to=/);
  });

  it('fit onto a telephone', async () => {
    for (const path of [`/devices/${device.id}?tab=monitoring`, '/software', '/changes', '/logs', '/audit-log']) {
      await page.setViewportSize({ width: 360, height: 740 });
      await page.goto(path);
      await untilSettled(page);
      const widths = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
      await until(`${path} fits`, async () => (await page.evaluate<number>(widths)) === 0, 5);
    }
    await page.setViewportSize({ width: 1360, height: 860 });
  });
});

describe('the log of a device', () => {
  it('follows live', async () => {
    await page.goto(`/devices/${device.id}?tab=logs`);
    await untilSettled(page);
    await page.evaluate('globalThis.notReloaded = true');
    for (const message of ['a line that comes live', 'and one after it']) {
      await device.reportTo('rmm', [{ kind: 'log', level: 'warn', message }]);
      await page.getByText(message, { exact: true }).waitFor();
    }
    expect(await page.evaluate('globalThis.notReloaded')).toBe(true);
  });
});

describe('a list', () => {
  const name = `offline ones ${Math.random().toString(36).slice(2, 8)}`;

  it('keeps a filter under a name', async () => {
    await page.goto(`/devices?search=${device.facts.hostName}`);
    await page.getByRole('button', { name: 'Saved filters' }).click();
    await page.getByRole('menuitem', { name: 'Save the present filters' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill(name);
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').filter({ hasText: name }).waitFor();
    await page.goto('/devices');
    await page.getByRole('button', { name: 'Saved filters' }).click();
    await page.getByRole('menuitem', { name }).click();
    await page.waitForURL(`**/devices?search=${device.facts.hostName}`);
    await page.getByRole('row').filter({ hasText: device.facts.hostName }).waitFor();
    await until('no other device is listed', async () => (await page.getByRole('row').count()) === 2);
  });

  it('is saved as files with the rows that the filter lets through', async () => {
    const { csv, json } = await bothFiles();
    expect(csv.map((row) => row['id'])).toEqual([device.id]);
    expect((json as { id: string }[]).map(({ id }) => id)).toEqual([device.id]);
    await page.goto('/devices');
    await untilSettled(page);
    expect((await bothFiles()).csv).toHaveLength((await admin.call(listDevices)).total);
    await page.goto('/audit-log?action=device.enrolled');
    await untilSettled(page);
    const audit = await bothFiles();
    expect(audit.csv.length).toBeGreaterThan(0);
    expect((audit.json as AuditEntry[]).every(({ action }) => action === 'device.enrolled')).toBe(true);
  });

  async function bothFiles(): Promise<{ csv: Record<string, string>[]; json: unknown[] }> {
    return { csv: parseCsv(await saved('CSV')), json: JSON.parse(await saved('JSON')) as unknown[] };
  }

  async function saved(format: string): Promise<string> {
    await page.getByRole('button', { name: 'Export' }).click();
    const download = page.waitForEvent('download');
    await page.getByRole('menuitem', { name: `All matching rows as ${format}` }).click();
    const file = await download;
    expect(file.suggestedFilename()).toMatch(new RegExp(`^[\\w-]+\\.${format.toLowerCase()}$`));
    return readFile(await file.path(), 'utf8');
  }
});

it('pictures for the README', async () => {
  const { id } = await localDevice(admin);
  await page.goto(`/devices/${device.id}?tab=monitoring`);
  await page.getByTestId('chart-cpu').locator('canvas').waitFor();
  await screenshot(page, 'monitoring');
  await page.goto(`/devices/${id}?tab=software`);
  await page.getByRole('row').nth(1).waitFor();
  await screenshot(page, 'software');
});

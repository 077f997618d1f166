import { createHash, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VERSION } from './harness/images';
import { itsm, machine, topology, xmpp } from './harness/servers';
import { fitToMachine } from './harness/set-up';
import { isWell, removeBoth } from './harness/starting-point';

const PASSWORD = 'quiet-harbour-lantern-42';
const address = topology.address('itsm');
const one = machine('by-address');
let browser: Browser;
let page: Page;
let said = '';

beforeAll(async () => {
  await removeBoth();
  for (const server of [itsm, xmpp]) {
    mkdirSync(server.folder, { recursive: true, mode: 0o700 });
    await fitToMachine(server);
  }
}, 240_000);
/** Nobody else knows these servers by their addresses: who comes next starts anew. */
afterAll(async () => {
  await browser?.close();
  one.stop();
  await removeBoth();
}, 240_000);

/** Trusts this server's key, and nothing else beyond what every browser does. */
function openBrowser(): Promise<Browser> {
  const { publicKey } = new X509Certificate(readFileSync(join(itsm.folder, 'certs/cert.crt')));
  const key = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
  return chromium.launch({
    executablePath: process.env['CHROMIUM_BIN'] ?? '/usr/bin/chromium',
    args: [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
      `--ignore-certificate-errors-spki-list=${key}`,
    ],
  });
}

describe('two servers without any name', () => {
  it('are set up by one command each, and nothing is forced', async () => {
    const places = ['--domain', address, '--xmpp-address', topology.address('xmpp')];
    const first = await itsm.muster('setup', 'itsm', '--dir', itsm.folder, ...places, '--release', VERSION);
    expect(first, first.stderr).toMatchObject({ code: 0 });
    said = first.stdout;
    expect(said).toContain(`https://${address}`);
    const token = join(itsm.folder, 'join/token');
    const second = await xmpp.muster('setup', 'xmpp', '--dir', xmpp.folder, '--join', token);
    expect(second, second.stderr).toMatchObject({ code: 0 });
    for (const server of [itsm, xmpp]) expect(await isWell(server)).toBe(true);
  });

  it('have a console at the bare address, in which somebody signs in', async () => {
    browser = await openBrowser();
    page = await browser.newPage({ baseURL: `https://${address}`, locale: 'en-GB' });
    await page.goto('/');
    const [email = ''] = /\S+@\S+\w/.exec(said) ?? [];
    const oneTime = itsm.secret('first-admin-password');
    await page.getByLabel('E-mail address').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(oneTime);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByLabel('Current password').fill(oneTime);
    await page.getByLabel('New password', { exact: true }).fill(PASSWORD);
    await page.getByLabel('New password again').fill(PASSWORD);
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
    expect(new URL(page.url()).host).toBe(address);
  });

  it('enrol a device by the line that the console shows, and it turns green before somebody’s eyes', async () => {
    await one.start();
    await page.goto('/registration-keys');
    await page.getByRole('button', { name: 'Create registration key' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('by address');
    await page.getByRole('dialog').getByRole('button', { name: 'Create', exact: true }).click();
    const line = await page.getByRole('textbox', { name: 'Install on Linux', exact: true }).innerText();
    expect(line).toContain(address);
    const pasted = await one.paste(line);
    expect(pasted, pasted.stderr).toMatchObject({ code: 0 });
    await page.goto('/devices');
    await page.getByRole('row').filter({ hasText: 'by-address' }).getByText('Online').waitFor({ timeout: 60_000 });
  });
});

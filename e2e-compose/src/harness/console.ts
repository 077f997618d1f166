import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { itsm, topology } from './servers';

const PASSWORD = 'quiet-harbour-lantern-42';

/** The console in Chromium, as a person on the administrators' network sees it. */
export class Console {
  private constructor(
    private readonly browser: Browser,
    readonly page: Page,
  ) {}

  /** Trusts the ITSM server's key, and nothing else beyond what every browser does. @param host its name or address */
  static async open(host: string): Promise<Console> {
    const { publicKey } = new X509Certificate(readFileSync(join(itsm.folder, 'certs/cert.crt')));
    const key = createHash('sha256')
      .update(publicKey.export({ type: 'spki', format: 'der' }))
      .digest('base64');
    const browser = await chromium.launch({
      executablePath: process.env['CHROMIUM_BIN'] ?? '/usr/bin/chromium',
      args: [
        ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
        `--ignore-certificate-errors-spki-list=${key}`,
        `--host-resolver-rules=MAP ${host} ${topology.address('itsm')}`, // in the place of DNS
      ],
    });
    return new Console(browser, await browser.newPage({ baseURL: `https://${host}`, locale: 'en-GB' }));
  }

  /** For the first time. @param said what setup printed, which names the user */
  async signIn(said: string): Promise<void> {
    const { page } = this;
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
  }

  /** Makes a registration key. @returns the line that installs an agent on Linux, as it is shown */
  async installLine(name: string): Promise<string> {
    const { page } = this;
    await page.goto('/registration-keys');
    await page.getByRole('button', { name: 'Create registration key' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill(name);
    await page.getByRole('dialog').getByRole('button', { name: 'Create', exact: true }).click();
    return page.getByRole('textbox', { name: 'Install on Linux', exact: true }).innerText();
  }

  /** Waits until a device's row says that it is online. */
  async showsOnline(host: string): Promise<void> {
    await this.page.goto('/devices');
    const row = this.page.getByRole('row').filter({ hasText: host });
    await row.getByText('Online').waitFor({ timeout: 60_000 });
  }

  close(): Promise<void> {
    return this.browser.close();
  }
}

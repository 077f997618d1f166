import { createHash, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
} from 'playwright-core';
import axe from 'axe-core';
import { data, origin, until } from './stack';

/** A real Chromium that trusts this stack's server key and nothing else beyond its own store. */
export async function openBrowser(): Promise<Browser> {
  const certificate = new X509Certificate(readFileSync(join(data, 'certificates/cert.crt')));
  const key = createHash('sha256')
    .update(certificate.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
  return chromium.launch({
    executablePath: process.env['CHROMIUM_BIN'] ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--host-resolver-rules=MAP *.muster.localhost 127.0.0.1',
      `--ignore-certificate-errors-spki-list=${key}`,
    ],
  });
}

export const openContext = (browser: Browser, options: BrowserContextOptions = {}): Promise<BrowserContext> =>
  browser.newContext({ baseURL: origin, viewport: { width: 1360, height: 860 }, locale: 'en-GB', ...options });

/** Fills the sign-in form that the page shows. */
export async function signInOn(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Until a screen shows what it loads, and nothing moves any more. */
export async function untilSettled(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  await until(`${page.url()} has settled`, () =>
    page.evaluate<boolean>(`
      ![...document.querySelectorAll('[role=status]')].some((status) => status.textContent.includes('Loading…')) &&
      document.getAnimations().every((one) => one.playState !== 'running' || one.effect.getTiming().iterations === Infinity)
    `),
  );
}

/** For the README: `MUSTER_SCREENSHOTS=docs/images npm run e2e -- 1`. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = process.env['MUSTER_SCREENSHOTS'];
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.waitForTimeout(1500); // a picture is taken when counts have caught up with what is live
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

/** Presses a key until it has taken the focus to the target, as a person without a mouse does. */
export async function tabTo(page: Page, target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  await target.waitFor();
  const focused = target.and(page.locator(':focus'));
  for (let presses = 0; presses < 80; presses++) {
    if ((await focused.count()) === 1) return;
    await page.keyboard.press(key);
  }
  throw new Error(`80 times ${key} did not reach ${target.toString()}`);
}

interface Axe {
  run(options: {
    resultTypes: string[];
    runOnly?: string[];
  }): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
}

/** Violations that axe finds on the page as it is, one line each; of some rules only where they are named. */
export async function accessibilityFaults(page: Page, runOnly?: string[]): Promise<string[]> {
  await untilSettled(page);
  if (!(await page.evaluate<boolean>('"axe" in globalThis'))) await page.evaluate(axe.source);
  const { violations } = await page.evaluate((options) => (globalThis as unknown as { axe: Axe }).axe.run(options), {
    resultTypes: ['violations'],
    ...(runOnly ? { runOnly } : {}),
  });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}

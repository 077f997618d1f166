import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import axe from 'axe-core';
import { data, origin } from './stack';

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

export const openContext = (browser: Browser): Promise<BrowserContext> =>
  browser.newContext({ baseURL: origin, viewport: { width: 1360, height: 860 }, locale: 'en-GB' });

/** Violations that axe finds on the page as it is, one line each. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const results = await page.evaluate(() =>
    (
      globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }
    ).axe.run(),
  );
  return results.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}

import {
  createUser,
  INVITATION_PAGE,
  listAudit,
  PASSWORD_RESET_PAGE,
  removeEmailSettings,
  saveEmailSettings,
} from '@muster/contracts';
import { startSmtp, type TakenEmail, TestAuthority, type TestSmtp } from '@muster/testing';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from './harness/api';
import { accessibilityFaults, openBrowser, openContext, screenshot, signInOn } from './harness/browser';
import { ADMIN_EMAIL, asAdmin, PASSWORD, signInFirst } from './harness/people';
import { origin, until } from './harness/stack';

const MAIL_USER = { user: 'muster', password: 'mail-server-horse' };
const NEW_PASSWORD = 'green lanterns over the harbour';

let browser: Browser;
let admin: Api;
let authority: TestAuthority;
let smtp: TestSmtp;
beforeAll(async () => {
  authority = await TestAuthority.create();
  [browser, admin, smtp] = await Promise.all([
    openBrowser(),
    asAdmin(),
    startSmtp({ security: 'starttls', ...MAIL_USER, authority }),
  ]);
});
afterAll(async () => {
  await admin?.call(removeEmailSettings);
  await browser?.close();
  await smtp?.remove();
  authority?.remove();
});

const newPage = async (options: BrowserContextOptions = {}): Promise<Page> =>
  (await openContext(browser, options)).newPage();

async function signedIn(options: BrowserContextOptions = {}, email = ADMIN_EMAIL, password = PASSWORD): Promise<Page> {
  const page = await newPage(options);
  await page.goto('/');
  await signInOn(page, email, password);
  await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
  return page;
}

/** The link in a message, as somebody sees it who reads the text. */
function linkIn({ text }: TakenEmail, path: string): string {
  const link = /https:\S+/g.exec(text.slice(text.indexOf(`${path}#`) - origin.length))?.[0] ?? '';
  expect(link).toMatch(new RegExp(`^${origin}${path}#[\\w-]{43}$`));
  return link;
}

const settings = () => ({
  ...{ host: 'localhost', port: smtp.port, security: 'starttls' as const, ...MAIL_USER },
  ...{ fromAddress: 'muster@company.example', fromName: 'Muster', trustedCertificates: authority.rootPem },
});
const newEmail = (who: string) => `${who}-${Math.random().toString(36).slice(2, 10)}@company.example`;

async function choosePassword(page: Page, password: string, submit: string): Promise<void> {
  await page.getByLabel('New password', { exact: true }).fill(password);
  await page.getByLabel('New password again').fill(password);
  await page.getByRole('button', { name: submit }).click();
}

describe('where no mail is sent', () => {
  it('who invites is shown the link, and whoever has it makes their account', async () => {
    const page = await signedIn();
    await page.goto('/users');
    await page.getByText('This server sends no mail.').first().waitFor();
    const email = newEmail('by-hand');
    await page.getByRole('button', { name: 'Invite user' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('E-mail address').fill(email);
    await dialog.getByRole('textbox', { name: 'Name', exact: true }).fill('Hannah Hand');
    await dialog.getByRole('button', { name: 'Invite', exact: true }).click();
    const link = (await page.getByRole('textbox', { name: 'Invitation link' }).textContent()) ?? '';
    expect(link).toMatch(new RegExp(`^${origin}${INVITATION_PAGE}#[\\w-]{43}$`));
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.context().close();

    const guest = await newPage();
    await guest.goto(link);
    await choosePassword(guest, NEW_PASSWORD, 'Make my account');
    await guest.getByRole('link', { name: 'To the sign-in page' }).click();
    await signInOn(guest, email, NEW_PASSWORD);
    await guest.getByRole('heading', { name: 'Dashboard' }).waitFor();
    await guest.context().close();
  });

  it('the sign-in page says where to turn to', async () => {
    const page = await newPage();
    await page.goto('/');
    await page.getByRole('link', { name: 'Forgot your password?' }).click();
    await page.getByText('Ask an administrator').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole('link', { name: 'To the sign-in page' }).click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    await page.context().close();
  });
});

it('an administrator sets the mail server, reads its own words when it refuses, and sends a test message', async () => {
  const page = await signedIn();
  await page.getByRole('link', { name: 'Mail', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'Mail' }).waitFor();
  await page.getByText('This server sends no mail', { exact: true }).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await screenshot(page, 'email-settings-empty');

  await page.getByLabel('Name or IP address').fill('localhost');
  await page.getByRole('textbox', { name: 'Port', exact: true }).fill(String(smtp.port));
  await page.getByRole('textbox', { name: 'User', exact: true }).fill(MAIL_USER.user);
  await page.getByLabel('Password', { exact: true }).fill('not the password');
  await page.getByLabel('Sender address').fill('muster@company.example');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'Test', exact: true }).waitFor();

  const test = page.getByRole('region', { name: 'Test', exact: true });
  const recipient = newEmail('test');
  await test.getByLabel('Recipient').fill(recipient);
  await test.getByRole('button', { name: 'Send test message' }).click();
  await test.getByText('The certificate of the mail server is not trusted.').waitFor();

  await page.getByLabel('Further authorities to trust (PEM)').fill(authority.rootPem);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved. Send a test message').first().waitFor();
  await test.getByLabel('Recipient').fill(recipient);
  await test.getByRole('button', { name: 'Send test message' }).click();
  await test.getByText('The mail server refused the user or the password.').waitFor();
  await test.getByText('535 5.7.8 That is not the password of this user').waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await screenshot(page, 'email-settings-refused');

  await page.getByLabel('Password', { exact: true }).fill(MAIL_USER.password);
  await page.getByRole('button', { name: 'Save' }).click();
  await until(
    'the form is filled anew',
    async () => (await page.getByLabel('Password', { exact: true }).inputValue()) === '',
  );
  await test.getByLabel('Recipient').fill(recipient);
  await test.getByRole('button', { name: 'Send test message' }).click();
  await test.getByText('The mail server took the message').waitFor();
  await test.getByText(/250 2\.0\.0 Queued as/).waitFor();
  expect((await smtp.messageTo(recipient)).tls).toBe(true);
  await page.reload();
  await page.getByText('Is stored. Leave empty to keep it.').waitFor();
  expect(await page.content()).not.toContain(MAIL_USER.password);
  await screenshot(page, 'email-settings');
  await page.context().close();
  const entries = (await admin.call(listAudit, { query: { action: 'email-settings.changed' } })).entries;
  expect(JSON.stringify(entries)).not.toContain(MAIL_USER.password);
});

it('who is invited by mail chooses a password and signs in; the link works once', async () => {
  await admin.call(saveEmailSettings, { body: settings() });
  const page = await signedIn();
  await page.goto('/users');
  const email = newEmail('invited');
  await page.getByRole('button', { name: 'Invite user' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('E-mail address').fill(email);
  await dialog.getByRole('textbox', { name: 'Name', exact: true }).fill('Ines Invited');
  expect(await accessibilityFaults(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Invite', exact: true }).click();
  await page.getByText(`The invitation for ${email} is on its way.`).waitFor();
  const row = page.getByRole('row').filter({ hasText: email });
  await row.waitFor();
  const link = linkIn(await smtp.messageTo(email), INVITATION_PAGE);
  await until('the list says that it was sent', async () => {
    await page.reload();
    await row.waitFor();
    return (await row.getByText('Mail sent').count()) === 1;
  });
  expect(await accessibilityFaults(page)).toEqual([]);
  await screenshot(page, 'users-invitations');
  await page.context().close();

  const guest = await newPage();
  await guest.goto(link);
  await guest.getByRole('heading', { name: 'Welcome to Muster' }).waitFor();
  await guest.getByText('Ines Invited').waitFor();
  expect(await accessibilityFaults(guest)).toEqual([]);
  await screenshot(guest, 'invitation');
  await choosePassword(guest, 'passwordpassword', 'Make my account');
  await guest
    .getByText(/guesser/)
    .first()
    .waitFor();
  await choosePassword(guest, NEW_PASSWORD, 'Make my account');
  await guest.getByText(`Sign in as ${email}`).waitFor();
  expect(await accessibilityFaults(guest)).toEqual([]);
  await guest.getByRole('link', { name: 'To the sign-in page' }).click();
  await signInOn(guest, email, NEW_PASSWORD);
  await guest.getByRole('heading', { name: 'Dashboard' }).waitFor();
  await guest.goto(link);
  await guest.getByText('This invitation is not valid').waitFor();
  await guest.context().close();
});

it('a message waits while the mail server is down, is shown as waiting, and arrives when it is up', async () => {
  await admin.call(saveEmailSettings, { body: settings() });
  await smtp.stop();
  const page = await signedIn();
  await page.goto('/users');
  const email = newEmail('patient');
  await page.getByRole('button', { name: 'Invite user' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('E-mail address').fill(email);
  await dialog.getByRole('textbox', { name: 'Name', exact: true }).fill('Pat');
  await dialog.getByRole('button', { name: 'Invite', exact: true }).click();
  await page.getByRole('row').filter({ hasText: email }).getByText('Mail waits to be sent').waitFor();
  await page.goto('/email/settings');
  const queued = page.getByRole('row').filter({ hasText: email });
  await until('the attempt has failed', async () => {
    await page.reload();
    await queued.waitFor();
    return (await queued.getByText(/ECONNREFUSED/).count()) === 1;
  });
  expect(await accessibilityFaults(page)).toEqual([]);
  await screenshot(page, 'email-queue');
  await smtp.start();
  await page.getByRole('button', { name: 'Try all again now' }).click();
  await smtp.messageTo(email);
  await until('nothing waits any more', async () => {
    await page.reload();
    await page.getByRole('heading', { name: 'Test', exact: true }).waitFor();
    return (await queued.count()) === 0;
  });
  await page.context().close();
});

it('who forgot the password gets a new one by mail; other sessions end, and strangers learn nothing', async () => {
  await admin.call(saveEmailSettings, { body: settings() });
  const email = newEmail('forgetful');
  const made = await admin.call(createUser, { body: { email, name: 'Fred Forgetful', role: 'read-only' } });
  await signInFirst(email, made.oneTimePassword);
  const elsewhere = await signedIn({}, email, PASSWORD);

  const page = await newPage();
  const ask = async (address: string): Promise<string> => {
    await page.goto('/');
    await page.getByRole('link', { name: 'Forgot your password?' }).click();
    // Both pages have a field of that name.
    await page.getByRole('button', { name: 'Send me a link' }).waitFor();
    await page.getByLabel('E-mail address').fill(address);
    await page.getByRole('button', { name: 'Send me a link' }).click();
    const answer = page.getByRole('alert');
    await answer.waitFor();
    return ((await answer.textContent()) ?? '').replace(address, '…');
  };
  const answer = await ask(newEmail('nobody'));
  expect(answer).toContain('a message is on its way');
  expect(await ask(email)).toBe(answer);
  expect(await accessibilityFaults(page)).toEqual([]);
  await screenshot(page, 'forgotten-password');

  const link = linkIn(await smtp.messageTo(email), PASSWORD_RESET_PAGE);
  await page.goto(link);
  await page.getByText(`This sets a new password for ${email}.`).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await screenshot(page, 'password-reset');
  await choosePassword(page, NEW_PASSWORD, 'Set the password');
  await page.getByText('Your password is changed').waitFor();
  await page.getByRole('link', { name: 'To the sign-in page' }).click();
  await signInOn(page, email, NEW_PASSWORD);
  await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
  await elsewhere.getByRole('button', { name: 'Sign in' }).waitFor();
  await until('the audit log has both', async () => {
    const { entries } = await admin.call(listAudit, { query: { search: email } });
    const actions = entries.map(({ action }) => action);
    return actions.includes('password-reset.asked') && actions.includes('password.changed');
  });
  await elsewhere.context().close();
  await page.context().close();
});

it.each(['/email/settings', '/users', '/forgotten-password', '/invitation', '/password-reset'])(
  '%s has no accessibility fault in the dark, and fits a narrow window',
  async (path) => {
    await admin.call(saveEmailSettings, { body: settings() });
    const page = await signedIn({ colorScheme: 'dark' });
    await page.goto(path);
    expect(await accessibilityFaults(page)).toEqual([]);
    await screenshot(page, `dark${path.replaceAll('/', '-')}`);
    await page.setViewportSize({ width: 390, height: 800 });
    await page.reload();
    expect(await accessibilityFaults(page)).toEqual([]);
    const wide = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
    expect(wide).toBeLessThanOrEqual(0);
    await page.context().close();
  },
);

import { createOrganisationOwner, type SaveEmailSettings, saveEmailSettings } from '@muster/contracts';
import { newId } from '@muster/database';
import { OutboxRecord, startSmtp, TestAuthority, type TestSmtp, type TestSmtpOptions } from '@muster/testing';
import { type Browser, enter } from './browser';
import { FIRST_PASSWORD, OWNER_EMAIL, RunningKeyManager } from './running-key-manager';

export const CONSOLE = 'https://itsm.example.test:8443';
export const MAIL_USER = { user: 'muster', password: 'the mail servers horse' };

/** A key manager with a mail server that takes mail by STARTTLS from one user. */
export class WithMail {
  private constructor(
    readonly service: RunningKeyManager,
    readonly owner: Browser,
    readonly smtp: TestSmtp,
    readonly authority: TestAuthority,
    readonly outbox: OutboxRecord,
  ) {}

  static async start(options: TestSmtpOptions = {}, settings: Record<string, string> = {}): Promise<WithMail> {
    const authority = await TestAuthority.create();
    const [service, smtp] = await Promise.all([
      RunningKeyManager.start({ ...MAIL_CONFIGURATION, ...settings }),
      startSmtp({ security: 'starttls', ...MAIL_USER, authority, ...options }),
    ]);
    const owner = await enter(service.origin, OWNER_EMAIL, FIRST_PASSWORD);
    const outbox = await OutboxRecord.of(service.database.adminUrl, 'identity');
    return new WithMail(service, owner, smtp, authority, outbox);
  }

  settings(changed: Partial<SaveEmailSettings> = {}): SaveEmailSettings {
    return {
      ...{ host: 'localhost', port: this.smtp.port, security: 'starttls', ...MAIL_USER },
      ...{ fromAddress: 'muster@example.test', fromName: 'Muster', trustedCertificates: this.authority.rootPem },
      ...changed,
    };
  }

  async save(changed: Partial<SaveEmailSettings> = {}): Promise<void> {
    const answer = await this.owner.call(saveEmailSettings, { body: this.settings(changed) });
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  }

  /** The owner of another organisation. */
  async stranger(organisationId = newId()): Promise<Browser> {
    const web = await this.service.busOf('web');
    const email = `owner-${newId()}@elsewhere.test`;
    const order = { credential: this.owner.cookie ?? '', organisationId, email, name: 'Stranger' };
    const { oneTimePassword } = await web.request(createOrganisationOwner, order);
    return enter(this.service.origin, email, oneTimePassword);
  }

  /** Whether a text stands in any row of the schema, in the log, or in what the audit log was told. */
  async isKept(text: string): Promise<string[]> {
    const tables = await this.service.sql<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('identity', 'public')`,
    );
    const found: string[] = [];
    for (const { name } of tables) {
      const hex = Buffer.from(text).toString('hex');
      const rows = await this.service.sql(
        `SELECT 1 FROM ${name} t WHERE position($1 IN t::text) > 0 OR position($2 IN t::text) > 0`,
        [text, hex],
      );
      if (rows.length > 0) found.push(name);
    }
    const logged = this.service.instances.some(({ lines }) => lines.some((line) => line.includes(text)));
    return logged ? [...found, 'log'] : found;
  }

  async stop(): Promise<void> {
    await this.outbox.close();
    await this.smtp.remove();
    await this.service.stop();
    this.authority.remove();
  }
}

export const MAIL_CONFIGURATION = {
  CONSOLE_ORIGIN: CONSOLE,
  EMAIL_POLL_SECONDS: '1',
  EMAIL_RETRY_SECONDS: '1',
  EMAIL_TIMEOUT_SECONDS: '10',
};

/** The secret of the link in a message, or of one that was shown. */
export function secretIn(text: string, page: string): string {
  const found = new RegExp(`${CONSOLE}${page}#([\\w-]{43})(?![\\w-])`).exec(text)?.[1];
  if (!found) throw new Error(`no link to ${page} in: ${text}`);
  return found;
}

import { Injectable } from '@nestjs/common';
import {
  AppError,
  type Caller,
  EMAIL_SECURITIES,
  emailSettingsChanged,
  factBy,
  fieldChanges,
  type FieldChange,
  type SaveEmailSettings,
} from '@muster/contracts';
import { Database, Outbox } from '@muster/database';
import { X509Certificate } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { Sealer } from '../../secrets/sealer';
import { passwordUnreadable } from '../smtp/smtp-failure';
import type { SmtpServer } from '../smtp/smtp-server';
import { EmailSettingsEntity } from './email-settings.entity';

const ID = 1;
const PURPOSE = 'password of the mail server';
const FIELDS = [
  ...(['host', 'port', 'security', 'userName', 'fromAddress', 'fromName', 'trustedCertificates'] as const),
];

/** How the server sends mail, as the operator set it. */
@Injectable()
export class EmailSettingsStore {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly sealer: Sealer,
  ) {}

  /** @returns undefined where no mail is sent */
  read(): Promise<EmailSettingsEntity | undefined> {
    return this.database.unscoped(async (manager) => (await found(manager)) ?? undefined);
  }

  /** @param manager of the transaction that asks, which must not wait for a second connection */
  async sendsMail(manager?: EntityManager): Promise<boolean> {
    return ((await (manager ? found(manager) : this.read())) ?? undefined) !== undefined;
  }

  /** With the password opened. @throws SmtpFailure `password-unreadable` */
  async server(): Promise<SmtpServer | undefined> {
    const row = await this.read();
    if (!row) return undefined;
    const password = row.sealedPassword ? this.sealer.open(PURPOSE, row.sealedPassword) : undefined;
    if (row.sealedPassword && password === undefined) throw passwordUnreadable();
    const { host, port, security, fromAddress, fromName } = row;
    return {
      ...{ host, port, security, fromAddress, fromName },
      ...(row.userName === null ? {} : { user: row.userName, password: password ?? '' }),
      ...(row.trustedCertificates === null ? {} : { trustedCertificates: row.trustedCertificates }),
    };
  }

  /** @throws AppError `invalid-input` where the password has to be given anew, or a certificate cannot be read */
  async save(caller: Caller, wanted: SaveEmailSettings): Promise<void> {
    checkCertificates(wanted.trustedCertificates);
    await this.database.unscoped(async (manager) => {
      await manager.query(`SELECT pg_advisory_xact_lock(hashtext('identity.email_settings'))`);
      const before = await found(manager);
      const after = this.rowOf(wanted, before, caller);
      const fields = changesOf(before, after, wanted.password !== undefined);
      if (fields.length === 0) return;
      await manager.save(EmailSettingsEntity, after);
      await this.outbox.add(manager, emailSettingsChanged, { ...factBy(caller), fields });
    });
  }

  /** Forgets everything, the password too. Without settings it changes nothing. */
  async remove(caller: Caller): Promise<void> {
    await this.database.unscoped(async (manager) => {
      const before = await found(manager);
      const { affected } = await manager.delete(EmailSettingsEntity, { id: ID });
      if (!before || !affected) return;
      const fields = changesOf(before, undefined, false);
      await this.outbox.add(manager, emailSettingsChanged, { ...factBy(caller), fields });
    });
  }

  private rowOf(wanted: SaveEmailSettings, before: EmailSettingsEntity | null, { principal }: Caller) {
    const { host, port, security, fromAddress, fromName } = wanted;
    const row = Object.assign(new EmailSettingsEntity(), {
      ...{ id: ID, host: host.toLowerCase(), port, security, fromAddress, fromName: fromName.trim() },
      ...{ userName: wanted.user ?? null, trustedCertificates: wanted.trustedCertificates?.trim() || null },
      ...{ changedAt: new Date(), changedBy: principal.name, sealedPassword: null as Buffer | null },
    });
    if (wanted.user === undefined || wanted.user === null) return row;
    if (wanted.password) row.sealedPassword = this.sealer.seal(PURPOSE, wanted.password);
    else if (before && mayKeepPassword(before, row)) row.sealedPassword = before.sealedPassword;
    else throw passwordNeeded();
    return row;
  }
}

const found = (manager: EntityManager) => manager.findOneBy(EmailSettingsEntity, { id: ID });

/**
 * The password is for one user of one server. Who could turn it to another server, or to a connection that is easier to
 * listen to, could read it without ever being given it.
 */
function mayKeepPassword(before: EmailSettingsEntity, after: EmailSettingsEntity): boolean {
  const strength = ({ security }: EmailSettingsEntity) => Math.min(EMAIL_SECURITIES.indexOf(security), 1);
  return (
    before.sealedPassword !== null &&
    before.host === after.host &&
    before.userName === after.userName &&
    (before.port === after.port || strength(after) === 1) &&
    strength(after) >= strength(before)
  );
}

function passwordNeeded(): AppError {
  const problem = 'must be given, since there is none for this user on this server with this TLS';
  return new AppError('invalid-input', 'Enter the password of the mail server.', {
    faults: [{ field: 'password', problem }],
  });
}

function changesOf(
  before: EmailSettingsEntity | null,
  after: EmailSettingsEntity | undefined,
  newPassword: boolean,
): FieldChange[] {
  const none = new EmailSettingsEntity();
  const fields = fieldChanges<EmailSettingsEntity>(before ?? none, after ?? none, FIELDS);
  const had = (before?.sealedPassword ?? null) !== null;
  const has = (after?.sealedPassword ?? null) !== null;
  if (newPassword && has) fields.push({ field: 'password', after: 'set' });
  else if (had && !has) fields.push({ field: 'password', after: 'removed' });
  return fields;
}

function checkCertificates(pem: string | undefined): void {
  for (const one of pem?.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []) {
    try {
      new X509Certificate(one);
    } catch (cause) {
      const faults = [{ field: 'trustedCertificates', problem: 'holds something that is no certificate' }];
      throw new AppError('invalid-input', 'The certificates cannot be read.', { faults, cause });
    }
  }
}

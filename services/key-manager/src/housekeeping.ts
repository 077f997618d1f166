import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Database } from '@muster/database';
import { Log, Periodic } from '@muster/service-kit';
import { type EntityTarget, LessThan, type ObjectLiteral } from 'typeorm';
import { DAY_MS } from './authority/x509';
import { CertificateEntity } from './devices/certificate.entity';
import { InvitationEntity } from './email/invitations/invitation.entity';
import { PasswordResetEntity } from './email/password-reset/password-reset.entity';
import { EmailMessageEntity } from './email/queue/email-message.entity';
import { AddressFailureEntity } from './limits/address-failure.entity';
import { FAILURE_WINDOW_MS } from './limits/address-failures';
import { RevocationEntity } from './revocations/revocation.entity';
import { SessionEntity } from './sessions/session.entity';
import { SignInAttemptEntity } from './sessions/sign-in-attempt.entity';
import { ATTEMPTS_KEPT_MS } from './sessions/sign-in-attempts';
import { ApiTokenEntity } from './tokens/api-token.entity';

interface Rule {
  entity: EntityTarget<ObjectLiteral>;
  column: string;
  /** How long a row stays after the time in that column. */
  keptMs: number;
}

const INTERVAL_MS = 10 * 60_000;
/** A device may come back for a year after its certificate's end; the newest one says when that was. */
const CERTIFICATES_KEPT_MS = 400 * DAY_MS;
/** So long an invitation that ended is shown, and can be renewed. */
const INVITATIONS_KEPT_MS = 30 * DAY_MS;

const OF_ORGANISATIONS: readonly Rule[] = [
  { entity: SessionEntity, column: 'expiresAt', keptMs: 0 },
  { entity: ApiTokenEntity, column: 'expiresAt', keptMs: 30 * DAY_MS },
  { entity: RevocationEntity, column: 'mattersUntil', keptMs: DAY_MS },
  { entity: InvitationEntity, column: 'expiresAt', keptMs: INVITATIONS_KEPT_MS },
  { entity: PasswordResetEntity, column: 'expiresAt', keptMs: 0 },
  { entity: EmailMessageEntity, column: 'expiresAt', keptMs: 0 },
  { entity: CertificateEntity, column: 'notAfter', keptMs: CERTIFICATES_KEPT_MS },
];
const OF_NOBODY: readonly Rule[] = [
  { entity: AddressFailureEntity, column: 'since', keptMs: FAILURE_WINDOW_MS },
  { entity: SignInAttemptEntity, column: 'lastAt', keptMs: ATTEMPTS_KEPT_MS },
];

/** Removes what has expired. Every instance may do it: a row is gone but once. */
@Injectable()
export class Housekeeping implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly sweeping: Periodic;

  constructor(
    private readonly database: Database,
    log: Log,
  ) {
    this.sweeping = new Periodic(
      INTERVAL_MS,
      () => this.sweep(),
      (error) => log.warn({ err: error }, 'Expired rows could not be removed; the next sweep tries again.'),
    );
  }

  onApplicationBootstrap(): void {
    this.sweeping.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.sweeping.stop();
  }

  async sweep(): Promise<void> {
    for (const rule of OF_NOBODY) await this.database.unscoped((manager) => manager.delete(rule.entity, expired(rule)));
    for (const rule of OF_ORGANISATIONS) {
      const rows = await this.database.across('organisations with expired rows', (manager) =>
        manager
          .createQueryBuilder(rule.entity, 'row')
          .select('DISTINCT row.organisation_id', 'id')
          .where(expired(rule))
          .getRawMany<{ id: string }>(),
      );
      for (const { id } of rows) {
        await this.database.inOrganisation(id, (manager) => manager.delete(rule.entity, expired(rule)));
      }
    }
  }
}

const expired = ({ column, keptMs }: Rule) => ({ [column]: LessThan(new Date(Date.now() - keptMs)) });

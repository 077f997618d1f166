import { Injectable } from '@nestjs/common';
import { AppError, PASSWORD_RESET_PAGE, passwordResetAsked } from '@muster/contracts';
import { Database, newId, Outbox } from '@muster/database';
import type { EntityManager } from 'typeorm';
import { KeyManagerConfig } from '../../key-manager.config';
import { digest, newSecret } from '../../secrets/secret';
import { UserEntity } from '../../users/user.entity';
import { inUtc, Links } from '../links';
import { EmailQueue } from '../queue/email-queue';
import { PasswordResetEntity, PasswordResetRequestEntity } from './password-reset.entity';

const MOST_AT_ONCE = 100;

/**
 * Requests for a new password. Taking one writes down what was typed, the same for every address; who that is comes out
 * afterwards, when nobody is waiting any more. So neither the answer nor its time says whether somebody has the address.
 */
@Injectable()
export class ResetRequests {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly queue: EmailQueue,
    private readonly links: Links,
    private readonly config: KeyManagerConfig,
  ) {}

  async take(email: string, address: string): Promise<void> {
    await this.database.unscoped(async (manager) => {
      await manager.insert(PasswordResetRequestEntity, {
        ...{ id: newId(), email: email.toLowerCase(), address: address.slice(0, 64), askedAt: new Date() },
      });
    });
    this.queue.wake();
  }

  /** Finds out who is meant, and queues their mail. Several instances may do it: a request is taken away but once. */
  async handle(): Promise<void> {
    const requests = await this.database.unscoped((manager) =>
      manager.find(PasswordResetRequestEntity, { order: { askedAt: 'ASC' }, take: MOST_AT_ONCE }),
    );
    for (const request of requests) await this.handleOne(request);
  }

  private async handleOne(request: PasswordResetRequestEntity): Promise<void> {
    const user = await this.database.across('user by e-mail address', (manager) =>
      manager.findOneBy(UserEntity, { email: request.email }),
    );
    if (!user || user.disabled) {
      await this.database.unscoped((manager) => manager.delete(PasswordResetRequestEntity, { id: request.id }));
      return;
    }
    await this.database.inOrganisation(user.organisationId, async (manager) => {
      const { affected } = await manager.delete(PasswordResetRequestEntity, { id: request.id });
      if (affected) await this.issue(manager, user, request.address);
    });
  }

  private async issue(manager: EntityManager, user: UserEntity, address: string): Promise<void> {
    const { organisationId, email, name } = user;
    const secret = newSecret();
    const now = new Date();
    const expiresAt = new Date(now.getTime() + this.config.PASSWORD_RESET_MINUTES * 60_000);
    const id = newId();
    await manager.insert(PasswordResetEntity, {
      ...{ id, organisationId, userId: user.id, secretHash: digest(secret), expiresAt },
    });
    const link = this.links.to(PASSWORD_RESET_PAGE, secret);
    const words = { origin: this.links.origin, link, name, email, until: inUtc(expiresAt), address };
    await this.queue.add(manager, { kind: 'password-reset', words, organisationId, subjectId: id, expiresAt });
    await this.outbox.add(manager, passwordResetAsked, {
      ...{ organisationId, at: now.toISOString(), userId: user.id, email },
      actor: { kind: 'person', name: email, address },
    });
  }
}

export const noMail = (): AppError =>
  new AppError('conflict', 'This server sends no mail. Ask an administrator for a new password.');

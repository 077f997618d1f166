import { Injectable } from '@nestjs/common';
import { INVITATION_PAGE } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import { KeyManagerConfig } from '../../key-manager.config';
import { inUtc, Links } from '../links';
import { EmailQueue } from '../queue/email-queue';
import { EmailSettingsStore } from '../settings/email-settings';
import type { InvitationEntity } from './invitation.entity';

/** How an invitation's link gets to its person: by mail, or where none is sent by the hand of the one who invites. */
@Injectable()
export class InvitationLinks {
  constructor(
    private readonly config: KeyManagerConfig,
    private readonly links: Links,
    private readonly queue: EmailQueue,
    private readonly settings: EmailSettingsStore,
  ) {}

  expiry(from: Date): Date {
    return new Date(from.getTime() + this.config.INVITATION_HOURS * 3_600_000);
  }

  /** Takes the place of the link before. @returns the link where no mail is sent */
  async hand(manager: EntityManager, invitation: InvitationEntity, secret: string): Promise<string | undefined> {
    const { id, organisationId, email, name, role, invitedBy, expiresAt } = invitation;
    await this.queue.remove(manager, id);
    const link = this.links.to(INVITATION_PAGE, secret);
    if (!(await this.settings.sendsMail(manager))) return link;
    const words = { origin: this.links.origin, link, name, email, until: inUtc(expiresAt), invitedBy, role };
    await this.queue.add(manager, { kind: 'invitation', words, organisationId, subjectId: id, expiresAt });
    return undefined;
  }

  takeBack(manager: EntityManager, invitationId: string): Promise<void> {
    return this.queue.remove(manager, invitationId);
  }
}

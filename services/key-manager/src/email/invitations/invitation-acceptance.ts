import { Injectable } from '@nestjs/common';
import { AppError, invitationAccepted, type InvitationOffer, userCreated } from '@muster/contracts';
import { Database, isUniqueViolation, Outbox } from '@muster/database';
import { Log } from '@muster/service-kit';
import { checkNewPassword } from '../../passwords/password-rules';
import { digest } from '../../secrets/secret';
import { UserEntity } from '../../users/user.entity';
import { newUser } from '../../users/users';
import { Links } from '../links';
import { EmailQueue } from '../queue/email-queue';
import { InvitationEntity } from './invitation.entity';

const ENDED =
  'This invitation is not valid: it was accepted, withdrawn or replaced, or its time is over. Ask for a new one.';

/** The side of who was invited: what the link offers, and taking it, once. */
@Injectable()
export class InvitationAcceptance {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly queue: EmailQueue,
    private readonly links: Links,
    private readonly log: Log,
  ) {}

  /** @throws AppError `not-found`, `too-many-requests` */
  async look(secret: string, address: string): Promise<InvitationOffer> {
    const { email, name, role, invitedBy, expiresAt } = await this.find(secret, address);
    return { email, name, role, invitedBy, expiresAt: expiresAt.toISOString() };
  }

  /** Makes the user. @throws AppError `not-found`, `too-many-requests`, `invalid-input`, `conflict` */
  async accept({ secret, newPassword }: { secret: string; newPassword: string }, address: string): Promise<void> {
    const { id, organisationId, email, name, role, secretHash } = await this.find(secret, address);
    checkNewPassword(newPassword, { email });
    const user: UserEntity = {
      ...(await newUser({ organisationId, email, name, role }, newPassword)),
      mustChangePassword: false,
    };
    try {
      await this.database.inOrganisation(organisationId, async (manager) => {
        // Whoever takes the row away has accepted it: two at once cannot both.
        const { affected } = await manager.delete(InvitationEntity, { id, secretHash });
        if (!affected) throw new AppError('not-found', ENDED);
        await this.queue.remove(manager, id);
        await manager.insert(UserEntity, user);
        const actor = { kind: 'person' as const, id: user.id, name: email, address: address.slice(0, 64) };
        const fact = { organisationId, at: user.createdAt.toISOString(), actor };
        await this.outbox.add(manager, invitationAccepted, { ...fact, invitationId: id, email, role });
        await this.outbox.add(manager, userCreated, { ...fact, userId: user.id, email, name, role });
      });
    } catch (error) {
      if (!isUniqueViolation(error, 'users_email')) throw error;
      throw new AppError('conflict', 'You have an account with this e-mail address already. Sign in with that.', {
        cause: error,
      });
    }
    this.log.info({ userId: user.id, role, address }, 'Somebody accepted an invitation.');
  }

  private async find(secret: string, address: string): Promise<InvitationEntity> {
    await this.links.refuse(address);
    const secretHash = digest(secret);
    const row = await this.database.across('invitation by secret', (manager) =>
      manager.findOneBy(InvitationEntity, { secretHash }),
    );
    if (!row || row.expiresAt.getTime() <= Date.now()) throw await this.links.unknown(address, ENDED);
    return row;
  }
}

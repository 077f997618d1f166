import { Injectable } from '@nestjs/common';
import { AppError, passwordChanged, type PasswordResetAccount, type Principal } from '@muster/contracts';
import { Database, Outbox } from '@muster/database';
import { hashPassword } from '../../passwords/password-hash';
import { checkNewPassword } from '../../passwords/password-rules';
import { Revocations } from '../../revocations/revocations';
import { digest } from '../../secrets/secret';
import { Sessions } from '../../sessions/sessions';
import { UserEntity } from '../../users/user.entity';
import { Links } from '../links';
import { forgetResets } from './forget-resets';
import { PasswordResetEntity } from './password-reset.entity';

const ENDED = 'This link is not valid: it was used, or its time is over. Ask for a new one on the sign-in page.';

interface Found {
  reset: PasswordResetEntity;
  user: UserEntity;
}

/** New passwords by a link that came by mail. */
@Injectable()
export class PasswordReset {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly sessions: Sessions,
    private readonly revocations: Revocations,
    private readonly links: Links,
  ) {}

  /** Whose password it is. @throws AppError `not-found`, `too-many-requests` */
  async look(secret: string, address: string): Promise<PasswordResetAccount> {
    const { reset, user } = await this.find(secret, address);
    return { email: user.email, expiresAt: reset.expiresAt.toISOString() };
  }

  /**
   * Sets the password, ends every session and every other link of this person.
   * @returns their e-mail address
   * @throws AppError `not-found`, `too-many-requests`, `invalid-input`
   */
  async use({ secret, newPassword }: { secret: string; newPassword: string }, address: string): Promise<string> {
    const { reset, user } = await this.find(secret, address);
    const { organisationId, id, email } = user;
    checkNewPassword(newPassword, { email });
    const passwordHash = await hashPassword(newPassword);
    await this.database.inOrganisation(organisationId, async (manager) => {
      // Whoever takes the row away has used the link: two at once cannot both.
      const { affected } = await manager.delete(PasswordResetEntity, { id: reset.id });
      const changed = affected
        ? await manager.update(UserEntity, { id, disabled: false }, { passwordHash, mustChangePassword: false })
        : undefined;
      if (!changed?.affected) throw new AppError('not-found', ENDED);
      await forgetResets(manager, id);
      const caller = { principal: principalOf(user), address };
      await this.outbox.add(manager, passwordChanged, {
        ...{ organisationId, at: new Date().toISOString(), userId: id, email, reset: false, byLink: true },
        actor: { kind: 'person', id, name: email, address: address.slice(0, 64) },
      });
      const ended = await this.sessions.endAll(manager, caller, user);
      await this.revocations.add(manager, [...ended, { kind: 'user', id, organisationId }]);
    });
    return email;
  }

  private async find(secret: string, address: string): Promise<Found> {
    await this.links.refuse(address);
    const secretHash = digest(secret);
    const found = await this.database.across('password reset by secret', async (manager) => {
      const reset = await manager.findOneBy(PasswordResetEntity, { secretHash });
      const user = reset && (await manager.findOneBy(UserEntity, { id: reset.userId, disabled: false }));
      return reset && user && reset.expiresAt.getTime() > Date.now() ? { reset, user } : undefined;
    });
    if (!found) throw await this.links.unknown(address, ENDED);
    return found;
  }
}

/** The person, as facts name them: proven by the link, with no credential beside it. */
const principalOf = ({ id, organisationId, email }: UserEntity): Principal => ({
  ...{ kind: 'person', id, organisationId, name: email, assurance: 'password' },
  ...{ permissions: [], credentialId: '' },
});

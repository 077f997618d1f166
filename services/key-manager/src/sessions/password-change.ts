import { Injectable } from '@nestjs/common';
import { AppError, type Caller, factBy, passwordChanged } from '@muster/contracts';
import { Database, Outbox } from '@muster/database';
import { forgetResets } from '../email/password-reset/forget-resets';
import { hashPassword, verifyPassword } from '../passwords/password-hash';
import { checkNewPassword } from '../passwords/password-rules';
import { Revocations } from '../revocations/revocations';
import { UserEntity } from '../users/user.entity';
import { type Client, type OpenedSession, Sessions } from './sessions';
import { wrongPassword } from './sign-in';
import { SignInLimits } from './sign-in-limits';

/** People's own new passwords. */
@Injectable()
export class PasswordChange {
  constructor(
    private readonly database: Database,
    private readonly sessions: Sessions,
    private readonly limits: SignInLimits,
    private readonly revocations: Revocations,
    private readonly outbox: Outbox,
  ) {}

  /**
   * Sets a person's own new password, ends all their sessions and opens a new one.
   * @throws AppError `sign-in-failed`, `locked-out`, `too-many-requests`, `invalid-input`
   */
  async change(caller: Caller, passwords: { current: string; fresh: string }, client: Client): Promise<OpenedSession> {
    const { organisationId, id } = caller.principal;
    const user = await this.prove(caller, passwords.current, client.address);
    checkNewPassword(passwords.fresh, { email: user.email, current: passwords.current });
    const passwordHash = await hashPassword(passwords.fresh);
    return this.database.inOrganisation(organisationId, async (manager) => {
      // Only over the password that was verified: two changes at once must not both win.
      const where = { id, passwordHash: user.passwordHash, disabled: false };
      const { affected } = await manager.update(UserEntity, where, { passwordHash, mustChangePassword: false });
      if (!affected)
        throw new AppError('conflict', 'The password was changed by somebody else just now. Sign in again.');
      await forgetResets(manager, id);
      const about = { userId: id, email: user.email, reset: false };
      await this.outbox.add(manager, passwordChanged, { ...factBy(caller), ...about });
      const ended = await this.sessions.endAll(manager, caller, user);
      const session = await this.sessions.open(manager, { ...user, mustChangePassword: false }, client);
      await this.revocations.add(manager, [...ended, { kind: 'user', id, organisationId }]);
      return session;
    });
  }

  /** Guessing here is guessing at the sign-in: the same limits hold. */
  private async prove({ principal }: Caller, current: string, address: string): Promise<UserEntity> {
    const { organisationId, id } = principal;
    const user = await this.database.inOrganisation(organisationId, (manager) =>
      manager.findOneByOrFail(UserEntity, { id }),
    );
    await this.limits.refuse(address);
    await this.limits.begin(user.email);
    if (!(await verifyPassword(user.passwordHash, current))) {
      throw await this.limits.failed(address, wrongPassword('The current password is wrong.'));
    }
    await this.limits.succeeded(user.email);
    return user;
  }
}

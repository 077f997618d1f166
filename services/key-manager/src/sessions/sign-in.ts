import { Injectable } from '@nestjs/common';
import { AppError, type Principal, type SignIn } from '@muster/contracts';
import { Database } from '@muster/database';
import { Log } from '@muster/service-kit';
import { hashPassword, isOutdated, verifyPassword } from '../passwords/password-hash';
import { checkNewPassword } from '../passwords/password-rules';
import { Revocations } from '../revocations/revocations';
import { UserEntity } from '../users/user.entity';
import { type Client, type OpenedSession, Sessions } from './sessions';
import { SignInLimits } from './sign-in-limits';

/** Proves people by their password. */
@Injectable()
export class PasswordSignIn {
  private readonly log: Log;

  constructor(
    private readonly database: Database,
    private readonly sessions: Sessions,
    private readonly limits: SignInLimits,
    private readonly revocations: Revocations,
    log: Log,
  ) {
    this.log = log.child({ part: 'sign-in' });
  }

  /**
   * Opens a session. An unknown user costs the same work and gets the same answer as a wrong password.
   * @throws AppError `sign-in-failed`, `locked-out`, `too-many-requests`
   */
  async signIn({ email, password }: SignIn, client: Client): Promise<OpenedSession> {
    await this.limits.admit(email, client.address).catch((error: unknown) => {
      if (error instanceof AppError) this.log.warn({ address: client.address, code: error.code }, 'Sign-in refused.');
      throw error;
    });
    const user = await this.database.across('user by e-mail address', (manager) =>
      manager.findOneBy(UserEntity, { email: email.toLowerCase() }),
    );
    const right = await verifyPassword(user?.passwordHash, password);
    if (!right || !user || user.disabled) {
      const reason = !user ? 'unknown' : user.disabled ? 'disabled' : 'password';
      this.log.warn({ address: client.address, userId: user?.id, reason }, 'Sign-in failed.');
      throw await this.limits.failed(client.address, wrongPassword('The e-mail address or the password is wrong.'));
    }
    await this.limits.succeeded(email);
    const outdated = isOutdated(user.passwordHash) ? { passwordHash: await hashPassword(password) } : {};
    const opened = await this.database.inOrganisation(user.organisationId, async (manager) => {
      await manager.update(UserEntity, { id: user.id }, { lastSignInAt: new Date(), ...outdated });
      return this.sessions.open(manager, user, client);
    });
    this.log.info({ userId: user.id, sessionId: opened.session.id, address: client.address }, 'Signed in.');
    return opened;
  }

  /**
   * Sets a person's own new password, ends all their sessions and opens a new one.
   * @throws AppError `sign-in-failed`, `locked-out`, `too-many-requests`, `invalid-input`
   */
  async changePassword(
    principal: Principal,
    passwords: { current: string; fresh: string },
    client: Client,
  ): Promise<OpenedSession> {
    const { organisationId, id } = principal;
    const user = await this.database.inOrganisation(organisationId, (manager) =>
      manager.findOneByOrFail(UserEntity, { id }),
    );
    await this.limits.admit(user.email, client.address);
    if (!(await verifyPassword(user.passwordHash, passwords.current))) {
      this.log.warn({ address: client.address, userId: id, reason: 'password' }, 'Password change failed.');
      throw await this.limits.failed(client.address, wrongPassword('The current password is wrong.'));
    }
    await this.limits.succeeded(user.email);
    checkNewPassword(passwords.fresh, { email: user.email, current: passwords.current });
    const passwordHash = await hashPassword(passwords.fresh);
    const opened = await this.database.inOrganisation(organisationId, async (manager) => {
      // Only over the password that was verified: two changes at once must not both win.
      const where = { id, passwordHash: user.passwordHash, disabled: false };
      const { affected } = await manager.update(UserEntity, where, { passwordHash, mustChangePassword: false });
      if (!affected)
        throw new AppError('conflict', 'The password was changed by somebody else just now. Sign in again.');
      const ended = await this.sessions.endAll(manager, id);
      const session = await this.sessions.open(manager, { ...user, mustChangePassword: false }, client);
      await this.revocations.add(manager, [...ended, { kind: 'user', id, organisationId }]);
      return session;
    });
    this.log.info({ userId: id, sessionId: opened.session.id, address: client.address }, 'Changed the password.');
    return opened;
  }
}

const wrongPassword = (sentence: string) => new AppError('sign-in-failed', sentence);

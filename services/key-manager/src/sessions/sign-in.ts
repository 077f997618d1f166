import { Injectable } from '@nestjs/common';
import { AppError, type SignIn } from '@muster/contracts';
import { Database } from '@muster/database';
import { Log } from '@muster/service-kit';
import { hashPassword, isOutdated, verifyPassword } from '../passwords/password-hash';
import { UserEntity } from '../users/user.entity';
import { RefusedSignIns } from './refused-sign-ins';
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
    private readonly refused: RefusedSignIns,
    log: Log,
  ) {
    this.log = log.child({ part: 'sign-in' });
  }

  /**
   * Opens a session. An unknown user costs the same work and gets the same answer as a wrong password.
   * @throws AppError `sign-in-failed`, `locked-out`, `too-many-requests`
   */
  async signIn({ email, password }: SignIn, client: Client): Promise<OpenedSession> {
    const { address } = client;
    const user = await this.find(email, address);
    const right = await verifyPassword(user?.passwordHash, password);
    if (!right || !user || user.disabled) {
      const reason = !user ? 'unknown-user' : user.disabled ? 'disabled' : 'wrong-password';
      this.log.warn({ address, userId: user?.id, reason }, 'Sign-in failed.');
      throw await this.limits.failed(
        address,
        wrongPassword('The e-mail address or the password is wrong.'),
        (manager) => this.refused.add(manager, { email, address, user }, reason),
      );
    }
    await this.limits.succeeded(email);
    const outdated = isOutdated(user.passwordHash) ? { passwordHash: await hashPassword(password) } : {};
    const opened = await this.database.inOrganisation(user.organisationId, async (manager) => {
      await manager.update(UserEntity, { id: user.id }, { lastSignInAt: new Date(), ...outdated });
      return this.sessions.open(manager, user, client);
    });
    this.log.info({ userId: user.id, sessionId: opened.session.id, address }, 'Signed in.');
    return opened;
  }

  /** Who has this e-mail address, if the limits let somebody try it now. */
  private async find(email: string, address: string): Promise<UserEntity | undefined> {
    try {
      await this.limits.refuse(address);
      const user = await this.database.across('user by e-mail address', (manager) =>
        manager.findOneBy(UserEntity, { email: email.toLowerCase() }),
      );
      const known = user ?? undefined;
      await this.limits.begin(email, (manager) =>
        this.refused.add(manager, { email, address, user: known }, 'locked-out'),
      );
      return known;
    } catch (error) {
      if (error instanceof AppError) this.log.warn({ address, code: error.code }, 'Sign-in refused.');
      throw error;
    }
  }
}

export const wrongPassword = (sentence: string) => new AppError('sign-in-failed', sentence);

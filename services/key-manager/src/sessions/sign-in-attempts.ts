import { Injectable } from '@nestjs/common';
import { AppError } from '@muster/contracts';
import { Database } from '@muster/database';
import { In, MoreThan } from 'typeorm';
import { KeyManagerConfig } from '../key-manager.config';
import type { Alongside } from '../limits/alongside';
import { digest } from '../secrets/secret';
import { SignInAttemptEntity } from './sign-in-attempt.entity';

const FIRST_LOCK_MS = 60_000;
const LONGEST_LOCK_MS = 60 * 60_000;
/** Failures are forgotten after a day without one. */
export const ATTEMPTS_KEPT_MS = 24 * 60 * 60_000;

/**
 * Lock-out by e-mail address: after some failures in a row for a minute, then twice as long with each further one, up to
 * an hour. An attempt counts as failed before the password is looked at, so a burst of guesses gets no more tries.
 */
@Injectable()
export class SignInAttempts {
  constructor(
    private readonly database: Database,
    private readonly config: KeyManagerConfig,
  ) {}

  /** Counts an attempt. @throws AppError `locked-out` while there were too many; the first one does `firstRefusal`, too */
  async begin(email: string, firstRefusal?: Alongside): Promise<void> {
    const lockedUntil = await this.database.unscoped(async (manager) => {
      const now = new Date();
      const emailDigest = digestOf(email);
      await manager.query(
        `INSERT INTO identity.sign_in_attempts (email_digest, failures, last_at) VALUES ($1, 0, $2)
         ON CONFLICT (email_digest) DO NOTHING`,
        [emailDigest, now],
      );
      const row = await manager.findOneOrFail(SignInAttemptEntity, {
        where: { emailDigest },
        lock: { mode: 'pessimistic_write' },
      });
      if (row.lockedUntil && row.lockedUntil > now) {
        const { lockedUntil: until, toldUntil } = row;
        if (firstRefusal && toldUntil?.getTime() !== until.getTime()) {
          await manager.update(SignInAttemptEntity, { emailDigest }, { toldUntil: until });
          await firstRefusal(manager);
        }
        return until;
      }
      const quiet = now.getTime() - row.lastAt.getTime() > ATTEMPTS_KEPT_MS;
      const failures = (quiet ? 0 : row.failures) + 1;
      await manager.update(
        SignInAttemptEntity,
        { emailDigest },
        { failures, lastAt: now, lockedUntil: this.lockAfter(failures, now) },
      );
      return undefined;
    });
    if (!lockedUntil) return;
    const seconds = Math.max(1, Math.ceil((lockedUntil.getTime() - Date.now()) / 1000));
    throw new AppError('locked-out', `Too many failed sign-ins. Try again in ${inWords(seconds)}.`, {
      retryAfterSeconds: seconds,
    });
  }

  /** The password was right, or an administrator set a new one. */
  async forget(email: string): Promise<void> {
    await this.database.unscoped((manager) => manager.delete(SignInAttemptEntity, { emailDigest: digestOf(email) }));
  }

  /** Until when each of these addresses is locked out now. */
  async locks(emails: readonly string[]): Promise<Map<string, Date>> {
    const byDigest = new Map(emails.map((email) => [digestOf(email).toString('hex'), email]));
    const rows = await this.database.unscoped((manager) =>
      manager.findBy(SignInAttemptEntity, {
        emailDigest: In(emails.map(digestOf)),
        lockedUntil: MoreThan(new Date()),
      }),
    );
    const locks = new Map<string, Date>();
    for (const { emailDigest, lockedUntil } of rows) {
      const email = byDigest.get(emailDigest.toString('hex'));
      if (email !== undefined && lockedUntil) locks.set(email, lockedUntil);
    }
    return locks;
  }

  private lockAfter(failures: number, now: Date): Date | null {
    const over = failures - this.config.LOCK_OUT_AFTER;
    return over < 0 ? null : new Date(now.getTime() + Math.min(FIRST_LOCK_MS * 2 ** over, LONGEST_LOCK_MS));
  }
}

const digestOf = (email: string): Buffer => digest(email.toLowerCase());

function inWords(seconds: number): string {
  if (seconds < 90) return seconds === 1 ? 'a second' : `${seconds} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}

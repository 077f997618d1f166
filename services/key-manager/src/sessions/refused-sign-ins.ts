import { Injectable } from '@nestjs/common';
import { DEFAULT_ORGANISATION_ID, type SignInRefused, signInRefused } from '@muster/contracts';
import { Outbox } from '@muster/database';
import { Log } from '@muster/service-kit';
import type { EntityManager } from 'typeorm';
import { KeyManagerConfig } from '../key-manager.config';
import type { UserEntity } from '../users/user.entity';

const MINUTE_MS = 60_000;

/** A sign-in that came to nothing: what was typed, from where, and who has that address, if anybody. */
export interface RefusedSignIn {
  email: string;
  address: string;
  user?: UserEntity;
}

/**
 * Facts about sign-ins that failed, which anybody can cause without a credential. So they are bounded three times: one
 * for each try that the limits per address let through, one for each time that a user is locked out, and in all so many
 * a minute by each process, since whoever has very many addresses must not fill the outbox and the audit log.
 */
@Injectable()
export class RefusedSignIns {
  private minute = 0;
  private told = 0;
  private left = 0;

  constructor(
    private readonly outbox: Outbox,
    private readonly config: KeyManagerConfig,
    private readonly log: Log,
  ) {}

  async add(
    manager: EntityManager,
    { email, address, user }: RefusedSignIn,
    reason: SignInRefused['reason'],
  ): Promise<void> {
    if (!this.hasRoom()) return;
    await this.outbox.add(manager, signInRefused, {
      organisationId: user?.organisationId ?? DEFAULT_ORGANISATION_ID,
      at: new Date().toISOString(),
      ...{ email: email.toLowerCase(), address: address.slice(0, 64), reason },
    });
  }

  private hasRoom(): boolean {
    const minute = Math.floor(Date.now() / MINUTE_MS);
    if (minute !== this.minute) {
      if (this.left > 0) this.log.warn({ count: this.left }, 'Refused sign-ins were left out of the audit log.');
      Object.assign(this, { minute, told: 0, left: 0 });
    }
    if (this.told < this.config.REFUSED_SIGN_INS_PER_MINUTE) this.told += 1;
    else this.left += 1;
    return this.left === 0;
  }
}

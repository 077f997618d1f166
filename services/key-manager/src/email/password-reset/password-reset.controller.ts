import { Controller } from '@nestjs/common';
import {
  askPasswordReset,
  lookAtPasswordReset,
  type PasswordResetAccount,
  type PasswordResetOffer,
  readPasswordReset,
  type RouteCall,
  usePasswordReset,
} from '@muster/contracts';
import { Handles } from '@muster/service-kit';
import { SignInAttempts } from '../../sessions/sign-in-attempts';
import { EmailSettingsStore } from '../settings/email-settings';
import { PasswordReset } from './password-reset';
import { ResetLimits } from './reset-limits';
import { noMail, ResetRequests } from './reset-requests';

/** New passwords for people who forgot theirs. */
@Controller()
export class PasswordResetController {
  constructor(
    private readonly settings: EmailSettingsStore,
    private readonly limits: ResetLimits,
    private readonly requests: ResetRequests,
    private readonly resets: PasswordReset,
    private readonly attempts: SignInAttempts,
  ) {}

  @Handles(readPasswordReset)
  async read(_call: RouteCall<typeof readPasswordReset>): Promise<PasswordResetOffer> {
    return { available: await this.settings.sendsMail() };
  }

  @Handles(askPasswordReset)
  async ask({ body, address }: RouteCall<typeof askPasswordReset>): Promise<void> {
    const email = body.email.toLowerCase();
    await this.limits.count(email, address);
    if (!(await this.settings.sendsMail())) throw noMail();
    await this.requests.take(email, address);
  }

  @Handles(lookAtPasswordReset)
  look({ body, address }: RouteCall<typeof lookAtPasswordReset>): Promise<PasswordResetAccount> {
    return this.resets.look(body.secret, address);
  }

  /** Who reads a person's mail is that person: failed sign-ins before are forgotten. */
  @Handles(usePasswordReset)
  async use({ body, address }: RouteCall<typeof usePasswordReset>): Promise<void> {
    await this.attempts.forget(await this.resets.use(body, address));
  }
}

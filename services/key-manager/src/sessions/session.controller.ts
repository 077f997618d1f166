import { Controller } from '@nestjs/common';
import { changePassword, currentSession, type RouteCall, type Session, signIn, signOut } from '@muster/contracts';
import { Handles } from '@muster/service-kit';
import { requirePerson } from '../users/grants';
import { clearSessionCookie, setSessionCookie } from './session-cookie';
import { PasswordChange } from './password-change';
import { type OpenedSession, Sessions } from './sessions';
import { PasswordSignIn } from './sign-in';

type Call = Pick<RouteCall<typeof signIn>, 'address' | 'headers' | 'reply'>;

/** The own session: sign in, look, change the password, sign out. */
@Controller()
export class SessionController {
  constructor(
    private readonly passwords: PasswordSignIn,
    private readonly changes: PasswordChange,
    private readonly sessions: Sessions,
  ) {}

  @Handles(signIn)
  async signIn(call: RouteCall<typeof signIn>): Promise<Session> {
    return handOver(call, await this.passwords.signIn(call.body, clientOf(call)));
  }

  @Handles(currentSession)
  current({ principal }: RouteCall<typeof currentSession>): Promise<Session> {
    requirePerson(principal);
    return this.sessions.current(principal.organisationId, principal.credentialId, principal.credential ?? '');
  }

  @Handles(signOut)
  async signOut(call: RouteCall<typeof signOut>): Promise<void> {
    requirePerson(call.principal);
    await this.sessions.end(call, call.principal.credentialId);
    clearSessionCookie(call.reply);
  }

  @Handles(changePassword)
  async changePassword(call: RouteCall<typeof changePassword>): Promise<Session> {
    requirePerson(call.principal);
    const passwords = { current: call.body.currentPassword, fresh: call.body.newPassword };
    return handOver(call, await this.changes.change(call, passwords, clientOf(call)));
  }
}

const clientOf = ({ address, headers }: Call) => ({ address, userAgent: headers['user-agent'] ?? '' });

function handOver({ reply }: Call, { secret, session }: OpenedSession): Session {
  setSessionCookie(reply, secret, session.expiresAt);
  return session;
}

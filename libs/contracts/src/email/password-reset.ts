import { Email, Flag, Instant, Text } from '../schema/fields';
import { passwordChanged, sessionEnded } from '../identity/identity-events';
import { defineRoute, publicTo } from '../wire/route';
import { LinkSecret } from './invitations';

const own = { service: 'key-manager', face: 'manager' } as const;

export const PASSWORD_RESET_PAGE = '/password-reset';

export class PasswordResetOffer {
  @Flag({ about: 'Whether this server sends mail.' }) available: boolean;
}
export const readPasswordReset = defineRoute({
  ...own,
  method: 'GET',
  path: '/auth/password-reset',
  access: publicTo('who forgot the password cannot sign in'),
  summary: 'Whether a forgotten password can be replaced by mail',
  reply: PasswordResetOffer,
});
export class AskPasswordReset {
  @Email() email: string;
}
export const askPasswordReset = defineRoute({
  ...own,
  method: 'POST',
  path: '/auth/password-reset',
  access: publicTo('who forgot the password cannot sign in'),
  summary: 'Ask for a link by mail. The same answer, at the same cost, whether or not somebody has the address',
  body: AskPasswordReset,
  causes: { none: 'Who is meant is looked up afterwards; the fact password-reset.asked follows then.' },
});

const linkHolder = publicTo('the secret of the link proves the person');

export class PasswordResetAccount {
  @Text({ max: 254 }) email: string;
  @Instant() expiresAt: string;
}
export const lookAtPasswordReset = defineRoute({
  ...own,
  method: 'POST',
  path: '/auth/password-reset/account',
  access: linkHolder,
  summary: 'Whose password a link replaces; changes nothing',
  body: LinkSecret,
  reply: PasswordResetAccount,
  causes: { none: 'It only reads; the secret is in the body so that no log holds it.' },
});
export class UsePasswordReset extends LinkSecret {
  @Text({ min: 12, max: 256 }) newPassword: string;
}
export const usePasswordReset = defineRoute({
  ...own,
  method: 'POST',
  path: '/auth/password-reset/password',
  access: linkHolder,
  summary: 'Set a new password by a link; it works once and ends all sessions',
  body: UsePasswordReset,
  causes: [passwordChanged, sessionEnded],
});

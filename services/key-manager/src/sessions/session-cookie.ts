import { type CookieOptions, type ReplyHeaders, SESSION_COOKIE } from '@muster/contracts';

/** What the `__Host-` prefix asks for (RFC 6265bis): this origin only, TLS only, no script, no other site. */
const OPTIONS: CookieOptions = { secure: true, httpOnly: true, sameSite: 'strict', path: '/' };

export function setSessionCookie(reply: ReplyHeaders, secret: string, expiresAt: string): void {
  const maxAge = Math.max(0, Math.floor((Date.parse(expiresAt) - Date.now()) / 1000));
  reply.setCookie(SESSION_COOKIE, secret, { ...OPTIONS, maxAge });
}

export const clearSessionCookie = (reply: ReplyHeaders): void => reply.clearCookie(SESSION_COOKIE, OPTIONS);

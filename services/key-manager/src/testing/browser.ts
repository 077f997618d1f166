import {
  CSRF_HEADER,
  changePassword,
  createUser,
  type ErrorBody,
  EDGE_HEADERS,
  type Role,
  type Route,
  type RouteReply,
  type Session,
  SESSION_COOKIE,
  signIn,
} from '@muster/contracts';
import { EDGE_SECRET } from './running-key-manager';

export interface Answer<R> {
  status: number;
  /** The reply, or the error when the status says so. */
  body: R & ErrorBody;
  headers: Headers;
}
interface Input {
  params?: Record<string, string>;
  body?: object;
}
export const NEW_PASSWORD = 'purple boats drift north';

/** A client at the edge: keeps the cookie and the CSRF token as the console does. */
export class Browser {
  cookie?: string;
  token?: string;
  session?: Session;
  address = '192.0.2.1';

  constructor(readonly origin: string) {}

  async call<C extends Route>(
    route: C,
    input: Input = {},
    headers: Record<string, string> = {},
  ): Promise<Answer<RouteReply<C>>> {
    const path = route.path.replace(/:(\w+)/g, (_match, name: string) => input.params?.[name] ?? '');
    const answer = await fetch(this.origin + path, {
      method: route.method,
      headers: { ...this.headers(), ...(input.body ? { 'content-type': 'application/json' } : {}), ...headers },
      ...(input.body ? { body: JSON.stringify(input.body) } : {}),
    });
    this.keep(answer.headers.getSetCookie());
    const text = await answer.text();
    return { status: answer.status, body: text ? JSON.parse(text) : undefined, headers: answer.headers };
  }

  async signIn(email: string, password: string): Promise<Answer<Session>> {
    const answer = await this.call(signIn, { body: { email, password } });
    if (answer.status === 200) this.session = answer.body;
    return answer;
  }

  async changePassword(currentPassword: string, newPassword = NEW_PASSWORD): Promise<Answer<Session>> {
    const answer = await this.call(changePassword, { body: { currentPassword, newPassword } });
    if (answer.status === 200) this.session = answer.body;
    return answer;
  }

  /** Makes a user and signs them in with a password of their own. */
  async invite(role: Role, email: string): Promise<Browser> {
    const made = await this.call(createUser, { body: { email, name: `A ${role}`, role } });
    if (made.status !== 200) throw new Error(JSON.stringify(made.body));
    return enter(this.origin, email, made.body.oneTimePassword);
  }

  private headers(): Record<string, string> {
    return {
      [EDGE_HEADERS.secret]: EDGE_SECRET,
      [EDGE_HEADERS.address]: this.address,
      'user-agent': 'browser of a test',
      ...(this.cookie ? { cookie: `${SESSION_COOKIE}=${this.cookie}` } : {}),
      ...(this.token ? { authorization: `Bearer ${this.token}` } : {}),
      ...(this.session ? { [CSRF_HEADER]: this.session.csrfToken } : {}),
    };
  }

  private keep(cookies: string[]): void {
    const found = cookies.find((cookie) => cookie.startsWith(`${SESSION_COOKIE}=`));
    if (found) this.cookie = /=([^;]*)/.exec(found)?.[1];
  }
}

/** Signs in with a one-time password and changes it. */
export async function enter(origin: string, email: string, oneTimePassword: string): Promise<Browser> {
  const browser = new Browser(origin);
  const signedIn = await browser.signIn(email, oneTimePassword);
  const changed = await browser.changePassword(oneTimePassword);
  if (signedIn.status !== 200 || changed.status !== 200) throw new Error(JSON.stringify([signedIn.body, changed.body]));
  return browser;
}

import { request } from 'node:https';
import { changePassword, CSRF_HEADER, type Route, type RouteReply, type Session, signIn } from '@muster/contracts';

/** How a program on the administrators' network reaches the console's API. */
export interface Front {
  address: string;
  host: string;
  ca: string;
}

interface Reply {
  status: number;
  cookies: string[];
  text: string;
}

interface CallInput {
  params?: Record<string, string>;
  query?: Record<string, string | number | boolean>;
  body?: object;
}

const PASSWORD = 'quiet-harbour-lantern-42';

/** Somebody signed in. */
export class Api {
  private headers: Record<string, string> = {};

  private constructor(private readonly front: Front) {}

  /** Signs in with the one-time password and changes it. */
  static async first(front: Front, email: string, oneTimePassword: string): Promise<Api> {
    const api = new Api(front);
    await api.signIn(email, oneTimePassword);
    await api.call(changePassword, { body: { currentPassword: oneTimePassword, newPassword: PASSWORD } });
    await api.signIn(email, PASSWORD);
    return api;
  }

  /** Signs in again, with the password that `first` has set. */
  static async again(front: Front, email: string): Promise<Api> {
    const api = new Api(front);
    await api.signIn(email, PASSWORD);
    return api;
  }

  async call<R extends Pick<Route, 'method' | 'path'>>(
    route: R,
    { params = {}, query = {}, body }: CallInput = {},
  ): Promise<RouteReply<R>> {
    const path = route.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
    const search = new URLSearchParams(
      Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
    );
    const reply = await this.send(route.method, search.size > 0 ? `${path}?${search}` : path, body);
    if (reply.status >= 400) throw new Error(`${route.method} ${path} answered ${reply.status}: ${reply.text}`);
    return (reply.text ? JSON.parse(reply.text) : undefined) as RouteReply<R>;
  }

  /** From now on servers under this root are accepted too, as a browser does to which it was given. */
  accept(root: string): void {
    this.front.ca += `\n${root}`;
  }

  /** What a request of this person carries. */
  get credentials(): Record<string, string> {
    return { ...this.headers };
  }

  private async signIn(email: string, password: string): Promise<void> {
    this.headers = {};
    const reply = await this.send('POST', signIn.path, { email, password });
    if (reply.status >= 400) throw new Error(`the sign-in answered ${reply.status}: ${reply.text}`);
    const { csrfToken } = JSON.parse(reply.text) as Session;
    this.headers = { cookie: reply.cookies.map((line) => line.split(';')[0]).join('; '), [CSRF_HEADER]: csrfToken };
  }

  private send(method: string, path: string, body?: object): Promise<Reply> {
    const { address, host, ca } = this.front;
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const headers = { host, ...type, ...this.headers };
    return new Promise((resolve, reject) => {
      const options = {
        host: address,
        port: 443,
        servername: host,
        ca,
        method,
        path,
        agent: false,
        headers,
        timeout: 20_000,
      };
      const call = request(options, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, cookies: response.headers['set-cookie'] ?? [], text }),
        );
        response.on('error', reject);
      });
      call.on('timeout', () => call.destroy(new Error('no answer within 20 s')));
      call.on('error', reject);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

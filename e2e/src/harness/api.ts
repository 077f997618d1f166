import { CSRF_HEADER, type ErrorBody, type Route, type RouteReply, type Session, signIn } from '@muster/contracts';
import { request } from 'node:https';
import { anchors, httpsPort, ITSM_DOMAIN } from './stack';

export interface RawReply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}
export interface RawCall {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** Name in the handshake, and the host asked for unless a header says otherwise. */
  host?: string;
  /** Client certificate and key, PEM. */
  cert?: string;
  key?: string;
}

/** One HTTPS request through the edge, certificates checked. */
export function raw({
  method = 'GET',
  path,
  headers = {},
  body,
  host = ITSM_DOMAIN,
  cert,
  key,
}: RawCall): Promise<RawReply> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: '127.0.0.1',
        port: httpsPort,
        servername: host,
        ca: anchors(),
        cert,
        key,
        method,
        path,
        agent: false,
        headers: { host, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}

/** An answer that was an error. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly body: ErrorBody,
  ) {
    super(`${status} ${body.code}: ${body.message} ${JSON.stringify(body.faults ?? [])}`);
  }
}

interface CallInput {
  params?: Record<string, string>;
  query?: Record<string, string | number | boolean>;
  body?: object;
}

/** Somebody signed in, or a token, as a program would use the API. */
export class Api {
  private constructor(
    private readonly headers: Record<string, string>,
    readonly session?: Session,
  ) {}

  static async signIn(email: string, password: string): Promise<Api> {
    const reply = await raw({ method: 'POST', path: signIn.path, body: JSON.stringify({ email, password }) });
    if (reply.status >= 400) throw new Refused(reply.status, JSON.parse(reply.text) as ErrorBody);
    const session = JSON.parse(reply.text) as Session;
    const cookie = [reply.headers['set-cookie'] ?? []]
      .flat()
      .map((line) => line.split(';')[0])
      .join('; ');
    return new Api({ cookie, [CSRF_HEADER]: session.csrfToken }, session);
  }

  static withToken(secret: string): Api {
    return new Api({ authorization: `Bearer ${secret}` });
  }

  static anonymous(): Api {
    return new Api({});
  }

  get cookie(): string {
    return this.headers['cookie'] ?? '';
  }

  async call<C extends Pick<Route, 'method' | 'path'>>(route: C, input: CallInput = {}): Promise<RouteReply<C>> {
    const reply = await this.raw(route, input);
    if (reply.status >= 400) throw new Refused(reply.status, JSON.parse(reply.text) as ErrorBody);
    return (reply.text ? JSON.parse(reply.text) : undefined) as RouteReply<C>;
  }

  raw(route: Pick<Route, 'method' | 'path'>, { params = {}, query = {}, body }: CallInput = {}): Promise<RawReply> {
    const path = route.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
    const search = new URLSearchParams(
      Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
    ).toString();
    return raw({
      method: route.method,
      path: search ? `${path}?${search}` : path,
      headers: this.headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  }
}

import { request } from 'node:https';
import { isIP } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { ErrorBody, Route, RouteCall, RouteReply } from '@muster/contracts';
import { CliError, EXIT, type ExitCode } from '../core/exit-codes';

/** Where the console API is, and as whom to ask. */
export interface ApiPlace {
  /** Address or name to connect to. */
  host: string;
  port: number;
  /** Name of the console: asked for in TLS and in the request. */
  name: string;
  /** Headers that say who asks. */
  credential: Readonly<Record<string, string>>;
  /** PEM of roots to trust besides the public ones. */
  roots: readonly string[];
}

type Given<C, K extends 'params' | 'query' | 'body'> = Partial<Pick<RouteCall<C>, K>>[K];

const MOST_TRIES = 5;
const TIMEOUT_MS = 60_000;

export const bearer = (token: string): ApiPlace['credential'] => ({ authorization: `Bearer ${token}` });

/** The console API in the way of every other tool: through the edge, with a credential of its own. */
export class Api {
  constructor(private readonly place: ApiPlace) {}

  /** Waits and tries again when the server asks for it. @throws CliError with the server's own sentence */
  async call<C extends Route>(
    route: C,
    given: { params?: Given<C, 'params'>; query?: Given<C, 'query'>; body?: Given<C, 'body'> } = {},
  ): Promise<RouteReply<C>> {
    return (await this.exchange(route, given)).body;
  }

  /** The same with the cookies that the server set, as `name=value`. */
  async exchange<C extends Route>(
    route: C,
    given: { params?: Given<C, 'params'>; query?: Given<C, 'query'>; body?: Given<C, 'body'> },
  ): Promise<{ body: RouteReply<C>; cookies: string[] }> {
    const path = pathOf(route, given.params, given.query);
    for (let tries = 1; ; tries += 1) {
      const reply = await this.send(route.method, path, given.body);
      const again = reply.status === 429 || reply.status === 503;
      if (again && tries < MOST_TRIES) {
        await pause(Math.min(60, Number(reply.retryAfter) || 2 ** tries) * 1000);
        continue;
      }
      if (reply.status < 300) {
        const body = (reply.body === '' ? undefined : JSON.parse(reply.body)) as RouteReply<C>;
        return { body, cookies: reply.cookies };
      }
      throw refused(reply.status, reply.body, route);
    }
  }

  private send(method: string, path: string, body: object | undefined) {
    const { host, port, name, credential, roots } = this.place;
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise<{ status: number; body: string; cookies: string[]; retryAfter?: string }>((resolve, reject) => {
      const call = request(
        {
          ...{ host, port, method, path, agent: false },
          timeout: TIMEOUT_MS, // here, since `setTimeout` of a request begins only once it is connected
          ...(isIP(name) ? {} : { servername: name }),
          ...(roots.length > 0 ? { ca: [...roots] } : {}),
          headers: {
            host: name,
            ...credential,
            accept: 'application/json',
            ...(text === undefined
              ? {}
              : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.once('error', reject);
          response.once('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              body: Buffer.concat(chunks).toString(),
              cookies: (response.headers['set-cookie'] ?? []).map((cookie) => cookie.split(';')[0] ?? ''),
              ...(response.headers['retry-after'] ? { retryAfter: response.headers['retry-after'] } : {}),
            }),
          );
        },
      );
      call.once('timeout', () => call.destroy(new Error('no answer within a minute')));
      call.once('error', reject);
      call.end(text);
    }).catch((error: Error) => {
      throw new CliError(
        EXIT.unavailable,
        `https://${name} (${host}:${port}) cannot be reached: ${error.message}`,
        'Run "muster doctor". For a console elsewhere give --url, and --ca where it has a CA of its own.',
      );
    });
  }
}

function pathOf(route: Route, params: object | undefined, query: object | undefined): string {
  const values = new Map(Object.entries(params ?? {}));
  const path = route.path.replace(/:(\w+)/g, (_match, name: string) => encodeURIComponent(String(values.get(name))));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) search.set(name, String(value));
  return search.size > 0 ? `${path}?${search}` : path;
}

/** The server's sentence and code, as an end of this command. */
function refused(status: number, text: string, route: Route): CliError {
  const body = errorIn(text);
  const faults = body?.faults?.map(({ field, problem }) => `${field} ${problem}`).join('; ');
  const sentence = body
    ? `${body.message}${faults ? ` (${faults})` : ''} [${body.code}]`
    : `The server answered ${status}.`;
  const remedy =
    status === 401 && route.access.kind !== 'public'
      ? 'Make an API token with "muster token create", and name its file with --token-file or MUSTER_TOKEN_FILE.'
      : status === 403 && route.access.kind === 'permission'
        ? `The token needs the permission ${route.access.permission}.`
        : undefined;
  return new CliError(codeOf(status), sentence, remedy);
}

function codeOf(status: number): ExitCode {
  if (status === 401 || status === 403) return EXIT.noPermission;
  if (status === 404) return EXIT.missing;
  if (status === 429 || status === 503) return EXIT.later;
  return status >= 500 ? EXIT.unavailable : EXIT.data;
}

function errorIn(text: string): ErrorBody | undefined {
  try {
    const read = JSON.parse(text) as Partial<ErrorBody>;
    return typeof read.code === 'string' && typeof read.message === 'string' ? (read as ErrorBody) : undefined;
  } catch {
    return undefined;
  }
}

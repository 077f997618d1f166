import { Agent, type IncomingMessage, request } from 'node:http';
import type { Duplex } from 'node:stream';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { ErrorBody, parse, type Route } from '@muster/contracts';
import type { ClientCredential } from '../identity/identity';
import type { Dial, Target } from './dialler';
import { retryAfterSeconds } from './retry-after';

const LONGEST_REPLY = 32 * 1024 * 1024;
const REPLY_TIMEOUT_MS = 60_000;
/** Shorter bodies gain nothing from compression. */
const COMPRESS_ABOVE_BYTES = 1024;
const compress = promisify(gzip);

interface Body {
  bytes: Buffer;
  headers: Record<string, string | number>;
}

/** An answer other than 2xx. `code` is one of the closed list when the suite sent it, else empty. */
export class HttpFailure extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly retryAfterSeconds?: number,
  ) {
    super(`${status} ${code || 'without a code'}: ${message}`);
  }

  /** The server does not accept this device's certificate. */
  get certificateRefused(): boolean {
    return this.code.startsWith('certificate-');
  }

  /** What was sent will never be taken as it is, however often it is tried. */
  get bodyRefused(): boolean {
    return this.code === 'invalid-input' || this.status === 413;
  }
}

/** Calls one route's server: keeps a few connections, validates replies by the contract. */
export class HttpClient {
  private readonly agent: Agent;

  /** @param path prefix of the routes on this server, mostly empty */
  constructor(
    dialler: Dial,
    private readonly targets: readonly Target[],
    credential?: ClientCredential,
    private readonly path = '',
  ) {
    this.agent = new DialAgent(dialler, targets, credential);
  }

  /** @throws HttpFailure for an answer other than 2xx, Error when there was none, InvalidInput for a wrong reply */
  async call<P extends object, B extends object, R extends object>(
    route: Route<P, object, B, R>,
    input: { params?: Record<string, string>; body?: B } = {},
  ): Promise<R> {
    const path = route.path.replace(/:([a-z]+)/gi, (_, name: string) => encodeURIComponent(input.params?.[name] ?? ''));
    const body = await encode(input.body, route.gzip);
    const text = await this.exchange(route.method, this.path + path, body, true);
    return (route.reply ? parse(route.reply, JSON.parse(text), { unknown: 'drop' }) : {}) as R;
  }

  close(): void {
    this.agent.destroy();
  }

  private exchange(method: string, path: string, body: Body | undefined, again: boolean): Promise<string> {
    return new Promise((resolve, reject) => {
      const call = request({
        method,
        path,
        agent: this.agent,
        host: this.targets[0]?.hostName,
        port: this.targets[0]?.port,
        headers: { accept: 'application/json', 'content-length': 0, ...body?.headers },
      });
      call.setTimeout(REPLY_TIMEOUT_MS, () => call.destroy(new Error(`no reply within ${REPLY_TIMEOUT_MS} ms`)));
      call.on('error', (error: NodeJS.ErrnoException) => {
        // The server closed a kept connection at the moment of use. Every route of devices is idempotent by contract.
        const raced = call.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
        if (raced && again) this.exchange(method, path, body, false).then(resolve, reject);
        else reject(error);
      });
      call.on('response', (response) => {
        readText(response).then((text) => {
          const status = response.statusCode ?? 0;
          if (status >= 200 && status < 300) resolve(text);
          else reject(failure(status, text, response));
        }, reject);
      });
      call.end(body?.bytes);
    });
  }
}

/** HTTP over connections that the dialler opens. TLS is the dialler's part, so this is a plain-HTTP agent. */
export class DialAgent extends Agent {
  constructor(
    private readonly dialler: Dial,
    private readonly targets: readonly Target[],
    private readonly credential?: ClientCredential,
  ) {
    super({ keepAlive: true, maxSockets: 4, maxFreeSockets: 1, timeout: 30_000 });
  }

  override createConnection(
    _options: object,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    this.dialler.dial(this.targets, { credential: this.credential }).then(
      (socket) => callback?.(null, socket),
      // Node.js ignores the stream when there is an error; its types ask for one.
      (error: Error) => (callback as ((error: Error) => void) | undefined)?.(error),
    );
    return undefined;
  }
}

/** JSON, compressed where the route takes it so and it is worth it. */
async function encode(body: object | undefined, compressed = false): Promise<Body | undefined> {
  if (body === undefined) return undefined;
  const json = Buffer.from(JSON.stringify(body), 'utf8');
  const zip = compressed && json.length > COMPRESS_ABOVE_BYTES;
  const bytes = zip ? await compress(json) : json;
  const headers = { 'content-type': 'application/json', 'content-length': bytes.length };
  return { bytes, headers: zip ? { ...headers, 'content-encoding': 'gzip' } : headers };
}

async function readText(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > LONGEST_REPLY) throw new Error(`the reply is longer than ${LONGEST_REPLY} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function failure(status: number, text: string, response: IncomingMessage): HttpFailure {
  const retryAfter = retryAfterSeconds(response.headers);
  try {
    const body = parse(ErrorBody, JSON.parse(text), { unknown: 'drop' });
    return new HttpFailure(status, body.code, body.message, retryAfter);
  } catch {
    return new HttpFailure(status, '', text.slice(0, 200).replaceAll(/\s+/g, ' '), retryAfter);
  }
}

import { type Agent, request } from 'node:https';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { AppError, ERROR_CODES, type ErrorCode } from '@muster/contracts';

/** Where to dial: an address or name, the name for SNI and `Host`, and whom to trust. */
export interface Dial {
  address: string;
  port: number;
  hostName: string;
  /** Trusted roots, PEM. */
  anchors: readonly string[];
}
export interface ClientCertificate {
  chain: string;
  key: string;
}
export interface Call {
  method: string;
  path: string;
  body?: unknown;
  client?: ClientCertificate;
  /** Compress a body of more than a kilobyte, as agents do on routes that take it so. */
  compressed?: boolean;
  /** Keeps connections; a new one for this call when absent. */
  agent?: Agent;
}

const compress = promisify(gzip);

/**
 * One HTTPS request as a device makes it: explicit SNI, the suite's own roots, a client certificate where given.
 * @throws AppError with the server's code for any refusal; the connection's own error where there was no answer
 */
export async function httpsCall<R>(dial: Dial, call: Call): Promise<R> {
  const json = call.body === undefined ? undefined : Buffer.from(JSON.stringify(call.body));
  const zip = call.compressed === true && json !== undefined && json.length > 1024;
  const payload = zip ? await compress(json) : json;
  return new Promise<R>((resolve, reject) => {
    const outgoing = request(
      {
        host: dial.address,
        port: dial.port,
        servername: dial.hostName,
        method: call.method,
        path: call.path,
        ca: [...dial.anchors],
        ...(call.client ? { cert: call.client.chain, key: call.client.key } : {}),
        headers: {
          host: dial.port === 443 ? dial.hostName : `${dial.hostName}:${dial.port}`,
          accept: 'application/json',
          ...(payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': payload.length }),
          ...(zip ? { 'content-encoding': 'gzip' } : {}),
        },
        agent: call.agent ?? false,
        timeout: 30_000,
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const status = incoming.statusCode ?? 0;
          if (status < 200 || status > 299) reject(refusalOf(status, text, Number(incoming.headers['retry-after'])));
          else resolve((text === '' ? undefined : JSON.parse(text)) as R);
        });
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error(`${dial.hostName} did not answer in 30 s`)));
    outgoing.on('error', reject);
    outgoing.end(payload);
  });
}

function refusalOf(status: number, text: string, retryAfterSeconds: number): Error {
  try {
    const body = JSON.parse(text) as { code?: string; message?: string };
    const code = ERROR_CODES.find((one) => one === body.code) as ErrorCode | undefined;
    const details = retryAfterSeconds > 0 ? { retryAfterSeconds } : {};
    if (code) return new AppError(code, body.message ?? '', details);
  } catch {
    // Not one of ours, then.
  }
  return new Error(`HTTP ${status}: ${text.slice(0, 500)}`);
}

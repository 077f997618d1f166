import { request } from 'node:https';
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

/**
 * One HTTPS request as a device makes it: explicit SNI, the suite's own roots, a client certificate where given.
 * @throws AppError with the server's code for any refusal; the connection's own error where there was no answer
 */
export function httpsCall<R>(
  dial: Dial,
  call: { method: string; path: string; body?: unknown; client?: ClientCertificate },
): Promise<R> {
  const payload = call.body === undefined ? undefined : JSON.stringify(call.body);
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
          ...(payload === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
        },
        agent: false,
        timeout: 30_000,
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const status = incoming.statusCode ?? 0;
          if (status === 204) resolve(undefined as R);
          else if (status === 200) resolve(JSON.parse(text) as R);
          else reject(refusalOf(status, text));
        });
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error(`${dial.hostName} did not answer in 30 s`)));
    outgoing.on('error', reject);
    outgoing.end(payload);
  });
}

function refusalOf(status: number, text: string): Error {
  try {
    const body = JSON.parse(text) as { code?: string; message?: string };
    const code = ERROR_CODES.find((one) => one === body.code) as ErrorCode | undefined;
    if (code) return new AppError(code, body.message ?? '');
  } catch {
    // Not one of ours, then.
  }
  return new Error(`HTTP ${status}: ${text.slice(0, 500)}`);
}

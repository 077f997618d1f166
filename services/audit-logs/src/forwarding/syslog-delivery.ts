import { once } from 'node:events';
import { isIP } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { setTimeout as pause } from 'node:timers/promises';
import { AddressRefused, type AddressRules } from './address-rules';

export interface Receiver {
  host: string;
  port: number;
  /** PEM; the system's when absent. */
  anchors?: string;
}
export interface DeliveryOptions {
  rules: AddressRules;
  timeoutMs: number;
  /** Gives up at once: the service stops. */
  signal?: AbortSignal;
}

/** After the last octet is sent: a receiver that dies shows itself within this, before the closing could be its answer. */
const SETTLE_MS = 200;

/**
 * Sends frames over one TLS connection and fulfils when the receiver has closed it in answer to our closing, having read
 * everything before. RFC 5425 knows no acknowledgements; this is the surest sign that it gives (sections 4.4 and 5.1).
 * @throws Error with what happened, fit for an administrator; then anything from nothing to all may have arrived
 */
export async function deliver(frames: readonly Buffer[], receiver: Receiver, options: DeliveryOptions): Promise<void> {
  const { host, port } = receiver;
  if (isIP(host) && !options.rules.allows(host)) throw new AddressRefused(host);
  const socket = connect(tlsOptions(receiver, options));
  const failed = failureOf(socket, options);
  try {
    await Promise.race([once(socket, 'secureConnect'), failed.promise]);
    socket.resume();
    for (const frame of frames) {
      if (!socket.write(frame)) await Promise.race([once(socket, 'drain'), failed.promise]);
    }
    await Promise.race([pause(SETTLE_MS), failed.promise]);
    failed.expectEnd();
    socket.end();
    await Promise.race([once(socket, 'close'), failed.promise]);
  } catch (error) {
    throw new Error(`${host}:${port}: ${reasonOf(error)}`, { cause: error });
  } finally {
    failed.dispose();
    socket.destroy();
  }
}

function tlsOptions({ host, port, anchors }: Receiver, { rules }: DeliveryOptions): ConnectionOptions {
  return {
    host,
    port,
    lookup: rules.lookup,
    // The name in the certificate is checked against `host`, a name or an address (RFC 5425, section 5.2; RFC 6125).
    ...(isIP(host) ? {} : { servername: host }),
    ...(anchors === undefined ? {} : { ca: anchors }),
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
  };
}

/** Rejects when the connection breaks, ends too early, or nothing happens for too long. */
function failureOf(socket: TLSSocket, { timeoutMs, signal }: DeliveryOptions) {
  let mayEnd = false;
  let fail: (error: Error) => void;
  const promise = new Promise<never>((_resolve, reject) => (fail = reject));
  promise.catch(() => undefined);
  const timer = setTimeout(() => fail(new Error('no answer in time')), timeoutMs);
  const stop = (): void => fail(new Error('the service stops'));
  signal?.addEventListener('abort', stop, { once: true });
  socket.on('drain', () => timer.refresh());
  socket.on('secureConnect', () => timer.refresh());
  socket.on('error', (error) => fail(error));
  socket.on('end', () => mayEnd || fail(new Error('the receiver closed the connection before everything was sent')));
  socket.on('close', () => mayEnd || fail(new Error('the connection was lost')));
  return {
    promise,
    expectEnd: (): void => {
      mayEnd = true;
      timer.refresh();
    },
    dispose: (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    },
  };
}

const REASONS: Record<string, string> = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was reset',
  ETIMEDOUT: 'the host does not answer',
  EHOSTUNREACH: 'there is no way to the host',
  ENETUNREACH: 'there is no way to the network',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name cannot be looked up now',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not one that is trusted here',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not one that is trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not one that is trusted here',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate is not one that is trusted here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is not one that is trusted here',
};

/** Never a word of what the other side sent: whoever may set the address shall not read with it. */
function reasonOf(error: unknown): string {
  if (error instanceof AddressRefused) return error.message;
  if (!(error instanceof Error)) return 'it failed';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (code === undefined) return error.message;
  return REASONS[code] ?? (code.startsWith('ERR_SSL') ? 'it does not speak TLS as it should' : code);
}

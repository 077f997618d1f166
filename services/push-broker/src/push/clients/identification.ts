import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { AppError } from '@muster/contracts';
import { Allowance } from '@muster/service-kit';
import { xmppAddresses } from '../../core/tls/xmpp-addresses';
import type { Revocations } from '../../features/sasl-external';
import type { Client } from './client';
import type { Clients } from './clients';
import { NotIdentified } from './not-identified';

/** What a connection has proved before, so that its next requests cost no search. */
interface Proved {
  authorization: string | undefined;
  client: Client;
}
interface Certified {
  client: Client;
  sha256: string;
  validUntil: number;
}

/**
 * Who asks: by a key (`Authorization: Bearer <key>`, or Basic with the key's name and the key), or else by the
 * certificate of the connection. A right key is never kept out; wrong ones are counted by address.
 */
export class Identification {
  readonly #failures: Allowance;
  readonly #proved = new WeakMap<object, Proved>();
  readonly #certified = new WeakMap<object, Certified>();

  constructor(
    private readonly clients: Clients,
    private readonly domain: string,
    private readonly revocations: Revocations,
    failuresPerMinute: number,
  ) {
    this.#failures = new Allowance(failuresPerMinute);
  }

  /** @throws AppError `not-signed-in`, or `locked-out` after too many failures of the address */
  clientOf({ headers: { authorization }, socket }: IncomingMessage): Client {
    const before = this.#proved.get(socket);
    if (authorization !== undefined && before?.authorization === authorization && before.client.current)
      return before.client;
    const client = authorization === undefined ? this.#byCertificate(socket) : this.#byHeader(authorization);
    if (!client) throw this.#refusal(authorization, socket.remoteAddress ?? '');
    if (authorization !== undefined) this.#proved.set(socket, { authorization, client });
    return client;
  }

  #byHeader(authorization: string): Client | undefined {
    const [, scheme = '', value = ''] = /^(bearer|basic) +(\S+) *$/i.exec(authorization) ?? [];
    if (scheme.toLowerCase() === 'bearer') return this.clients.byKey(value);
    if (scheme === '') return undefined;
    const credentials = Buffer.from(value, 'base64').toString('utf8');
    const colon = credentials.indexOf(':');
    if (colon < 0) return undefined;
    const user = credentials.slice(0, colon);
    const name = user.endsWith(`@${this.domain}`) ? user.slice(0, -this.domain.length - 1) : user;
    return this.clients.byKey(credentials.slice(colon + 1), name);
  }

  #byCertificate(socket: object): Client | undefined {
    if (!(socket instanceof TLSSocket)) return undefined;
    const known = this.#certified.get(socket);
    const certified = known?.client.current ? known : this.#certifiedBy(socket);
    if (!certified || certified.validUntil < Date.now()) return undefined;
    if (this.revocations.isRevoked('certificate', certified.sha256)) return undefined;
    this.#certified.set(socket, certified);
    return certified.client;
  }

  #certifiedBy(socket: TLSSocket): Certified | undefined {
    // A resumed session would bring back a proof from the past.
    if (!socket.authorized || socket.isSessionReused()) return undefined;
    const certificate = socket.getPeerX509Certificate();
    // A device has no business here, whatever else its certificate says.
    if (!certificate || xmppAddresses(certificate.raw).length > 0) return undefined;
    const client = this.clients.byCertificate((name) => certificate.checkHost(name, { wildcards: false }) === name);
    if (!client) return undefined;
    const sha256 = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
    return { client, sha256, validUntil: Date.parse(certificate.validTo) };
  }

  #refusal(authorization: string | undefined, address: string): AppError {
    const retryAfterSeconds = authorization === undefined ? 0 : this.#failures.take(address);
    if (retryAfterSeconds > 0)
      return new AppError('locked-out', 'Too many wrong keys came from your address. Wait a while.', {
        retryAfterSeconds,
      });
    const by = authorization === undefined ? undefined : /^basic /i.test(authorization) ? 'basic' : 'bearer';
    const cause = new NotIdentified(by);
    return new AppError('not-signed-in', cause.message, { cause });
  }
}

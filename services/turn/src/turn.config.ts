import { List, OneOf, text, Text, Whole } from '@muster/contracts';
import type { TurnServerOptions } from './server/turn-server';
import { familyOf } from './stun/address';

const ADDRESS = /^[\da-fA-F.:]{2,45}$/;
const RANGE = /^[\da-fA-F.:]{2,45}(?:\/\d{1,3})?$/;
const address = text({ min: 2, max: 45, pattern: ADDRESS });
const range = text({ min: 2, max: 49, pattern: RANGE });

/** Configuration of the embedded TURN server. Described for administrators in `docs/configuration/turn.md`. */
export class TurnConfig {
  @Text({ max: 255, about: 'Address that health and metrics are served on.' }) SERVICE_HOST = '127.0.0.1';
  @Whole({ min: 0, max: 65_535, about: 'Port that health and metrics are served on; 0 takes a free one.' })
  SERVICE_PORT = 0;
  @OneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal'], { about: 'Least severe level that is logged.' })
  LOG_LEVEL: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' = 'info';

  @List(address, { min: 1, max: 16, about: 'IP addresses that TURN and STUN are served on, by UDP.' })
  TURN_HOST: string[] = ['0.0.0.0'];
  @Whole({ min: 0, max: 65_535, about: 'Port that TURN and STUN are served on; 0 takes a free one.' }) TURN_PORT = 3478;
  @Text({ min: 1, max: 127, pattern: /^[\x20-\x7e]+$/, about: 'Realm of the credentials.' }) TURN_REALM = 'muster';
  @List(text({ min: 16, max: 500, pattern: /^[\x21-\x7e]+$/ }), {
    min: 1,
    max: 4,
    about:
      'Secret shared with whoever makes credentials; several with commas while one replaces another. No spaces or commas in it.',
  })
  TURN_SECRET: string[];
  @Whole({ min: 10, max: 86_400, about: 'Seconds until a client must use a new nonce.' }) TURN_NONCE_SECONDS = 600;

  @List(address, {
    min: 1,
    max: 2,
    about: 'IP address that relay sockets are bound to; one of IPv4, one of IPv6, or both.',
  })
  TURN_RELAY_ADDRESS: string[];
  @List(address, {
    max: 2,
    about: 'IP address that clients are told in place of TURN_RELAY_ADDRESS where the server is behind a NAT.',
  })
  TURN_EXTERNAL_ADDRESS: string[] = [];
  @Whole({ min: 1024, max: 65_535, about: 'Lowest port of relay sockets.' }) TURN_RELAY_FIRST_PORT = 49_152;
  @Whole({ min: 1024, max: 65_535, about: 'Highest port of relay sockets.' }) TURN_RELAY_LAST_PORT = 65_535;
  @Whole({ min: 4096, max: 16_777_216, about: 'Bytes asked of the system for the buffers of each socket.' })
  TURN_SOCKET_BUFFER_BYTES = 1_048_576;

  @List(range, {
    max: 1000,
    about:
      'Addresses or ranges that are relayed to although they are private, loopback or otherwise denied: networks that devices are in.',
  })
  TURN_ALLOWED_PEERS: string[] = [];
  @List(range, { max: 1000, about: 'Addresses or ranges that nothing is relayed to, besides those denied by default.' })
  TURN_DENIED_PEERS: string[] = [];

  @Whole({ min: 1, max: 60_000, about: 'Allocations of one user at once.' }) TURN_USER_QUOTA = 16;
  @Whole({ min: 1, max: 60_000, about: 'Allocations at once.' }) TURN_TOTAL_QUOTA = 1000;
  @Whole({ min: 1, max: 10_000, about: "Peers' addresses, and channels, of one allocation at once." })
  TURN_PERMISSIONS = 64;
  @Whole({
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    about: 'Bytes a second that one allocation relays in each direction; what comes on top is dropped. 0 for no limit.',
  })
  TURN_BYTES_PER_SECOND = 0;

  /** @throws Error for values that do not go together */
  derive(): void {
    const twice = [this.TURN_RELAY_ADDRESS, this.TURN_EXTERNAL_ADDRESS].some(
      (addresses) => new Set(addresses.map(familyOf)).size < addresses.length,
    );
    if (twice) throw new Error('TURN_RELAY_ADDRESS and TURN_EXTERNAL_ADDRESS take one address of each family');
    if (this.TURN_RELAY_LAST_PORT < this.TURN_RELAY_FIRST_PORT)
      throw new Error('TURN_RELAY_LAST_PORT is below TURN_RELAY_FIRST_PORT');
  }

  server(): TurnServerOptions {
    return {
      hosts: this.TURN_HOST,
      port: this.TURN_PORT,
      authentication: { realm: this.TURN_REALM, secrets: this.TURN_SECRET, nonceLifetime: this.TURN_NONCE_SECONDS },
      relay: {
        addresses: this.TURN_RELAY_ADDRESS,
        firstPort: this.TURN_RELAY_FIRST_PORT,
        lastPort: this.TURN_RELAY_LAST_PORT,
        bufferBytes: this.TURN_SOCKET_BUFFER_BYTES,
      },
      externalAddresses: this.TURN_EXTERNAL_ADDRESS,
      peers: { denied: this.TURN_DENIED_PEERS, allowed: this.TURN_ALLOWED_PEERS },
      quotas: { perUser: this.TURN_USER_QUOTA, inAll: this.TURN_TOTAL_QUOTA },
      limits: { permissions: this.TURN_PERMISSIONS, bytesPerSecond: this.TURN_BYTES_PER_SECOND },
    };
  }
}

import { hostname } from 'node:os';
import { List, text, Text, Whole } from '@muster/contracts';
import type { OwnStreamSettings } from '@muster/bus';
import type { LookupLimits } from './accounts/enrolled-devices';
import type { AccountKind } from './core/accounts';
import type { Limits } from './core/limits';
import type { OfflineLimits } from './core/offline';
import type { ListenerOptions } from './core/tls/listener';
import { EXTERNAL_SERVICE_URI, type ExternalServicesOptions, parseExternalService } from './features/external-services';
import { PushConfig } from './push/push.config';

const seconds = (about: string, max = 86_400): PropertyDecorator => Whole({ min: 1, max, about });
const bytes = (min: number, about: string): PropertyDecorator => Whole({ min, max: 64 * 1024 * 1024, about });

/** Configuration of the push broker. Described for administrators in `docs/configuration/push-broker.md`. */
export class PushBrokerConfig extends PushConfig {
  @Text({ max: 253, optional: true, about: 'Domain of JIDs; xmpp.<BASE_DOMAIN> when absent.' }) XMPP_DOMAIN: string;
  @Text({ max: 255, about: 'Address that XMPP connections are taken on.' }) XMPP_HOST = '0.0.0.0';
  @Whole({ min: 0, max: 65_535, about: 'Port of direct TLS; 0 takes a free one.' }) XMPP_PORT = 443;
  @Whole({ min: 0, max: 65_535, about: 'Port of STARTTLS; 0: none.' }) XMPP_STARTTLS_PORT = 5222;
  @Whole({
    min: 0,
    max: 65_535,
    about:
      'Port for WebSockets alone, beside XMPP_PORT, which takes them from clients whose ALPN is http/1.1; 0: none.',
  })
  XMPP_WEBSOCKET_PORT = 0;
  @List(text({ min: 1, max: 300 }), {
    max: 64,
    optional: true,
    about:
      'Web origins whose pages may connect by WebSocket, such as https://console.example; other programs always may.',
  })
  XMPP_WEBSOCKET_ORIGINS: string[] = [];
  @Whole({
    min: 0,
    max: 86_400,
    about: 'Seconds for which a TLS session is resumed without a new proof of the key; 0: never.',
  })
  XMPP_TLS_RESUMPTION_SECONDS = 0;
  @Whole({
    min: 0,
    max: 1_000_000,
    about: 'Connections and TLS handshakes that begin in a second, each; more wait for their turn. 0: no limit.',
  })
  XMPP_ACCEPTS_PER_SECOND = 2000;
  @Whole({
    min: 0,
    max: 1_000_000,
    about:
      'TLS handshakes under way at the same time, those left out that wait for their peers; more wait for their turn. 0: no limit.',
  })
  XMPP_HANDSHAKES_AT_ONCE = 128;
  @Whole({
    min: 1,
    max: 60_000,
    about:
      "Milliseconds after which a TLS handshake under way waits for its peer: the server's own part takes less, even in a crowd.",
  })
  XMPP_HANDSHAKE_MILLISECONDS = 250;
  @Text({
    max: 1000,
    optional: true,
    about:
      'PEM with certificate, chain and, unless XMPP_KEY_FILE is set, private key; /opt/ejabberd/certs/<XMPP_DOMAIN>.pem when absent.',
  })
  XMPP_CERT_FILE: string;
  @Text({ max: 1000, optional: true, about: 'PEM with the private key.' }) XMPP_KEY_FILE?: string;
  @List(text({ min: 1, max: 1000 }), {
    min: 1,
    max: 16,
    about:
      'PEM bundles, or folders of *.crt and *.pem, with the roots (two while one rolls over) and, where devices do not send them, the issuing certificates that device certificates are checked against.',
  })
  XMPP_DEVICE_ANCHORS_FILE: string[];
  @seconds('Seconds between two looks whether certificate, key or anchors have changed, and whose has expired.')
  XMPP_CERT_CHECK_SECONDS = 5;
  @Whole({
    min: 0,
    max: 366 * 86_400,
    about:
      "Seconds for which a connection goes on after its peer's certificate has expired; looked at every XMPP_CERT_CHECK_SECONDS.",
  })
  XMPP_CERT_EXPIRY_GRACE_SECONDS = 0;

  @Text({
    min: 1,
    max: 128,
    optional: true,
    about: 'Name of this broker node, unlike any other; host name when absent.',
  })
  NODE_NAME: string;
  @Text({ min: 1, max: 1000, about: 'Folder where the node keeps its epoch.' })
  NODE_STATE_DIR = '/var/lib/muster/push-broker';

  @Whole({ min: 1, max: 1_000_000, about: 'Open connections in all.' }) XMPP_MAX_CONNECTIONS = 50_000;
  @Whole({ min: 1, max: 1_000_000, about: 'Open connections from one IPv4 address or IPv6 /64.' })
  XMPP_MAX_CONNECTIONS_PER_ADDRESS = 20_000;
  @seconds('Seconds that a connection has to get to a bound session, TLS handshake included.', 600)
  XMPP_NEGOTIATION_SECONDS = 20;
  @bytes(10_000, 'Bytes of a stanza before authentication.') XMPP_STANZA_BYTES_BEFORE_AUTH = 65_536;
  @bytes(10_000, 'Bytes of a stanza after authentication.') XMPP_STANZA_BYTES = 262_144;
  @bytes(256, 'Bytes a second that a connection may send in the long run.') XMPP_BYTES_PER_SECOND = 65_536;
  @bytes(10_000, 'Bytes that a connection may send at once.') XMPP_BURST_BYTES = 524_288;
  @bytes(10_000, 'Bytes that may wait for a peer that does not read.') XMPP_OUTPUT_BYTES = 1_048_576;

  @seconds('Seconds that a message waits for an account that is not there.', 90 * 86_400)
  XMPP_OFFLINE_SECONDS = 7 * 86_400;
  @Whole({ min: 1, max: 100_000, about: 'Messages that wait for one account; with more the sender gets an error.' })
  XMPP_OFFLINE_MESSAGES_PER_ACCOUNT = 100;
  @bytes(10_000, 'Bytes of the messages that wait for one account.') XMPP_OFFLINE_BYTES_PER_ACCOUNT = 1_048_576;
  @Whole({ min: 1, max: 10_000_000, about: 'Messages that wait for all accounts.' }) XMPP_OFFLINE_MESSAGES = 500_000;
  @Whole({
    min: 1_048_576,
    max: 64 * 1024 ** 3,
    about:
      'Bytes of the messages that wait for all accounts; reserved on the disk of the NATS server beside the broker.',
  })
  XMPP_OFFLINE_BYTES = 268_435_456;

  @Whole({
    min: 1_048_576,
    max: 64 * 1024 ** 3,
    about:
      'Bytes for tickets, and for answers of the push service that are kept; reserved on the disk of the NATS server beside the broker.',
  })
  XMPP_RECORDS_BYTES = 67_108_864;

  @seconds('Seconds that web has to say whether a device is enrolled, before a message for it is kept.', 30)
  XMPP_DEVICE_LOOKUP_SECONDS = 1;
  @seconds('Seconds for which every id that is not revoked counts as a device after web has not answered.')
  XMPP_DEVICE_LOOKUP_PAUSE_SECONDS = 10;

  @Whole({ min: 1, max: 10_000_000, about: 'Tickets, of one tool for one device each, that hold at the same time.' })
  XMPP_TICKETS = 100_000;
  @seconds('Seconds that a ticket holds at most.') XMPP_TICKET_SECONDS = 43_200;

  @Whole({ min: 1, max: 10_000, about: 'Sessions of one account that is no device; a device has one.' })
  XMPP_SESSIONS_PER_ACCOUNT = 20;
  @seconds('Seconds of silence after which a device is pinged.') XMPP_PING_AFTER_SECONDS = 60;
  @seconds('Seconds that it has to answer.', 600) XMPP_PING_TIMEOUT_SECONDS = 20;
  @seconds('Seconds that it has to acknowledge stanzas.', 600) XMPP_ACK_TIMEOUT_SECONDS = 30;
  @seconds('Seconds that a session without connection can be resumed.') XMPP_RESUME_SECONDS = 300;
  @Whole({ min: 1, max: 100_000, about: 'Stanzas that a session keeps until they are acknowledged.' })
  XMPP_QUEUE_LENGTH = 500;
  @bytes(10_000, 'Characters of the stanzas that a session keeps until they are acknowledged.')
  XMPP_QUEUE_BYTES = 1_048_576;
  @Whole({ min: 1, max: 1_000_000, about: 'Ended sessions whose clients can still learn what had arrived of them.' })
  XMPP_REMEMBERED_SESSIONS = 10_000;
  @Whole({ min: 1, max: 10_000, about: 'Stanzas that are kept back for a client which says that nobody looks.' })
  XMPP_HELD_STANZAS = 100;
  @List(text({ min: 6, max: 300, pattern: EXTERNAL_SERVICE_URI }), {
    max: 16,
    optional: true,
    about: 'TURN and STUN servers that clients are told of, as URIs such as turn:turn.example:3478?transport=udp.',
  })
  TURN_SERVERS: string[] = [];
  @List(text({ min: 6, max: 300, pattern: EXTERNAL_SERVICE_URI }), {
    max: 16,
    optional: true,
    about: 'The same for the whole suite; counts where TURN_SERVERS is absent.',
  })
  ITSM_TURN_SERVERS: string[] = [];
  @Text({
    min: 1,
    max: 500,
    optional: true,
    about: 'Secret shared with the TURN servers; without it only STUN is told.',
  })
  TURN_SECRET?: string;
  @seconds('Seconds that credentials for TURN hold.') TURN_TTL_SECONDS = 3600;
  @List(text({ min: 1, max: 16, pattern: /^(device|service|tool)$/ }), {
    max: 3,
    about: 'Kinds of accounts that get credentials for TURN: device, service, tool.',
  })
  TURN_KINDS: AccountKind[] = ['device', 'service'];
  @seconds('Seconds over which devices are asked to spread their return after a shutdown.', 3600)
  XMPP_RETURN_WITHIN_SECONDS = 30;

  override derive(): void {
    super.derive();
    this.XMPP_DOMAIN = (this.XMPP_DOMAIN ?? `xmpp.${this.BASE_DOMAIN}`).toLowerCase();
    this.NODE_NAME ??= hostname();
    this.XMPP_CERT_FILE ??= `/opt/ejabberd/certs/${this.XMPP_DOMAIN}.pem`;
  }

  limits(): Limits {
    return {
      connections: this.XMPP_MAX_CONNECTIONS,
      connectionsPerAddress: this.XMPP_MAX_CONNECTIONS_PER_ADDRESS,
      negotiationSeconds: this.XMPP_NEGOTIATION_SECONDS,
      stanzaBytesBefore: this.XMPP_STANZA_BYTES_BEFORE_AUTH,
      stanzaBytes: this.XMPP_STANZA_BYTES,
      bytesPerSecond: this.XMPP_BYTES_PER_SECOND,
      burstBytes: this.XMPP_BURST_BYTES,
      outputBytes: this.XMPP_OUTPUT_BYTES,
      tickets: this.XMPP_TICKETS,
      ticketSeconds: this.XMPP_TICKET_SECONDS,
    };
  }

  externalServices(): ExternalServicesOptions {
    const uris = this.TURN_SERVERS.length > 0 ? this.TURN_SERVERS : this.ITSM_TURN_SERVERS;
    const secret = this.TURN_SECRET ?? '';
    const services = uris.map(parseExternalService).filter((service) => service !== undefined);
    return {
      services: services.filter(({ type }) => secret !== '' || type.startsWith('stun')),
      secret,
      ttlSeconds: this.TURN_TTL_SECONDS,
      kinds: this.TURN_KINDS,
    };
  }

  /** Of the stream for all that has to survive a restart. */
  records(): OwnStreamSettings {
    const longest = [this.XMPP_OFFLINE_SECONDS, this.XMPP_TICKET_SECONDS, this.PUSH_IDEMPOTENCY_HOURS * 3600];
    return { maxBytes: this.XMPP_OFFLINE_BYTES + this.XMPP_RECORDS_BYTES, maxAgeSeconds: Math.max(...longest) };
  }

  deviceLookup(): LookupLimits {
    return {
      patienceSeconds: this.XMPP_DEVICE_LOOKUP_SECONDS,
      pauseSeconds: this.XMPP_DEVICE_LOOKUP_PAUSE_SECONDS,
    };
  }

  offlineLimits(): OfflineLimits {
    return {
      accountMessages: this.XMPP_OFFLINE_MESSAGES_PER_ACCOUNT,
      accountBytes: this.XMPP_OFFLINE_BYTES_PER_ACCOUNT,
      messages: this.XMPP_OFFLINE_MESSAGES,
      bytes: this.XMPP_OFFLINE_BYTES,
    };
  }

  listening(): ListenerOptions {
    return {
      host: this.XMPP_HOST,
      port: this.XMPP_PORT,
      ...(this.XMPP_STARTTLS_PORT > 0 ? { starttlsPort: this.XMPP_STARTTLS_PORT } : {}),
      ...(this.XMPP_WEBSOCKET_PORT > 0 ? { webSocketPort: this.XMPP_WEBSOCKET_PORT } : {}),
      webSocketOrigins: this.XMPP_WEBSOCKET_ORIGINS,
      resumptionSeconds: this.XMPP_TLS_RESUMPTION_SECONDS,
      accepts: {
        perSecond: this.XMPP_ACCEPTS_PER_SECOND,
        atOnce: this.XMPP_HANDSHAKES_AT_ONCE,
        countsMs: this.XMPP_HANDSHAKE_MILLISECONDS,
      },
      credentials: {
        certificate: this.XMPP_CERT_FILE,
        key: this.XMPP_KEY_FILE,
        anchors: this.XMPP_DEVICE_ANCHORS_FILE,
      },
    };
  }
}

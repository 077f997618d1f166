import { turnCredentials } from '@muster/contracts';
import type { AccountKind } from '../core/accounts';
import type { Feature } from '../core/feature';
import { StanzaError } from '../core/stanza-error';
import type { Stream } from '../core/stream';
import { type Attributes, type Element, element } from '../core/xml/element';

const EXTERNAL_NS = 'urn:xmpp:extdisco:2';

/** A STUN or TURN server, as its URI says (RFC 7064, RFC 7065). */
export interface ExternalService {
  type: 'stun' | 'stuns' | 'turn' | 'turns';
  host: string;
  port: number;
  transport: 'udp' | 'tcp';
}

export interface ExternalServicesOptions {
  services: readonly ExternalService[];
  /** The secret that is shared with the TURN servers. */
  secret: string;
  /** Seconds that credentials hold. */
  ttlSeconds: number;
  /** Who gets them. */
  kinds: readonly AccountKind[];
}

export const EXTERNAL_SERVICE_URI =
  /^(stuns?|turns?):(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::(\d{1,5}))?(?:\?transport=(udp|tcp))?$/i;

/** @returns undefined when the text is no URI of RFC 7064 or 7065 */
export function parseExternalService(uri: string): ExternalService | undefined {
  const found = EXTERNAL_SERVICE_URI.exec(uri);
  if (!found) return undefined;
  const [, scheme = '', name = '', number, transport] = found;
  const type = scheme.toLowerCase() as ExternalService['type'];
  const secure = type.endsWith('s');
  const port = Number(number ?? (secure ? 5349 : 3478));
  if (port < 1 || port > 65_535) return undefined;
  const host = name.replace(/^\[|\]$/g, '').toLowerCase();
  return {
    type,
    host,
    port,
    transport: transport?.toLowerCase() === 'udp' ? 'udp' : transport || secure ? 'tcp' : 'udp',
  };
}

/**
 * Hands out where the TURN and STUN servers are, with credentials that hold for a while and for this account alone:
 * whoever is signed in needs no other secret to be relayed.
 */
export function externalServices({ services, secret, ttlSeconds, kinds }: ExternalServicesOptions): Feature {
  const described = (chosen: readonly ExternalService[], stream: Stream): Element[] => {
    const name = stream.account?.bare ?? '';
    const { username, password, expiresAt } = turnCredentials(secret, name, ttlSeconds);
    return chosen.map((service) => {
      const where: Attributes = { ...service, port: String(service.port) };
      const how = needsCredentials(service) ? { username, password, expires: expiresAt } : {};
      return element('service', EXTERNAL_NS, { ...where, ...how });
    });
  };
  const refuseStrangers = ({ kind }: Stream): void => {
    if (!kinds.includes(kind)) throw new StanzaError('forbidden');
  };

  return {
    name: 'external-services',
    specification: 'XEP-0215 1.0.0',
    install(server) {
      if (services.length === 0) return;
      server.namespaces.add(EXTERNAL_NS);

      server.handlers.onIq('bound', 'get', EXTERNAL_NS, 'services', (stream, asked) => {
        refuseStrangers(stream);
        const type = asked.attribute('type');
        const chosen = services.filter((service) => type === undefined || service.type === type);
        return element('services', EXTERNAL_NS, { type }, ...described(chosen, stream));
      });

      server.handlers.onIq('bound', 'get', EXTERNAL_NS, 'credentials', (stream, asked) => {
        refuseStrangers(stream);
        const wanted = asked.child('service', EXTERNAL_NS);
        const [host, type, port] = ['host', 'type', 'port'].map((name) => wanted?.attribute(name));
        if (!host || !type) throw new StanzaError('bad-request', 'a service is named by host and type');
        const chosen = services.filter(
          (service) =>
            needsCredentials(service) &&
            service.host === host.toLowerCase() &&
            service.type === type &&
            (port === undefined || String(service.port) === port),
        );
        if (chosen.length === 0) throw new StanzaError('item-not-found');
        return element('credentials', EXTERNAL_NS, {}, ...described(chosen, stream));
      });
    },
  };
}

const needsCredentials = ({ type }: ExternalService): boolean => type.startsWith('turn');

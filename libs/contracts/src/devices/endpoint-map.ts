import { Flag, Instant, List, nested, OneOf, text, Text, Whole } from '../schema/fields';
import { defineRoute, publicTo } from '../wire/route';

/** Functions that a device can dial. */
export const ENDPOINT_FUNCTIONS = [
  'enrol',
  'renew',
  'sync',
  'push',
  'rmm',
  'plugins',
  'audit',
  'downloads',
  'rtdc',
  'relay',
  'bip',
] as const;
export type EndpointFunction = (typeof ENDPOINT_FUNCTIONS)[number];

/** Where a function is served. Devices dial `addresses` with `hostName` as SNI; without addresses they resolve it. */
export class Endpoint {
  @OneOf(ENDPOINT_FUNCTIONS) function: EndpointFunction;
  @Text({ min: 1, max: 253 }) hostName: string;
  @List(text({ max: 64 }), { max: 16, about: 'IP addresses, tried in order; empty means DNS.' }) addresses: string[];
  @Whole({ min: 1, max: 65_535 }) port: number;
  @Text({ max: 512, about: 'Path prefix, for example `/sync`; empty for XMPP.' }) path: string;
  @Whole({ min: 0, max: 1000, about: 'Lower is tried first.' }) priority: number;
  @List(text({ max: 64 }), {
    max: 8,
    about: 'SHA-256 (hex) of accepted SubjectPublicKeyInfos; empty means any under the anchors.',
  })
  pins: string[];
}

/** Signed by the key manager (purpose `endpoint-map`); a device takes a map only when its version is higher. */
export class EndpointMap {
  @Whole({ min: 1, max: Number.MAX_SAFE_INTEGER, about: 'Milliseconds since 1970 when the map was made.' })
  version: number;
  @Text({ max: 253, about: 'Domain of device JIDs.' }) xmppDomain: string;
  @Instant() issuedAt: string;
  @List(text({ max: 8192 }), { min: 1, max: 4, about: 'Root certificates, PEM; two while a root rolls over.' })
  anchors: string[];
  @List(text({ max: 8192 }), {
    max: 4,
    optional: true,
    about: 'Roots of other CAs, PEM, that count for certificates of servers and for nothing else.',
  })
  serverAnchors?: string[];
  @Flag({ optional: true, about: "For certificates of servers the public roots of the agent's Node.js count too." })
  publicServers?: boolean;
  @List(nested(() => Endpoint), { min: 1, max: 64 }) endpoints: Endpoint[];
}

/** Signed text: `payload` is the exact text that `signature` covers, under a purpose-bound delegation of a root. */
export class Signed {
  @Text({ max: 200_000 }) payload: string;
  @Text({ max: 512, about: 'ECDSA P-256 SHA-256, ASN.1 DER, base64.' }) signature: string;
  @List(text({ max: 8192 }), { min: 1, max: 3, about: 'Signing certificate first, PEM; root not included.' })
  delegation: string[];
}

/**
 * The map in force, for devices that do not accept a server any more: they fetch it over a connection that they do not
 * believe, and judge it by its signature.
 */
export const getEndpointMap = defineRoute({
  service: 'web',
  face: 'worker',
  method: 'GET',
  path: '/endpoint-map',
  access: publicTo('its signature is the proof, and who reads it learns names and addresses only'),
  summary: 'The signed endpoint map in force',
  reply: Signed,
});

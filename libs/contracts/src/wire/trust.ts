/**
 * Extended key usages of the certificates that a root delegates signing with. UUID-based arcs (ITU-T X.667), so that
 * no registration is needed. A signature counts only under a certificate with the usage of its purpose.
 */
export const PURPOSE_OIDS = {
  operation: '2.25.161302485098413846421908730113580946017',
  'endpoint-map': '2.25.161302485098413846421908730113580946018',
  release: '2.25.161302485098413846421908730113580946019',
  'audit-head': '2.25.161302485098413846421908730113580946021',
} as const;
export type SigningPurpose = keyof typeof PURPOSE_OIDS;

/**
 * Extended key usage by which a root names its successor: only with it is a certificate in a delegation a cross
 * certificate ("new with old", RFC 4210, section 4.4), so that an issuing CA cannot delegate signing.
 */
export const SUCCESSOR_OID = '2.25.161302485098413846421908730113580946020';

/** Subject alternative name type that carries a JID (RFC 6120, section 13.7.1.4). */
export const XMPP_ADDRESS_OID = '1.3.6.1.5.5.7.8.5';

/** Headers between the edge and the services. The edge removes whatever a client sends under these names. */
export const EDGE_HEADERS = {
  /** Shared secret: without it a service believes none of the others. */
  secret: 'x-muster-edge',
  /** The client certificate, PEM in URL encoding, only after nginx verified it against the device anchors. */
  clientCertificate: 'x-muster-client-cert',
  address: 'x-real-ip',
  correlationId: 'x-request-id',
} as const;

/** What the transport knows about the other end. Identity is made from this and from nothing that the peer says. */
export interface Peer {
  /** IP address, in the form that Node.js gives. */
  address: string;
  certificate?: PeerCertificate;
  /** Absent while the connection is plain text (before STARTTLS). */
  tls?: PeerTls;
  /** Server name that the peer asked for (RFC 6066, section 3); says what the peer wanted and proves nothing. */
  sni?: string;
}

/** The TLS connection that the peer is on. */
export interface PeerTls {
  /** As Node.js names it. */
  version: 'TLSv1.2' | 'TLSv1.3';
  /** Whether the handshake went on from an earlier session; `Peer.certificate` is then the one proved in that session. */
  resumed: boolean;
  /**
   * Whether exported keying material binds to this connection alone (RFC 9266, section 2): under TLS 1.3, and under TLS
   * 1.2 with the extended master secret (RFC 7627).
   */
  bindable: boolean;
  /**
   * Keying material (RFC 8446, section 7.5; RFC 5705). For `tls-exporter` of RFC 9266: label
   * `EXPORTER-Channel-Binding`, 32 bytes, an empty context, which is also the default.
   * @throws when the connection is closed
   */
  exporter(label: string, length: number, context?: Buffer): Buffer;
}

/** The facts of a certificate whose key the peer proved and whose chain ends at one of the anchors. */
export interface PeerCertificate {
  /** SHA-256 of the DER encoding, lower-case hex. */
  sha256: string;
  /** `id-on-xmppAddr` names of the subject alternative name (RFC 6120, section 13.7.1.4), unparsed. */
  xmppAddresses: string[];
  /** Milliseconds since 1970 at which it, or one that it was issued under, expires. */
  expiresAt: number;
}

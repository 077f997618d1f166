/** What the transport knows about the other end. Identity is made from this and from nothing that the peer says. */
export interface Peer {
  /** IP address, in the form that Node.js gives. */
  address: string;
  certificate?: PeerCertificate;
}

/** The facts of a certificate whose key the peer proved and whose chain ends at one of the anchors. */
export interface PeerCertificate {
  /** SHA-256 of the DER encoding, lower-case hex. */
  sha256: string;
  /** `id-on-xmppAddr` names of the subject alternative name (RFC 6120, section 13.7.1.4), unparsed. */
  xmppAddresses: string[];
}

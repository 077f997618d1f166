import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { ServerTrust } from '../certificates/server-trust';
import { CliError, EXIT } from '../core/exit-codes';

/**
 * What the XMPP server gets from the ITSM server. It holds a password and a private key: treat it as one. The end is
 * checked by the setup that reads it; what is inside stays valid, so that a token that got lost means new credentials.
 */
export interface Join {
  /** ISO 8601. */
  expiresAt: string;
  itsmDomain: string;
  baseDomain: string;
  xmppDomain: string;
  consoleOrigin: string;
  /** `ITSM_WEB_HOST` of the ITSM server: the name that the link dials. Without one, and in tokens of before, `itsmDomain`. */
  webHost?: string;
  addresses: string[];
  xmppAddresses: string[];
  edgePort: number;
  turn: boolean;
  version: string;
  imagePrefix?: string;
  /** Password of the leaf node's link. */
  natsLeaf: string;
  /** PEM of the roots that device certificates are checked against. */
  deviceRoots: string[];
  /** PEM of what the ITSM server's certificate leads to. */
  hubRoots: string[];
  /** Whom devices accept as servers besides the own CA; tokens of before do not say. */
  serverTrust?: ServerTrust;
  /** SHA-256 of the newest device root, lower-case hex. */
  rootFingerprint: string;
  /** Key, certificate and chain for the XMPP server, where its own CA made them. */
  certificate?: string;
}

const PREFIX = 'muster-join-1.';
const DIGEST_BYTES = 8;

export const encodeJoin = (join: Join): string => {
  const packed = gzipSync(JSON.stringify(join), { level: 9 });
  return PREFIX + Buffer.concat([digest(packed), packed]).toString('base64url');
};

/** @throws CliError saying whether it is damaged, of another version, or too old */
export function decodeJoin(text: string, now = Date.now()): Join {
  const token = text.trim();
  if (!token.startsWith(PREFIX)) {
    throw new CliError(EXIT.data, 'This is not a join token of this version of muster.', AGAIN);
  }
  const bytes = Buffer.from(token.slice(PREFIX.length), 'base64url');
  const packed = bytes.subarray(DIGEST_BYTES);
  if (!digest(packed).equals(bytes.subarray(0, DIGEST_BYTES))) {
    throw new CliError(EXIT.data, 'The join token is damaged: a part of it is missing or changed.', AGAIN);
  }
  const join = JSON.parse(gunzipSync(packed, { maxOutputLength: 1_000_000 }).toString()) as Join;
  if (Date.parse(join.expiresAt) <= now) {
    throw new CliError(EXIT.data, `The join token ended at ${join.expiresAt}.`, AGAIN);
  }
  return join;
}
const AGAIN = 'On the ITSM server, "muster setup itsm" writes a new one.';

const digest = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest().subarray(0, DIGEST_BYTES);

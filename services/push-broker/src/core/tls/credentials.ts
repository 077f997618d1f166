import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { constants } from 'node:crypto';
import { join } from 'node:path';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { examine, type Finding } from './certificate-check';

/** Where the server's own certificate and the anchors of its peers' certificates are kept. */
export interface CredentialPaths {
  /** PEM with the certificate first and its chain after it; may hold the private key too. */
  certificate: string;
  /** PEM with the private key, where it is a file of its own. */
  key?: string;
  /** PEM bundles, or folders of `*.crt` and `*.pem`, with every root and issuing certificate that peers may come from. */
  anchors: string[];
}

/**
 * TLS 1.2 with forward secrecy and authenticated encryption only; TLS 1.3 has nothing else (RFC 9325). SHA-256 first: processors
 * have instructions for it, and a handshake, which derives a dozen keys, costs an eighth less than with SHA-384.
 */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
].join(':');

export interface LoadOptions {
  /** Whether sessions may be resumed; `Handshakes` says for how long. Not when absent. */
  tickets?: boolean;
  /** Domain that the certificate must be for; not looked at when absent. */
  domain?: string;
}

/** What is on disk, whether it can be used or not. */
export interface CredentialFiles {
  cert: Buffer;
  key: Buffer;
  ca: Buffer[];
  /** Changes with any of the files. */
  digest: string;
}

export interface Credentials {
  options: SecureContextOptions;
  /** What is wrong with the certificate, though it can be used. */
  findings: Finding[];
}

/** @throws Error when one of them cannot be read */
export function readCredentials(paths: CredentialPaths): CredentialFiles {
  const cert = readFileSync(paths.certificate);
  const key = paths.key ? readFileSync(paths.key) : cert;
  const ca = paths.anchors.flatMap(anchorFiles).map((file) => readFileSync(file));
  const digest = createHash('sha256');
  for (const file of [cert, key, ...ca]) digest.update(file).update('\0');
  return { cert, key, ca, digest: digest.digest('hex') };
}

/**
 * What every connection is secured with. Takes milliseconds, in which nothing else is done: only for files that are new.
 * @param name of the certificate's file, for what is said of it
 * @throws Error telling in words what an administrator has to mend, when no handshake could succeed
 */
export function checkCredentials(
  { cert, key, ca }: CredentialFiles,
  name: string,
  { tickets = false, domain }: LoadOptions = {},
): Credentials {
  const findings = examine(cert.toString('latin1'), key.toString('latin1'), Date.now(), domain);
  const fatal = findings.filter(({ severity }) => severity === 'fatal');
  if (fatal.length > 0) throw new Error(`${name}: ${fatal.map(({ text }) => text).join('; ')}`);
  const options: SecureContextOptions = {
    cert,
    key,
    ca,
    minVersion: 'TLSv1.2',
    ciphers: CIPHERS,
    honorCipherOrder: true,
    ecdhCurve: 'X25519:P-256:P-384',
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | (tickets ? 0 : constants.SSL_OP_NO_TICKET),
  };
  // What is left that OpenSSL may not like fails here, and not at the first connection.
  createSecureContext(options);
  return { options, findings };
}

function anchorFiles(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  const files = readdirSync(path).filter((name) => /\.(crt|pem)$/.test(name));
  return files.sort().map((name) => join(path, name));
}

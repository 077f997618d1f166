import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { OBJECT_IDENTIFIER, oid, readDer } from './der';
import { xmppAddresses } from './xmpp-addresses';

/** Something about the server's certificate that an administrator has to know, in words. */
export interface Finding {
  /** `fatal`: no handshake can succeed. `error`: clients that check will refuse it. `warning`: it works, not well. */
  severity: 'fatal' | 'error' | 'warning';
  text: string;
}

const DAY = 24 * 3600 * 1000;
const SOON = 14 * DAY;
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const BROKEN_SIGNATURES = ['1.2.840.113549.1.1.4', '1.2.840.113549.1.1.5', '1.2.840.10045.4.1'].map(oid);

/**
 * Looks at a certificate with its chain, and at its key, as a client would and as OpenSSL would, and says what is wrong
 * in the words of whoever has to mend it.
 * @param domain that clients will look for; not looked at when absent
 */
export function examine(certificatePem: string, keyPem: string, now: number, domain?: string): Finding[] {
  const findings: Finding[] = [];
  const say = (severity: Finding['severity'], text: string): number => findings.push({ severity, text });
  const chain: X509Certificate[] = [];
  const blocks = certificatePem.match(/-----BEGIN (?:TRUSTED )?CERTIFICATE-----[^-]*-----END [^-]*-----/g) ?? [];
  for (const [index, block] of blocks.entries()) {
    try {
      chain.push(new X509Certificate(block));
    } catch {
      say('fatal', `certificate ${index + 1} of ${blocks.length} in the file is damaged`);
    }
  }
  if (blocks.length === 0)
    say('fatal', 'there is no certificate in the file; it must be PEM (-----BEGIN CERTIFICATE-----)');
  if (/-----END [^-]*-----[ \t]*-----BEGIN/.test(certificatePem + keyPem))
    say('fatal', 'two parts of the file share a line: there must be a line break between END and BEGIN');
  const key = privateKey(keyPem, say);
  const [own] = chain;
  if (!own || findings.length > 0) return findings;
  if (key) matching(chain, key, say);
  if (findings.length > 0) return findings;
  for (const certificate of chain) validity(certificate, now, say);
  purpose(own, domain, say);
  strength(own, say);
  order(chain, say);
  return findings;
}

type Say = (severity: Finding['severity'], text: string) => unknown;

/** The subject on one line. */
const nameOf = ({ subject }: X509Certificate): string => `“${(subject || 'no subject').replaceAll('\n', ', ')}”`;

function privateKey(pem: string, say: Say): KeyObject | undefined {
  if (/BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/.test(pem)) {
    say('fatal', 'the private key is protected by a passphrase; take it off with: openssl pkey -in <file> -out <file>');
    return undefined;
  }
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) {
    say('fatal', 'there is no private key; put it into the file of the certificate, or name its own in XMPP_KEY_FILE');
    return undefined;
  }
  try {
    return createPrivateKey(pem);
  } catch {
    say('fatal', 'the private key is damaged or of a kind that OpenSSL does not know');
    return undefined;
  }
}

function matching(chain: X509Certificate[], key: KeyObject, say: Say): void {
  const at = chain.findIndex((certificate) => certificate.checkPrivateKey(key));
  if (at === 0) return;
  const [own] = chain;
  if (at > 0 && own && chain[at])
    say(
      'fatal',
      `wrong order: the key belongs to certificate ${at + 1}, ${nameOf(chain[at])}, which must come first; first is ${nameOf(own)}`,
    );
  else if (own)
    say('fatal', `the private key does not belong to the certificate ${nameOf(own)}: both must be renewed together`);
}

function validity(certificate: X509Certificate, now: number, say: Say): void {
  const { validFrom, validTo } = certificate;
  if (Date.parse(validTo) < now) say('error', `${nameOf(certificate)} has expired on ${validTo}: renew it`);
  else if (Date.parse(validFrom) > now)
    say('error', `${nameOf(certificate)} is not valid before ${validFrom}: is this machine's clock right?`);
  else if (Date.parse(validTo) < now + SOON) say('warning', `${nameOf(certificate)} expires on ${validTo}`);
}

function purpose(own: X509Certificate, domain: string | undefined, say: Say): void {
  const named =
    domain === undefined || own.checkHost(domain, { subject: 'never' }) || xmppAddresses(own.raw).includes(domain);
  if (!named)
    say(
      'error',
      `the certificate is not for ${domain} but for ${own.subjectAltName ?? 'no name at all'}: clients will refuse it`,
    );
  // Node.js calls the extended key usage `keyUsage`; without the extension every use is allowed.
  const usages = own.keyUsage as string[] | undefined;
  if (own.ca) say('error', `${nameOf(own)} is the certificate of an authority, not of a server`);
  else if (usages && !usages.includes(SERVER_AUTH))
    say('error', `${nameOf(own)} may not be used for servers (extended key usage)`);
}

function strength(own: X509Certificate, say: Say): void {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = own.publicKey;
  const bits = details?.modulusLength ?? 0;
  if (type === 'rsa' && bits < 2048) say('error', `an RSA key of ${bits} bits is too weak: use P-256`);
  else if (type === 'rsa') say('warning', `an RSA key costs half as much again for each connection as P-256`);
  else if (type !== 'ec') say('warning', `many clients do not know keys of the kind ${type}: use P-256`);
  else if (details?.namedCurve !== 'prime256v1')
    say('warning', `the key is on ${details?.namedCurve}: P-256 is faster and known everywhere`);
  const [outer] = readDer(own.raw);
  const [, algorithm] = outer ? readDer(outer.content) : [];
  const [identifier] = algorithm ? readDer(algorithm.content) : [];
  const broken =
    identifier?.tag === OBJECT_IDENTIFIER && BROKEN_SIGNATURES.some((known) => known.equals(identifier.content));
  if (broken) say('error', `${nameOf(own)} is signed with MD5 or SHA-1: clients will refuse it`);
}

/** Each certificate must be issued by the next (RFC 5246, section 7.4.2); a root at the end is allowed. */
function order(chain: X509Certificate[], say: Say): void {
  const issued = (by: X509Certificate, certificate: X509Certificate): boolean =>
    certificate.checkIssued(by) && certificate.verify(by.publicKey);
  for (const [index, certificate] of chain.entries()) {
    if (issued(certificate, certificate)) {
      for (const surplus of chain.slice(index + 1))
        say('warning', `${nameOf(surplus)} has nothing to do with the chain before it`);
      return;
    }
    const next = chain[index + 1];
    if (next && issued(next, certificate)) continue;
    const elsewhere = chain.findIndex((other) => other !== certificate && issued(other, certificate));
    const issuer = certificate.issuer.replaceAll('\n', ', ');
    if (elsewhere >= 0)
      say(
        'error',
        `wrong order: ${nameOf(certificate)} must be followed by its issuer, which is certificate ${elsewhere + 1}`,
      );
    else if (next) say('error', `wrong chain: ${nameOf(next)} did not issue ${nameOf(certificate)}; “${issuer}” did`);
    else if (index === 0)
      say('warning', `the file has no chain: clients must know “${issuer}”, which issued the certificate`);
    return;
  }
}

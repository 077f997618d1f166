import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BASE_DOMAIN, ITSM_DOMAIN, type Layout } from './layout';

const MONTH_MS = 30 * 24 * 3600 * 1000;

export const serverCertificate = (layout: Layout): string => join(layout.certificates, 'cert.crt');
export const serverKey = (layout: Layout): string => join(layout.certificates, 'cert.key');
export const xmppCertificate = (layout: Layout): string => join(layout.certificates, 'xmpp.pem');
/** All roots in one file: what nginx and the broker check devices against. */
export const deviceAnchors = (layout: Layout): string => join(layout.certificates, 'anchors.pem');

/** Makes the authority at the first start and the server certificate whenever it is missing or about to expire. */
export function makeCertificates(layout: Layout): void {
  const script = join(layout.project, 'certs-templates/make-certs.sh');
  const { certificateAuthority, certificates } = layout;
  if (!existsSync(join(certificateAuthority, 'roots')))
    execFileSync(script, ['init', certificateAuthority, 'Muster local']);
  if (!lastsLonger(serverCertificate(layout))) {
    const names = [ITSM_DOMAIN, `*.${BASE_DOMAIN}`, '127.0.0.1', '::1'];
    execFileSync(script, ['server', certificateAuthority, certificates, ...names]);
  }
  writeAnchors(layout);
}

/** Returns whether the file changed. */
export function writeAnchors(layout: Layout): boolean {
  const roots = join(layout.certificateAuthority, 'roots');
  const files = readdirSync(roots)
    .filter((name) => name.endsWith('.crt'))
    .sort();
  const text = files.map((name) => readFileSync(join(roots, name), 'utf8')).join('');
  const target = deviceAnchors(layout);
  if (existsSync(target) && readFileSync(target, 'utf8') === text) return false;
  writeFileSync(`${target}.new`, text, { mode: 0o644 });
  renameSync(`${target}.new`, target);
  return true;
}

function lastsLonger(file: string): boolean {
  if (!existsSync(file)) return false;
  return Date.parse(new X509Certificate(readFileSync(file)).validTo) - Date.now() > MONTH_MS;
}

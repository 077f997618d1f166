import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { BASE_DOMAIN, ITSM_DOMAIN, type Layout } from './layout';
import { giveTo, serviceUser } from './users';

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
  if (!existsSync(certificateAuthority)) {
    const made = `${certificateAuthority}.new`; // whole or not there
    rmSync(made, { recursive: true, force: true });
    execFileSync(script, ['init', made, 'Muster local']);
    renameSync(made, certificateAuthority);
  }
  if (!lastsLonger(serverCertificate(layout))) {
    const names = [ITSM_DOMAIN, `*.${BASE_DOMAIN}`, '127.0.0.1', '::1'];
    execFileSync(script, ['server', certificateAuthority, certificates, ...names]);
  }
  // The folder of the certificates stays root's: whoever may write there could make root write elsewhere by a link.
  for (const path of [certificateAuthority, xmppCertificate(layout)]) giveTo(serviceUser(), path);
  writeAnchors(layout);
}

/** Returns whether the file changed. */
export function writeAnchors(layout: Layout): boolean {
  const roots = join(layout.certificateAuthority, 'roots');
  const files = readdirSync(roots)
    .filter((name) => name.endsWith('.crt'))
    .sort();
  const text = files.map((name) => readWithoutLink(join(roots, name))).join('');
  const target = deviceAnchors(layout);
  if (existsSync(target) && readFileSync(target, 'utf8') === text) return false;
  writeFileSync(`${target}.new`, text, { mode: 0o644 });
  renameSync(`${target}.new`, target);
  return true;
}

/** What is copied for everybody to read must not be a link to something else. */
function readWithoutLink(file: string): string {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}

function lastsLonger(file: string): boolean {
  if (!existsSync(file)) return false;
  return Date.parse(new X509Certificate(readFileSync(file)).validTo) - Date.now() > MONTH_MS;
}

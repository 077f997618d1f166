import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { AppError, type AuditForwarding, type FaultDetail } from '@muster/contracts';

/** A host name of RFC 1123, section 2.1. */
const HOST_NAME = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const MOST_ANCHORS = 50;

/** Checks what can be checked without connecting. @throws AppError `invalid-input` naming every field that is wrong */
export function checkForwarding(setting: AuditForwarding): void {
  const faults: FaultDetail[] = [];
  const named = isIP(setting.host) !== 0 || HOST_NAME.test(setting.host);
  // Switched off it may stay empty; what is there must be right all the same.
  if (!named && (setting.enabled || setting.host !== '')) {
    faults.push({ field: 'host', problem: 'must be a host name or an IP address, without port or path' });
  }
  const problem = setting.anchors === undefined ? undefined : faultOfAnchors(setting.anchors);
  if (problem) faults.push({ field: 'anchors', problem });
  if (faults.length > 0) throw new AppError('invalid-input', 'The forwarding has faults.', { faults });
}

function faultOfAnchors(pem: string): string | undefined {
  const blocks = pem.match(CERTIFICATE) ?? [];
  if (blocks.length === 0) return 'must hold at least one certificate in PEM form';
  if (blocks.length > MOST_ANCHORS) return `must not hold more than ${MOST_ANCHORS} certificates`;
  if (/PRIVATE KEY/.test(pem)) return 'holds a private key, which does not belong here: make a new one';
  if (pem.replace(CERTIFICATE, '').includes('-----')) return 'holds something else than certificates';
  const broken = blocks.findIndex((block) => !isCertificate(block));
  return broken < 0 ? undefined : `certificate ${broken + 1} cannot be read`;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

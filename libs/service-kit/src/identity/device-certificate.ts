import { hash, X509Certificate } from 'node:crypto';
import { AppError, isUuid } from '@muster/contracts';

export interface PresentedCertificate {
  deviceId: string;
  /** SHA-256 over the certificate's DER, lower-case hex. */
  fingerprint: string;
}

const MOST_ENTRIES = 100_000;

/**
 * The certificates that were read before, by a digest of the header: a device shows the same one at each request for
 * months, and reading one costs as much as everything else about a small request. What cannot be read is not kept.
 */
export class DeviceCertificates {
  private readonly known = new Map<string, PresentedCertificate>();

  /** @throws AppError `certificate-refused` */
  read(header: string): PresentedCertificate {
    const digest = hash('sha256', header, 'base64');
    const known = this.known.get(digest);
    if (known) return known;
    const certificate = readDeviceCertificate(header);
    this.known.set(digest, certificate);
    if (this.known.size > MOST_ENTRIES) {
      const oldest = this.known.keys().next();
      if (!oldest.done) this.known.delete(oldest.value);
    }
    return certificate;
  }
}

/**
 * Reads the client certificate as nginx escapes it (`$ssl_client_escaped_cert`). The edge has verified chain and key
 * possession; the fingerprint is derived here, since nginx's own is SHA-1.
 */
function readDeviceCertificate(header: string): PresentedCertificate {
  try {
    const certificate = new X509Certificate(decodeURIComponent(header));
    const deviceId = /^CN=(.+)$/m.exec(certificate.subject)?.[1] ?? '';
    if (!isUuid(deviceId)) throw new Error('the subject is no device id');
    return { deviceId, fingerprint: hash('sha256', certificate.raw, 'hex') };
  } catch (error) {
    throw new AppError('certificate-refused', 'The client certificate is not one of a device.', { cause: error });
  }
}

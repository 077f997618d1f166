import { createHash, X509Certificate } from 'node:crypto';
import { AppError, isUuid } from '@muster/contracts';

export interface PresentedCertificate {
  deviceId: string;
  /** SHA-256 over the certificate's DER, lower-case hex. */
  fingerprint: string;
}

/**
 * Reads the client certificate as nginx escapes it (`$ssl_client_escaped_cert`). The edge has verified chain and key
 * possession; the fingerprint is derived here, since nginx's own is SHA-1.
 */
export function readDeviceCertificate(header: string): PresentedCertificate {
  try {
    const certificate = new X509Certificate(decodeURIComponent(header));
    const deviceId = /^CN=(.+)$/m.exec(certificate.subject)?.[1] ?? '';
    if (!isUuid(deviceId)) throw new Error('the subject is no device id');
    return { deviceId, fingerprint: createHash('sha256').update(certificate.raw).digest('hex') };
  } catch (error) {
    throw new AppError('certificate-refused', 'The client certificate is not one of a device.', { cause: error });
  }
}

import { createPublicKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { DeviceCertificate, parse } from '@muster/contracts';
import { readFileIfThere, removeFile, replaceFile } from '../state/files';
import type { StateFolder } from '../state/state-folder';
import { issuerOf, readCertificates } from '../trust/certificates';
import { loadOrMakeKey } from './device-key';

/** What the device shows to prove who it is. */
export interface ClientCredential {
  /** Private key and certificate chain, PEM. */
  key: string;
  cert: string;
}

/** The device's key and the certificate that is the current lease on it. */
export class Identity {
  readonly key: KeyObject;
  private certificate?: DeviceCertificate;

  constructor(private readonly state: StateFolder) {
    this.key = loadOrMakeKey(state.deviceKey);
    const kept = readFileIfThere(state.identity);
    if (kept !== undefined) this.certificate = parse(DeviceCertificate, JSON.parse(kept), { unknown: 'drop' });
  }

  get enrolled(): DeviceCertificate | undefined {
    return this.certificate;
  }

  /** Keeps an issued certificate. @throws when it is not for this device's key or names another device */
  keep(issued: DeviceCertificate): void {
    const leaf = readCertificates(issued.chain)[0];
    const mine = createPublicKey(this.key).export({ type: 'spki', format: 'der' });
    if (!leaf || !leaf.publicKey.export({ type: 'spki', format: 'der' }).equals(mine))
      throw new Error('the certificate that the server issued is for another key');
    if (this.certificate && this.certificate.deviceId !== issued.deviceId)
      throw new Error('the certificate that the server issued is for another device');
    replaceFile(this.state.identity, JSON.stringify(issued));
    this.certificate = issued;
  }

  /** Forgets the enrolment and the key: the next one makes a new device. */
  forget(): void {
    removeFile(this.state.identity);
    removeFile(this.state.deviceKey);
  }

  get credential(): ClientCredential | undefined {
    if (!this.certificate) return undefined;
    return { key: this.key.export({ type: 'pkcs8', format: 'pem' }).toString(), cert: this.certificate.chain };
  }

  /** Whether the certificate's chain ends at this root. */
  isUnder(root: X509Certificate): boolean {
    if (!this.certificate) return false;
    const chain = readCertificates(this.certificate.chain);
    return chain.some((link) => issuerOf(link, [root]) !== undefined);
  }
}

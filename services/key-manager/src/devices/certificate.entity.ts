import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A certificate that was issued to a device. */
@Entity({ schema: 'identity', name: 'certificates' })
@Index('certificates_device', ['organisationId', 'deviceId', 'issuedAt'])
export class CertificateEntity {
  /** SHA-256 of the leaf's DER, lower-case hex. */
  @PrimaryColumn({ type: 'text' }) fingerprint: string;
  @Column({ name: 'organisation_id', type: 'uuid' }) organisationId: string;
  @Column({ name: 'device_id', type: 'uuid' }) deviceId: string;
  /** Fingerprint of the issuing authority. */
  @Column({ type: 'text' }) issuer: string;
  /** Leaf and issuing authority, PEM. */
  @Column({ type: 'text' }) chain: string;
  @Column({ name: 'issued_at', type: 'timestamptz' }) issuedAt: Date;
  @Index('certificates_expiry')
  @Column({ name: 'not_after', type: 'timestamptz' })
  notAfter: Date;
}

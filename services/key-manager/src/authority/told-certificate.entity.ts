import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A certificate of the authority that the audit log knows to be in use. Of the suite, so of no organisation. */
@Entity({ schema: 'identity', name: 'told_certificates' })
export class ToldCertificateEntity {
  @PrimaryColumn({ type: 'text' }) part: string;
  /** SHA-256 of the DER form, hex. */
  @PrimaryColumn({ type: 'text' }) fingerprint: string;
  @Column({ name: 'not_after', type: 'timestamptz' }) notAfter: Date;
}

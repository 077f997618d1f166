import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { EmailProblem, EmailSecurity } from '@muster/contracts';

/** How the server sends mail. One row, or none: it is the operator's, and belongs to no organisation. */
@Entity({ schema: 'identity', name: 'email_settings' })
export class EmailSettingsEntity {
  /** Always 1. */
  @PrimaryColumn({ type: 'integer' }) id: number;
  @Column({ type: 'text' }) host: string;
  @Column({ type: 'integer' }) port: number;
  @Column({ type: 'text' }) security: EmailSecurity;
  @Column({ name: 'user_name', type: 'text', nullable: true }) userName: string | null;
  /** Sealed, see `Sealer`. */
  @Column({ name: 'sealed_password', type: 'bytea', nullable: true }) sealedPassword: Buffer | null;
  @Column({ name: 'from_address', type: 'text' }) fromAddress: string;
  @Column({ name: 'from_name', type: 'text' }) fromName: string;
  @Column({ name: 'trusted_certificates', type: 'text', nullable: true }) trustedCertificates: string | null;
  @Column({ name: 'changed_at', type: 'timestamptz' }) changedAt: Date;
  @Column({ name: 'changed_by', type: 'text' }) changedBy: string;
}

/** How the last message went. One row, or none before the first. */
@Entity({ schema: 'identity', name: 'email_sendings' })
export class EmailSendingEntity {
  /** Always 1. */
  @PrimaryColumn({ type: 'integer' }) id: number;
  @Column({ type: 'timestamptz' }) at: Date;
  @Column({ type: 'boolean' }) sent: boolean;
  @Column({ type: 'text', nullable: true }) problem: EmailProblem | null;
  @Column({ type: 'text', nullable: true }) explanation: string | null;
  @Column({ type: 'text', nullable: true }) reply: string | null;
}

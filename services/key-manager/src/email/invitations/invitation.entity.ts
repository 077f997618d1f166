import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Role } from '@muster/contracts';

/** An account that somebody may make for themselves by a link. */
@Entity({ schema: 'identity', name: 'invitations' })
@Index('invitations_email', ['organisationId', 'email'], { unique: true })
export class InvitationEntity {
  @PrimaryColumn({ type: 'uuid' }) id: string;
  @Column({ name: 'organisation_id', type: 'uuid' }) organisationId: string;
  /** Lower case, as those of users. */
  @Column({ type: 'text' }) email: string;
  @Column({ type: 'text' }) name: string;
  @Column({ type: 'text' }) role: Role;
  /** SHA-256 of the link's secret. */
  @Index('invitations_secret', { unique: true })
  @Column({ name: 'secret_hash', type: 'bytea' })
  secretHash: Buffer;
  @Column({ name: 'invited_by', type: 'text' }) invitedBy: string;
  @Column({ name: 'invited_at', type: 'timestamptz' }) invitedAt: Date;
  @Index('invitations_expiry')
  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;
  /** When the mail server took the newest link. */
  @Column({ name: 'sent_at', type: 'timestamptz', nullable: true }) sentAt: Date | null;
}

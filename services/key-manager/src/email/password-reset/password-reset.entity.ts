import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A link that sets a new password, once. */
@Entity({ schema: 'identity', name: 'password_resets' })
@Index('password_resets_user', ['organisationId', 'userId'])
export class PasswordResetEntity {
  @PrimaryColumn({ type: 'uuid' }) id: string;
  @Column({ name: 'organisation_id', type: 'uuid' }) organisationId: string;
  @Column({ name: 'user_id', type: 'uuid' }) userId: string;
  /** SHA-256 of the link's secret. */
  @Index('password_resets_secret', { unique: true })
  @Column({ name: 'secret_hash', type: 'bytea' })
  secretHash: Buffer;
  @Index('password_resets_expiry')
  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;
}

/** Somebody typed an address. Whether anybody has it is looked up later; so it belongs to no organisation. */
@Entity({ schema: 'identity', name: 'password_reset_requests' })
export class PasswordResetRequestEntity {
  @PrimaryColumn({ type: 'uuid' }) id: string;
  @Column({ type: 'text' }) email: string;
  @Column({ type: 'text' }) address: string;
  @Index('password_reset_requests_asked')
  @Column({ name: 'asked_at', type: 'timestamptz' })
  askedAt: Date;
}

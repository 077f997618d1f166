import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

@Entity({ schema: 'identity', name: 'sessions' })
@Index('sessions_organisation', ['organisationId', 'userId'])
export class SessionEntity {
  @PrimaryColumn({ type: 'uuid' }) id: string;
  @Column({ name: 'organisation_id', type: 'uuid' }) organisationId: string;
  @Column({ name: 'user_id', type: 'uuid' }) userId: string;
  /** SHA-256 of the cookie's value. */
  @Index('sessions_secret', { unique: true })
  @Column({ name: 'secret_hash', type: 'bytea' })
  secretHash: Buffer;
  @Column({ type: 'text' }) address: string;
  @Column({ name: 'user_agent', type: 'text' }) userAgent: string;
  @Column({ name: 'started_at', type: 'timestamptz' }) startedAt: Date;
  @Column({ name: 'last_seen_at', type: 'timestamptz' }) lastSeenAt: Date;
  /** However much it is used. */
  @Index('sessions_expiry')
  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;
}

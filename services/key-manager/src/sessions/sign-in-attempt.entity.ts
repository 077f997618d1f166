import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * Failed sign-ins in a row for an e-mail address, whether or not somebody has it: so a lock-out tells nobody who exists.
 * Belongs to no organisation for the same reason.
 */
@Entity({ schema: 'identity', name: 'sign_in_attempts' })
export class SignInAttemptEntity {
  /** SHA-256 of the address in lower case: what people type into that field by mistake is not kept. */
  @PrimaryColumn({ name: 'email_digest', type: 'bytea' }) emailDigest: Buffer;
  @Column({ type: 'integer' }) failures: number;
  @Index('sign_in_attempts_last')
  @Column({ name: 'last_at', type: 'timestamptz' })
  lastAt: Date;
  @Column({ name: 'locked_until', type: 'timestamptz', nullable: true }) lockedUntil: Date | null;
  /** End of the lock-out that the audit log was told of last. */
  @Column({ name: 'told_until', type: 'timestamptz', nullable: true }) toldUntil: Date | null;
}

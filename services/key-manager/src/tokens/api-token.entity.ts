import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Permission } from '@muster/contracts';

@Entity({ schema: 'identity', name: 'api_tokens' })
@Index('api_tokens_organisation', ['organisationId', 'ownerId'])
export class ApiTokenEntity {
  @PrimaryColumn({ type: 'uuid' }) id: string;
  @Column({ name: 'organisation_id', type: 'uuid' }) organisationId: string;
  @Column({ name: 'owner_id', type: 'uuid' }) ownerId: string;
  @Column({ type: 'text' }) name: string;
  /** SHA-256 of the token. */
  @Index('api_tokens_secret', { unique: true })
  @Column({ name: 'secret_hash', type: 'bytea' })
  secretHash: Buffer;
  /** What was asked for; at use it counts only as far as the owner still has it. */
  @Column({ type: 'text', array: true }) permissions: Permission[];
  @Column({ name: 'created_at', type: 'timestamptz' }) createdAt: Date;
  @Index('api_tokens_expiry')
  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;
  @Column({ name: 'last_used_at', type: 'timestamptz', nullable: true }) lastUsedAt: Date | null;
}

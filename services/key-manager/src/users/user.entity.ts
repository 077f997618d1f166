import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Role } from '@muster/contracts';

@Entity({ schema: 'identity', name: 'users' })
@Index('users_organisation', ['organisationId', 'email'])
export class UserEntity {
  @PrimaryColumn({ type: 'uuid' }) id: string;
  @Column({ name: 'organisation_id', type: 'uuid' }) organisationId: string;
  /** Lower case: people are recognised by it in all organisations. */
  @Index('users_email', { unique: true })
  @Column({ type: 'text' })
  email: string;
  @Column({ type: 'text' }) name: string;
  @Column({ type: 'text' }) role: Role;
  @Column({ name: 'password_hash', type: 'text' }) passwordHash: string;
  @Column({ name: 'must_change_password', type: 'boolean' }) mustChangePassword: boolean;
  @Column({ type: 'boolean', default: false }) disabled: boolean;
  @Column({ name: 'created_at', type: 'timestamptz' }) createdAt: Date;
  @Column({ name: 'last_sign_in_at', type: 'timestamptz', nullable: true }) lastSignInAt: Date | null;
}

import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

@Entity({ schema: 'identity', name: 'registration_keys' })
@Index('registration_keys_organisation', ['organisationId', 'createdAt'])
export class RegistrationKeyEntity {
  @PrimaryColumn({ type: 'uuid' }) id: string;
  @Column({ name: 'organisation_id', type: 'uuid' }) organisationId: string;
  @Column({ type: 'text' }) name: string;
  /** The key itself, since people read it again in the console. It opens enrolment and nothing else. */
  @Index('registration_keys_key', { unique: true })
  @Column({ type: 'text' })
  key: string;
  @Column({ name: 'group_id', type: 'uuid', nullable: true }) groupId: string | null;
  @Column({ name: 'device_limit', type: 'integer', nullable: true }) deviceLimit: number | null;
  @Column({ name: 'devices_enrolled', type: 'integer', default: 0 }) devicesEnrolled: number;
  @Column({ name: 'expires_at', type: 'timestamptz', nullable: true }) expiresAt: Date | null;
  @Column({ name: 'revoked_at', type: 'timestamptz', nullable: true }) revokedAt: Date | null;
  @Column({ name: 'created_at', type: 'timestamptz' }) createdAt: Date;
  /** E-mail address of who made it, as it was then. */
  @Column({ name: 'created_by', type: 'text' }) createdBy: string;
}

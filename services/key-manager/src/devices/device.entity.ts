import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A device as this service knows it: a key that was enrolled. */
@Entity({ schema: 'identity', name: 'devices' })
@Index('devices_organisation', ['organisationId', 'id'])
export class DeviceEntity {
  @PrimaryColumn({ type: 'uuid' }) id: string;
  @Column({ name: 'organisation_id', type: 'uuid' }) organisationId: string;
  /** SubjectPublicKeyInfo, DER. */
  @Column({ name: 'public_key', type: 'bytea' }) publicKey: Buffer;
  @Index('devices_public_key', { unique: true })
  @Column({ name: 'public_key_digest', type: 'bytea' })
  publicKeyDigest: Buffer;
  @Column({ name: 'registration_key_id', type: 'uuid' }) registrationKeyId: string;
  @Column({ name: 'enrolled_at', type: 'timestamptz' }) enrolledAt: Date;
  @Column({ name: 'revoked_at', type: 'timestamptz', nullable: true }) revokedAt: Date | null;
  @Column({ name: 'revoke_reason', type: 'text', nullable: true }) revokeReason: string | null;
}

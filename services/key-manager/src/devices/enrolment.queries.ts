import type { EntityManager } from 'typeorm';
import { CertificateEntity } from './certificate.entity';
import { DeviceEntity } from './device.entity';

/** A device that is to be enrolled, with the certificate that it gets. */
export interface Candidate {
  device: DeviceEntity;
  certificate: CertificateEntity;
}

/**
 * Writes devices that are new, with their first certificates. A public key that is enrolled already stays as it is.
 * @returns ids of those that were written
 */
export async function insertDevices(manager: EntityManager, candidates: readonly Candidate[]): Promise<Set<string>> {
  const rows = await manager.query<Array<{ id: string }>>(
    `INSERT INTO identity.devices (id, organisation_id, public_key, public_key_digest, registration_key_id, enrolled_at)
     SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::bytea[], $5::uuid[], $6::timestamptz[])
     ON CONFLICT (public_key_digest) DO NOTHING RETURNING id`,
    [
      candidates.map(({ device }) => device.id),
      candidates.map(({ device }) => device.organisationId),
      candidates.map(({ device }) => device.publicKey),
      candidates.map(({ device }) => device.publicKeyDigest),
      candidates.map(({ device }) => device.registrationKeyId),
      candidates.map(({ device }) => device.enrolledAt),
    ],
  );
  const written = new Set(rows.map(({ id }) => id));
  const certificates = candidates.filter(({ device }) => written.has(device.id)).map(({ certificate }) => certificate);
  await manager.query(
    `INSERT INTO identity.certificates (fingerprint, organisation_id, device_id, issuer, chain, issued_at, not_after)
     SELECT * FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[])`,
    [
      certificates.map(({ fingerprint }) => fingerprint),
      certificates.map(({ organisationId }) => organisationId),
      certificates.map(({ deviceId }) => deviceId),
      certificates.map(({ issuer }) => issuer),
      certificates.map(({ chain }) => chain),
      certificates.map(({ issuedAt }) => issuedAt),
      certificates.map(({ notAfter }) => notAfter),
    ],
  );
  return written;
}

/**
 * Spends uses of a registration key, all or none. Locks its row until the transaction ends: call it last.
 * @returns whether it is active and had as many left
 */
export async function spend(manager: EntityManager, registrationKeyId: string, uses: number): Promise<boolean> {
  const [, affected] = await manager.query<[unknown[], number]>(
    `UPDATE identity.registration_keys SET devices_enrolled = devices_enrolled + $2
      WHERE id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
        AND (device_limit IS NULL OR devices_enrolled + $2 <= device_limit)`,
    [registrationKeyId, uses],
  );
  return affected === 1;
}

import type { X509Certificate } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { authorityChanged, DEFAULT_ORGANISATION_ID } from '@muster/contracts';
import { Database, Outbox } from '@muster/database';
import type { EntityManager } from 'typeorm';
import { AUTHORITY_PARTS, type AuthorityMaterial } from './authority-files';
import { ToldCertificateEntity } from './told-certificate.entity';
import { fingerprint, validTo } from './x509';

/** One at a time, whichever instance: all see the same folder, and each change is told once. */
const LOCK = 'SELECT pg_advisory_xact_lock(hashtextextended($1, 0))';

/**
 * Tells the audit log what changed about the authority since it was last told: also what was done to CA_DIR by hand, and
 * while no key manager ran.
 */
@Injectable()
export class AuthorityFacts {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
  ) {}

  async tell(material: AuthorityMaterial): Promise<void> {
    const now = certificatesOf(material);
    await this.database.unscoped(async (manager) => {
      await manager.query(LOCK, ['identity.told_certificates']);
      const told = await manager.find(ToldCertificateEntity);
      const [known, current] = [new Set(told.map(nameOf)), new Set(now.certificates.map(nameOf))];
      const added = now.certificates.filter((one) => !known.has(nameOf(one)));
      // Of a part that cannot be read now nobody knows whether it changed.
      const removed = told.filter((one) => !current.has(nameOf(one)) && !now.unreadable.has(one.part));
      for (const one of added) await this.add(manager, one, 'added');
      for (const one of removed) await this.add(manager, one, 'removed');
      await manager.save(ToldCertificateEntity, added);
      await manager.remove(ToldCertificateEntity, removed);
    });
  }

  private add(manager: EntityManager, told: ToldCertificateEntity, change: 'added' | 'removed'): Promise<void> {
    const { part, fingerprint: digest, notAfter } = told;
    return this.outbox.add(manager, authorityChanged, {
      organisationId: DEFAULT_ORGANISATION_ID,
      at: new Date().toISOString(),
      ...{ part, change, fingerprint: digest, notAfter: notAfter.toISOString() },
    });
  }
}

const nameOf = ({ part, fingerprint: digest }: ToldCertificateEntity): string => `${part} ${digest}`;

function certificatesOf({ anchors, cross, parts }: AuthorityMaterial) {
  const unreadable = new Set<string>(cross.problems.length > 0 ? ['cross'] : []);
  const certificates = [
    ...anchors.map((root) => rowOf('root', root)),
    ...cross.usable.map((one) => rowOf('cross', one)),
    ...AUTHORITY_PARTS.flatMap((part) => {
      const pair = parts[part];
      if (!('problem' in pair)) return [rowOf(part, pair.certificate)];
      unreadable.add(part);
      return [];
    }),
  ];
  return { certificates, unreadable };
}

const rowOf = (part: string, certificate: X509Certificate): ToldCertificateEntity =>
  Object.assign(new ToldCertificateEntity(), {
    ...{ part, fingerprint: fingerprint(certificate), notAfter: validTo(certificate) },
  });

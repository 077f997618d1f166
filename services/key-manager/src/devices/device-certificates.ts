import { Injectable } from '@nestjs/common';
import { certificateRenewed, type DeviceCertificate } from '@muster/contracts';
import { Database, Outbox } from '@muster/database';
import { Authority, type IssuedCertificate } from '../authority/authority';
import { fingerprint, validTo } from '../authority/x509';
import { CertificateEntity } from './certificate.entity';
import { DeviceEntity } from './device.entity';

/** A new certificate: the row to keep, and what the device gets. */
export interface NewCertificate {
  row: CertificateEntity;
  reply: DeviceCertificate;
}

/** Leases on devices' keys: issued, recorded, and found again. */
@Injectable()
export class DeviceCertificates {
  constructor(
    private readonly database: Database,
    private readonly authority: Authority,
    private readonly outbox: Outbox,
  ) {}

  /** Signs a certificate; the caller stores its row. */
  async issue(device: DeviceEntity): Promise<NewCertificate> {
    const issued = await this.authority.issue(device.id, device.publicKey);
    const row = Object.assign(new CertificateEntity(), {
      ...{ fingerprint: fingerprint(issued.leaf), organisationId: device.organisationId, deviceId: device.id },
      ...{ issuer: issued.issuer, chain: issued.chain, issuedAt: new Date(), notAfter: validTo(issued.leaf) },
    });
    return { row, reply: this.reply(device, issued) };
  }

  /** The certificate that the device should have now: its newest while that needs no renewal, else a new one. */
  async currentFor(device: DeviceEntity, address: string): Promise<DeviceCertificate> {
    const newest = await this.newest(device);
    const issued = newest && this.authority.describe(newest.chain, newest.issuer);
    if (issued && issued.renewAfter > new Date()) return this.reply(device, issued);
    return this.renew(device, address);
  }

  /** A new certificate, unless the newest by today's issuing authority is younger than `leastAgeMs`. */
  async renew(device: DeviceEntity, address: string, leastAgeMs = 0): Promise<DeviceCertificate> {
    const newest = leastAgeMs > 0 ? await this.newest(device) : undefined;
    if (newest && newest.issuedAt.getTime() > Date.now() - leastAgeMs && newest.issuer === this.authority.issuer) {
      return this.reply(device, this.authority.describe(newest.chain, newest.issuer));
    }
    const { row, reply } = await this.issue(device);
    const { organisationId, id: deviceId } = device;
    await this.database.inOrganisation(organisationId, async (manager) => {
      await manager.insert(CertificateEntity, row);
      const fact = { organisationId, at: row.issuedAt.toISOString(), deviceId, notAfter: reply.notAfter };
      await this.outbox.add(manager, certificateRenewed, { ...fact, address: address.slice(0, 64) });
    });
    return reply;
  }

  newest(device: DeviceEntity): Promise<CertificateEntity | null> {
    return this.database.inOrganisation(device.organisationId, (manager) =>
      manager.findOne(CertificateEntity, { where: { deviceId: device.id }, order: { issuedAt: 'DESC' } }),
    );
  }

  private reply(device: DeviceEntity, issued: IssuedCertificate): DeviceCertificate {
    return {
      deviceId: device.id,
      organisationId: device.organisationId,
      chain: issued.chain,
      anchors: this.authority.anchors,
      notAfter: validTo(issued.leaf).toISOString(),
      renewAfter: issued.renewAfter.toISOString(),
    };
  }
}

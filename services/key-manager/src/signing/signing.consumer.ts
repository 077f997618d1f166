import { X509Certificate } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { HandlesRequest } from '@muster/bus';
import {
  type Anchors,
  AppError,
  type AuditHeadSignature,
  listAnchors,
  type Permission,
  type Signatures,
  type SignAuditHead,
  signAuditHead,
  type SignEndpointMap,
  signEndpointMap,
  type SignOperations,
  signOperations,
  type Signed,
  type SignRelease,
  signRelease,
} from '@muster/contracts';
import { Database } from '@muster/database';
import { Log } from '@muster/service-kit';
import { In, IsNull } from 'typeorm';
import { Authority } from '../authority/authority';
import { fingerprint } from '../authority/x509';
import { Credentials } from '../credentials/credentials';
import { DeviceEntity } from '../devices/device.entity';
import { checkAuditHead, checkEndpointMap, checkPayload, checkRelease } from './payloads';

/**
 * Signs for devices, trusting the caller with nothing: it finds out itself who asks, what they may do, whose devices these
 * are and what the text says. Whoever takes over the calling service can do no more than the people who use it.
 */
@Injectable()
export class SigningConsumer {
  private readonly log: Log;

  constructor(
    private readonly authority: Authority,
    private readonly credentials: Credentials,
    private readonly database: Database,
    log: Log,
  ) {
    this.log = log.child({ part: 'signing' });
  }

  @HandlesRequest(signOperations)
  async operations({ credential, permission, payloads }: SignOperations): Promise<Signatures> {
    const by = await this.credentials.authorise(credential, permission as Permission);
    for (const payload of payloads) checkPayload(payload, permission, by.organisationId);
    await this.requireDevices(by.organisationId, [...new Set(payloads.map(({ deviceId }) => deviceId))]);
    const texts = payloads.map(({ payload }) => payload);
    const signed = this.authority.sign('operation', texts);
    const fields = { userId: by.id, credentialId: by.credentialId, permission, count: texts.length };
    this.log.info(fields, 'Signed operations.');
    return signed;
  }

  @HandlesRequest(signEndpointMap)
  async endpointMap({ payload }: SignEndpointMap): Promise<Signatures> {
    const ours = new Set(this.authority.current.anchors.map(fingerprint));
    const others = new Set(this.authority.current.servers.roots.map(fingerprint));
    checkEndpointMap(payload, {
      isOurs: (anchor) => ours.has(fingerprintOf(anchor)),
      isServerRoot: (anchor) => others.has(fingerprintOf(anchor)),
      publicServers: this.authority.current.servers.public,
    });
    return this.authority.sign('endpoint-map', [payload]);
  }

  @HandlesRequest(signAuditHead)
  async auditHead({ payload }: SignAuditHead): Promise<AuditHeadSignature> {
    const { organisationId, number } = checkAuditHead(payload);
    const { signatures, delegation } = this.authority.sign('audit-head', [payload]);
    this.log.info({ organisationId, number }, 'Signed the head of an audit chain.');
    return { signature: signatures[0] ?? '', delegation };
  }

  @HandlesRequest(signRelease)
  async release({ credential, payload }: SignRelease): Promise<Signed> {
    const by = await this.credentials.authorise(credential, 'releases.write');
    const { version, platform, sha256 } = checkRelease(payload, by.organisationId);
    const { signatures, delegation } = this.authority.sign('release', [payload]);
    this.log.info({ userId: by.id, credentialId: by.credentialId, version, platform, sha256 }, 'Signed a release.');
    return { payload, signature: signatures[0] ?? '', delegation };
  }

  @HandlesRequest(listAnchors)
  async anchors(): Promise<Anchors> {
    return { ...this.authority.serverTrust, retired: this.authority.retired };
  }

  /** All or nothing: one device that is not the organisation's, or is revoked, and nothing is signed. */
  private async requireDevices(organisationId: string, deviceIds: string[]): Promise<void> {
    const known = await this.database.inOrganisation(organisationId, (manager) =>
      manager.countBy(DeviceEntity, { id: In(deviceIds), revokedAt: IsNull() }),
    );
    if (known === deviceIds.length) return;
    throw new AppError('permission-denied', 'One of the devices is not in your organisation, or was retired.');
  }
}

function fingerprintOf(pem: string): string {
  try {
    return fingerprint(new X509Certificate(pem));
  } catch {
    return '';
  }
}

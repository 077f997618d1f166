import { Injectable, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Bus } from '@muster/bus';
import {
  AppError,
  EDGE_HEADERS,
  type Principal,
  SESSION_COOKIE,
  type VerifiedCredential,
  verifyCredential,
} from '@muster/contracts';
import { CredentialCache } from './credential-cache';
import { BusDeviceDirectory } from './bus-device-directory';
import { DeviceCertificates } from './device-certificate';
import { DEVICE_DIRECTORY, type DeviceDirectory } from './device-directory';
import { PRINCIPAL_SOURCE, type PrincipalSource } from './principal-source';
import { RevocationList } from './revocation-list';

/** What a connection shows about who is asking. */
export interface Presented {
  headers: Readonly<Record<string, string | string[] | undefined>>;
  cookies: Readonly<Record<string, string | undefined>>;
  address: string;
}

export interface Person {
  principal: Principal;
  verified: VerifiedCredential;
}

/** Finds out who is asking, from the connection alone. */
@Injectable()
export class Identity {
  private readonly certificates = new DeviceCertificates();
  private found?: { source: PrincipalSource; directory?: DeviceDirectory };

  constructor(
    private readonly modules: ModuleRef,
    private readonly bus: Bus,
    private readonly revocations: RevocationList,
  ) {}

  get knowsDevices(): boolean {
    return this.sources.directory !== undefined;
  }

  /** A person by session cookie, or a tool by `Authorization: Bearer` (RFC 6750). @throws AppError `not-signed-in` */
  async person(presented: Presented): Promise<Person> {
    const token = bearerOf(presented.headers['authorization']);
    const session = presented.cookies[SESSION_COOKIE];
    const credential = token ?? session;
    if (!credential || credential.length > 512) throw new AppError('not-signed-in', 'Sign in first.');
    this.requireFresh();
    const kind = token === undefined ? 'session' : 'token';
    const verified = await this.sources.source.verify({ kind, credential, address: presented.address });
    if (this.revocations.isRevoked(kind, verified.credentialId)) {
      throw new AppError('not-signed-in', 'You were signed out. Sign in again.');
    }
    const principal: Principal = {
      kind: kind === 'session' ? 'person' : 'token',
      id: verified.userId,
      organisationId: verified.organisationId,
      assurance: kind === 'session' ? 'password' : 'token',
      permissions: verified.permissions,
      name: verified.name,
      credentialId: verified.credentialId,
      credential,
    };
    return { principal, verified };
  }

  /** A device by the client certificate that the edge verified. */
  async device(presented: Presented): Promise<Principal> {
    const header = presented.headers[EDGE_HEADERS.clientCertificate];
    if (typeof header !== 'string' || header === '') {
      throw new AppError('certificate-required', 'This address needs the client certificate of an enrolled device.');
    }
    const { deviceId, fingerprint } = this.certificates.read(header);
    this.requireFresh();
    if (this.revocations.isRevoked('device', deviceId) || this.revocations.isRevoked('certificate', fingerprint)) {
      throw new AppError('device-revoked', 'This device was retired, or its certificate was revoked.');
    }
    const home = await this.sources.directory?.organisationOf(deviceId);
    if (!home) throw new AppError('device-revoked', 'This device is not known here, or was retired.');
    return {
      kind: 'device',
      id: deviceId,
      organisationId: home.organisationId,
      assurance: 'certificate',
      permissions: [],
      name: deviceId,
      credentialId: fingerprint,
    };
  }

  private requireFresh(): void {
    if (this.revocations.fresh) return;
    throw new AppError('unavailable', 'Who is signed in cannot be checked now. Try again in a moment.', {
      retryAfterSeconds: 5,
    });
  }

  /** What the service provides itself, wherever in its modules; looked up once they are all there. */
  private get sources(): { source: PrincipalSource; directory?: DeviceDirectory } {
    this.found ??= {
      source:
        this.find<PrincipalSource>(PRINCIPAL_SOURCE) ??
        new CredentialCache({ verify: (presented) => this.bus.request(verifyCredential, presented) }, this.revocations),
      directory: this.find<DeviceDirectory>(DEVICE_DIRECTORY) ?? this.find<DeviceDirectory>(BusDeviceDirectory),
    };
    return this.found;
  }

  private find<T>(token: symbol | Type<T>): T | undefined {
    try {
      return this.modules.get<T>(token, { strict: false });
    } catch {
      return undefined;
    }
  }
}

function bearerOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? /^Bearer +([\w.~+/=-]+)$/i.exec(header)?.[1] : undefined;
}

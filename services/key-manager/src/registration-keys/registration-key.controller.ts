import { Controller } from '@nestjs/common';
import {
  AppError,
  createRegistrationKey,
  type CreateRegistrationKey,
  factBy,
  listRegistrationKeys,
  type RegistrationKey,
  registrationKeyCreated,
  type RegistrationKeyList,
  registrationKeyRevoked,
  revokeRegistrationKey,
  type RouteCall,
} from '@muster/contracts';
import { Database, newId, Outbox } from '@muster/database';
import { Handles, Log } from '@muster/service-kit';
import { IsNull } from 'typeorm';
import { Authority } from '../authority/authority';
import { KeyManagerConfig } from '../key-manager.config';
import { newRegistrationKey } from '../secrets/secret';
import { installLines } from './install-lines';
import { RegistrationKeyEntity } from './registration-key.entity';
import { stateOf } from './registration-keys';

/** Registration keys as people see them; who may write keys sees the keys themselves and the lines to paste. */
@Controller()
export class RegistrationKeyController {
  private readonly log: Log;

  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly authority: Authority,
    private readonly config: KeyManagerConfig,
    log: Log,
  ) {
    this.log = log.child({ part: 'registration-keys' });
  }

  @Handles(listRegistrationKeys)
  async list({ principal }: RouteCall<typeof listRegistrationKeys>): Promise<RegistrationKeyList> {
    const rows = await this.database.inOrganisation(principal.organisationId, (manager) =>
      manager.find(RegistrationKeyEntity, { order: { createdAt: 'DESC' }, take: 1000 }),
    );
    const open = principal.permissions.includes('registration-keys.write');
    return { keys: rows.map((row) => (open ? openKey(row, this.authority, this.config) : describeKey(row))) };
  }

  @Handles(createRegistrationKey)
  async create(call: RouteCall<typeof createRegistrationKey>): Promise<RegistrationKey> {
    const { principal, body } = call;
    const row = Object.assign(new RegistrationKeyEntity(), {
      ...{ id: newId(), organisationId: principal.organisationId, name: body.name, key: newRegistrationKey() },
      ...{ groupId: body.groupId ?? null, deviceLimit: body.deviceLimit ?? null, devicesEnrolled: 0 },
      ...{ expiresAt: expiryOf(body), revokedAt: null, createdAt: new Date(), createdBy: principal.name.slice(0, 254) },
    });
    await this.database.inOrganisation(principal.organisationId, async (manager) => {
      await manager.insert(RegistrationKeyEntity, row);
      const about = { registrationKeyId: row.id, name: row.name };
      await this.outbox.add(manager, registrationKeyCreated, { ...factBy(call), ...about });
    });
    this.log.info({ registrationKeyId: row.id, by: principal.id }, 'Created a registration key.');
    return openKey(row, this.authority, this.config);
  }

  @Handles(revokeRegistrationKey)
  async revoke(call: RouteCall<typeof revokeRegistrationKey>): Promise<void> {
    const { principal, params } = call;
    await this.database.inOrganisation(principal.organisationId, async (manager) => {
      const where = { id: params.id };
      const row = await manager.findOneBy(RegistrationKeyEntity, where);
      if (!row) throw new AppError('not-found', 'There is no such registration key.');
      const open = { ...where, revokedAt: IsNull() };
      const { affected } = await manager.update(RegistrationKeyEntity, open, { revokedAt: new Date() });
      const about = { registrationKeyId: row.id, name: row.name };
      if (affected) await this.outbox.add(manager, registrationKeyRevoked, { ...factBy(call), ...about });
    });
    this.log.info({ registrationKeyId: params.id, by: principal.id }, 'Revoked a registration key.');
  }
}

function describeKey(row: RegistrationKeyEntity): RegistrationKey {
  return {
    ...{ id: row.id, name: row.name, devicesEnrolled: row.devicesEnrolled, state: stateOf(row) },
    groupId: row.groupId ?? undefined,
    deviceLimit: row.deviceLimit ?? undefined,
    expiresAt: row.expiresAt?.toISOString(),
    createdAt: row.createdAt.toISOString(),
    createdBy: row.createdBy,
  };
}

/** As who may make keys sees it: whoever has the key itself, or a line that holds it, can enrol devices. */
function openKey(row: RegistrationKeyEntity, authority: Authority, config: KeyManagerConfig): RegistrationKey {
  const where = { host: config.ITSM_WEB_HOST, port: config.EDGE_PORT, addresses: config.ITSM_WEB_IP };
  return { ...describeKey(row), key: row.key, installLines: installLines(row.key, authority.serverTrust, where) };
}

function expiryOf({ expiresAt }: CreateRegistrationKey): Date | null {
  if (!expiresAt) return null;
  const date = new Date(expiresAt);
  if (date > new Date()) return date;
  const problem = 'must be in the future';
  throw new AppError('invalid-input', `The expiry ${problem}.`, { faults: [{ field: 'expiresAt', problem }] });
}

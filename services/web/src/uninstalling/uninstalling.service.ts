import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import {
  AppError,
  type Caller,
  factBy,
  uninstallAsked,
  type UninstallPolicy,
  uninstallPolicyChanged,
  type UninstallToken,
} from '@muster/contracts';
import { Database, Outbox } from '@muster/database';
import type { EntityManager } from 'typeorm';
import { noSuchDevice } from '../devices/device-detail.queries';
import { UninstallPolicyRow } from './uninstall-policy.entity';
import { isUninstallToken, uninstallToken } from './uninstall-token';

const SECRET_BYTES = 32;

/** Whether an agent may be removed from its device: a question to the server, and where wanted one of a token. */
@Injectable()
export class Uninstalling {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
  ) {}

  async policy(organisationId: string): Promise<UninstallPolicy> {
    const row = await this.database.inOrganisation(organisationId, (manager) => rowOf(manager, organisationId));
    return { tokenNeeded: row?.tokenNeeded ?? false };
  }

  change(caller: Caller, { tokenNeeded }: UninstallPolicy): Promise<UninstallPolicy> {
    const { organisationId } = caller.principal;
    return this.database.inOrganisation(organisationId, async (manager) => {
      // One statement, so that of two at once the second sees what the first did. New tokens each time they are needed again.
      const changed: object[] = await manager.query(
        `INSERT INTO core.uninstall_policies AS p (organisation_id, token_needed, secret) VALUES ($1, $2, $3)
         ON CONFLICT (organisation_id) DO UPDATE SET token_needed = $2, secret = $3 WHERE p.token_needed <> $2
         RETURNING 1`,
        [organisationId, tokenNeeded, randomBytes(SECRET_BYTES)],
      );
      if (changed.length > 0)
        await this.outbox.add(manager, uninstallPolicyChanged, { ...factBy(caller), tokenNeeded });
      return { tokenNeeded };
    });
  }

  /** @throws AppError `not-found` when there is no such device in use */
  token(organisationId: string, deviceId: string): Promise<UninstallToken> {
    return this.database.inOrganisation(organisationId, async (manager) => {
      await nameOf(manager, organisationId, deviceId);
      const row = await rowOf(manager, organisationId);
      return row?.tokenNeeded ? { token: uninstallToken(row.secret, deviceId) } : {};
    });
  }

  /** @throws AppError `request-refused` without the token that is needed; the answer is on record either way */
  async ask({ principal, address }: Caller, token: string | undefined): Promise<void> {
    const { organisationId, id: deviceId } = principal;
    const allowed = await this.database.inOrganisation(organisationId, async (manager) => {
      const row = await rowOf(manager, organisationId);
      const may = !row?.tokenNeeded || (token !== undefined && isUninstallToken(token, row.secret, deviceId));
      const name = await nameOf(manager, organisationId, deviceId);
      const at = new Date().toISOString();
      const from = address === undefined ? {} : { address: address.slice(0, 64) };
      await this.outbox.add(manager, uninstallAsked, { organisationId, at, deviceId, name, allowed: may, ...from });
      return may;
    });
    if (allowed) return;
    throw new AppError(
      'request-refused',
      token === undefined
        ? 'Removing the agent from this device needs its uninstall token, which an administrator finds at the device in the console.'
        : 'This is not the uninstall token of this device.',
    );
  }
}

const rowOf = (manager: EntityManager, organisationId: string): Promise<UninstallPolicyRow | null> =>
  manager.findOneBy(UninstallPolicyRow, { organisationId });

async function nameOf(manager: EntityManager, organisationId: string, deviceId: string): Promise<string> {
  const [row]: Array<{ name: string }> = await manager.query(
    'SELECT name FROM core.devices WHERE organisation_id = $1 AND id = $2 AND retired_at IS NULL',
    [organisationId, deviceId],
  );
  if (!row) throw noSuchDevice();
  return row.name;
}

import { Controller } from '@nestjs/common';
import {
  apiTokenCreated,
  type ApiTokenList,
  apiTokenRevoked,
  AppError,
  createApiToken,
  type CreatedApiToken,
  factBy,
  listApiTokens,
  type Principal,
  revokeApiToken,
  type RouteCall,
} from '@muster/contracts';
import { Database, newId, Outbox } from '@muster/database';
import { Handles, Log } from '@muster/service-kit';
import { Revocations } from '../revocations/revocations';
import { digest, newTokenSecret } from '../secrets/secret';
import { beyond, requirePerson } from '../users/grants';
import { UserEntity } from '../users/user.entity';
import { ApiTokenEntity } from './api-token.entity';
import { listTokens } from './tokens.queries';

const LONGEST_MS = 366 * 86_400_000;

/** API tokens: a part of a person's permissions for a tool, for a time. */
@Controller()
export class TokenController {
  private readonly log: Log;

  constructor(
    private readonly database: Database,
    private readonly revocations: Revocations,
    private readonly outbox: Outbox,
    log: Log,
  ) {
    this.log = log.child({ part: 'tokens' });
  }

  @Handles(listApiTokens)
  async list({ principal }: RouteCall<typeof listApiTokens>): Promise<ApiTokenList> {
    const ownerId = managesAll(principal) ? undefined : principal.id;
    const tokens = await this.database.inOrganisation(principal.organisationId, (manager) =>
      listTokens(manager, ownerId),
    );
    return { tokens };
  }

  @Handles(createApiToken)
  async create(call: RouteCall<typeof createApiToken>): Promise<CreatedApiToken> {
    const { principal, body } = call;
    requirePerson(principal);
    const permissions = [...new Set(body.permissions)];
    const lacking = beyond(principal, permissions);
    if (lacking.length > 0) {
      throw new AppError('permission-denied', `You cannot give what you do not have: ${lacking.join(', ')}.`);
    }
    const secret = newTokenSecret();
    const row = Object.assign(new ApiTokenEntity(), {
      ...{ id: newId(), organisationId: principal.organisationId, ownerId: principal.id, name: body.name },
      ...{ secretHash: digest(secret), permissions, createdAt: new Date(), expiresAt: expiryOf(body.expiresAt) },
      lastUsedAt: null,
    });
    const owner = await this.database.inOrganisation(principal.organisationId, async (manager) => {
      await manager.insert(ApiTokenEntity, row);
      await this.outbox.add(manager, apiTokenCreated, { ...factBy(call), tokenId: row.id, name: row.name });
      return manager.findOneByOrFail(UserEntity, { id: principal.id });
    });
    this.log.info({ tokenId: row.id, userId: principal.id, permissions }, 'Created an API token.');
    return {
      ...{ id: row.id, name: row.name, ownerId: owner.id, ownerEmail: owner.email, permissions, secret },
      createdAt: row.createdAt.toISOString(),
      expiresAt: row.expiresAt.toISOString(),
    };
  }

  @Handles(revokeApiToken)
  async revoke(call: RouteCall<typeof revokeApiToken>): Promise<void> {
    const { principal, params } = call;
    const { organisationId } = principal;
    const where = { id: params.id, ...(managesAll(principal) ? {} : { ownerId: principal.id }) };
    await this.database.inOrganisation(organisationId, async (manager) => {
      const token = await manager.findOneBy(ApiTokenEntity, where);
      const { affected } = await manager.delete(ApiTokenEntity, where);
      if (!token || !affected)
        throw new AppError('not-found', 'There is no such API token, or it was revoked already.');
      await this.outbox.add(manager, apiTokenRevoked, { ...factBy(call), tokenId: token.id, name: token.name });
      await this.revocations.add(manager, [{ kind: 'token', id: params.id, organisationId }]);
    });
    this.log.info({ tokenId: params.id, by: principal.id }, 'Revoked an API token.');
  }
}

const managesAll = (principal: Principal): boolean => principal.permissions.includes('tokens.manage');

function expiryOf(text: string): Date {
  const expiresAt = new Date(text);
  const ahead = expiresAt.getTime() - Date.now();
  if (ahead > 0 && ahead <= LONGEST_MS) return expiresAt;
  const problem = 'must be in the future and at most a year from now';
  throw new AppError('invalid-input', `The expiry ${problem}.`, { faults: [{ field: 'expiresAt', problem }] });
}

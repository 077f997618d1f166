import { Injectable } from '@nestjs/common';
import {
  apiTokenRevoked,
  AppError,
  type Caller,
  factBy,
  fieldChanges,
  passwordChanged,
  type Role,
  type UpdateUser,
  userChanged,
  userCreated,
  userDeleted,
} from '@muster/contracts';
import { Database, isUniqueViolation, newId, Outbox } from '@muster/database';
import { Log } from '@muster/service-kit';
import type { EntityManager } from 'typeorm';
import { forgetResets } from '../email/password-reset/forget-resets';
import { newOneTimePassword } from '../passwords/one-time-password';
import { hashPassword } from '../passwords/password-hash';
import { type NewRevocation, Revocations } from '../revocations/revocations';
import { Sessions } from '../sessions/sessions';
import { ApiTokenEntity } from '../tokens/api-token.entity';
import { requireReach } from './grants';
import { UserEntity } from './user.entity';

export interface NewUser {
  organisationId: string;
  email: string;
  name: string;
  role: Role;
}
/** A user with the password that is shown this once. */
export interface WithPassword {
  user: UserEntity;
  oneTimePassword: string;
}

/** People of an organisation: made, changed and removed, within what the one who asks may do. */
@Injectable()
export class Users {
  private readonly log: Log;

  constructor(
    private readonly database: Database,
    private readonly sessions: Sessions,
    private readonly revocations: Revocations,
    private readonly outbox: Outbox,
    log: Log,
  ) {
    this.log = log.child({ part: 'users' });
  }

  /** @param beforeInsert runs in the transaction; what it throws keeps the user from being made */
  async create(
    wanted: NewUser,
    caller: Caller,
    beforeInsert?: (manager: EntityManager) => Promise<void>,
  ): Promise<WithPassword> {
    requireReach(caller.principal, wanted.role);
    const oneTimePassword = newOneTimePassword();
    const row = await newUser(wanted, oneTimePassword);
    try {
      await this.database.inOrganisation(wanted.organisationId, async (manager) => {
        await beforeInsert?.(manager);
        await manager.insert(UserEntity, row);
        const fact = { ...factBy(caller), organisationId: wanted.organisationId };
        await this.outbox.add(manager, userCreated, { ...fact, ...named(row) });
      });
    } catch (error) {
      if (!isUniqueViolation(error, 'users_email')) throw error;
      throw new AppError('conflict', 'Somebody has this e-mail address already. Choose another.', { cause: error });
    }
    this.log.info({ userId: row.id, role: row.role, by: caller.principal.id }, 'Created a user.');
    return { user: row, oneTimePassword };
  }

  async update(caller: Caller, id: string, change: UpdateUser): Promise<UserEntity> {
    const by = caller.principal;
    if (change.role) requireReach(by, change.role);
    const updated = await this.change(caller, id, async (manager, user) => {
      const after = { ...user, ...definedOf(change) };
      const { name, role, disabled } = after;
      if (disabled || role !== 'owner') await keepAnOwner(manager, user);
      const fields = fieldChanges<UserEntity>(user, after, ['name', 'role', 'disabled']);
      if (fields.length === 0) return [];
      await manager.update(UserEntity, { id }, { name, role, disabled });
      await this.outbox.add(manager, userChanged, { ...factBy(caller), ...named(after), fields });
      const ended = disabled && !user.disabled ? await this.sessions.endAll(manager, caller, user) : [];
      const rightsChanged = role !== user.role || disabled !== user.disabled;
      return [...ended, ...(rightsChanged ? [rightsOf(user)] : [])];
    });
    this.log.info({ userId: id, ...definedOf(change), name: undefined, by: by.id }, 'Changed a user.');
    return updated;
  }

  async resetPassword(caller: Caller, id: string): Promise<WithPassword> {
    const oneTimePassword = newOneTimePassword();
    const passwordHash = await hashPassword(oneTimePassword);
    const user = await this.change(caller, id, async (manager, found) => {
      await manager.update(UserEntity, { id }, { passwordHash, mustChangePassword: true });
      await forgetResets(manager, id);
      const about = { userId: id, email: found.email, reset: true };
      await this.outbox.add(manager, passwordChanged, { ...factBy(caller), ...about });
      return [...(await this.sessions.endAll(manager, caller, found)), rightsOf(found)];
    });
    this.log.info({ userId: id, by: caller.principal.id }, 'Reset a password.');
    return { user, oneTimePassword };
  }

  async delete(caller: Caller, id: string): Promise<void> {
    await this.change(caller, id, async (manager, user) => {
      await keepAnOwner(manager, user);
      const tokens = await manager.findBy(ApiTokenEntity, { ownerId: id });
      await manager.delete(ApiTokenEntity, { ownerId: id });
      for (const { id: tokenId, name } of tokens) {
        await this.outbox.add(manager, apiTokenRevoked, { ...factBy(caller), tokenId, name });
      }
      const ended = await this.sessions.endAll(manager, caller, user);
      await manager.delete(UserEntity, { id });
      await this.outbox.add(manager, userDeleted, { ...factBy(caller), ...named(user) });
      const revoked = tokens.map((token) => ({ ...rightsOf(user), kind: 'token' as const, id: token.id }));
      return [...ended, ...revoked, rightsOf(user)];
    });
    this.log.info({ userId: id, by: caller.principal.id }, 'Deleted a user.');
  }

  /** One change to one user under a row lock, with what it revokes. @returns the user as it is after it */
  private change(
    { principal: by }: Caller,
    id: string,
    work: (manager: EntityManager, user: UserEntity) => Promise<NewRevocation[]>,
  ): Promise<UserEntity> {
    return this.database.inOrganisation(by.organisationId, async (manager) => {
      const user = await manager.findOne(UserEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
      if (!user) throw new AppError('not-found', 'There is no such user in your organisation.');
      requireReach(by, user.role);
      const revoked = await work(manager, user);
      if (revoked.length > 0) await this.revocations.add(manager, revoked);
      return (await manager.findOneBy(UserEntity, { id })) ?? user;
    });
  }
}

/** A row for somebody who has to change this password first. */
export async function newUser(wanted: NewUser, password: string): Promise<UserEntity> {
  const { organisationId, name, role } = wanted;
  return Object.assign(new UserEntity(), {
    ...{ id: newId(), organisationId, name, role, email: wanted.email.toLowerCase() },
    ...{ passwordHash: await hashPassword(password), mustChangePassword: true, disabled: false },
    ...{ createdAt: new Date(), lastSignInAt: null },
  });
}

/** Refuses to take the last active owner away. Locks all owners, so that two at once cannot each take the other. */
async function keepAnOwner(manager: EntityManager, user: UserEntity): Promise<void> {
  if (user.role !== 'owner' || user.disabled) return;
  const owners = await manager.find(UserEntity, {
    where: { role: 'owner', disabled: false },
    order: { id: 'ASC' },
    lock: { mode: 'pessimistic_write' },
  });
  if (owners.some((owner) => owner.id !== user.id)) return;
  throw new AppError(
    'conflict',
    'This is the last active owner of the organisation. Make somebody else an owner first.',
  );
}

const named = ({ id, email, name, role }: UserEntity) => ({ userId: id, email, name, role });
const rightsOf = ({ id, organisationId }: UserEntity) => ({ kind: 'user' as const, id, organisationId });

const definedOf = (change: UpdateUser): Partial<UpdateUser> =>
  Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined && value !== null));

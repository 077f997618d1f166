import { Injectable } from '@nestjs/common';
import {
  AppError,
  type Caller,
  factBy,
  type Principal,
  ROLE_PERMISSIONS,
  type Session,
  sessionBegan,
  sessionEnded,
  type SessionList,
} from '@muster/contracts';
import { Database, newId, Outbox } from '@muster/database';
import type { EntityManager, FindOptionsWhere } from 'typeorm';
import { KeyManagerConfig } from '../key-manager.config';
import { Revocations } from '../revocations/revocations';
import { csrfToken, digest, newSecret } from '../secrets/secret';
import { UserEntity } from '../users/user.entity';
import { SessionEntity } from './session.entity';
import { listSessions } from './sessions.queries';

/** Where a person signs in from. */
export interface Client {
  address: string;
  userAgent: string;
}
/** A session with the secret that its cookie carries; the secret is known only now. */
export interface OpenedSession {
  secret: string;
  session: Session;
}

/** Sign-in sessions: opened, ended, and told to everybody when they end before their time. */
@Injectable()
export class Sessions {
  constructor(
    private readonly database: Database,
    private readonly config: KeyManagerConfig,
    private readonly revocations: Revocations,
    private readonly outbox: Outbox,
  ) {}

  async open(manager: EntityManager, user: UserEntity, client: Client): Promise<OpenedSession> {
    const secret = newSecret();
    const now = new Date();
    const row = manager.create(SessionEntity, {
      id: newId(),
      organisationId: user.organisationId,
      userId: user.id,
      secretHash: digest(secret),
      address: client.address.slice(0, 64),
      userAgent: client.userAgent.slice(0, 512),
      startedAt: now,
      lastSeenAt: now,
      expiresAt: new Date(now.getTime() + this.config.SESSION_HOURS * 3_600_000),
    });
    await manager.insert(SessionEntity, row);
    await this.outbox.add(manager, sessionBegan, {
      organisationId: user.organisationId,
      at: now.toISOString(),
      actor: { kind: 'person', id: user.id, name: user.email, address: row.address },
      ...{ sessionId: row.id, userAgent: row.userAgent },
    });
    return { secret, session: describeSession(user, row, secret) };
  }

  /** The session that a request came with. */
  async current(organisationId: string, sessionId: string, secret: string): Promise<Session> {
    return this.database.inOrganisation(organisationId, async (manager) => {
      const row = await manager.findOneBy(SessionEntity, { id: sessionId });
      const user = row && (await manager.findOneBy(UserEntity, { id: row.userId }));
      if (!row || !user) throw new AppError('not-signed-in', 'Your session has ended. Sign in again.');
      return describeSession(user, row, secret);
    });
  }

  /** Sessions of the principal's organisation that are still good; of one user, when given. */
  async list({ organisationId, credentialId }: Principal, userId?: string): Promise<SessionList> {
    const seenAfter = new Date(Date.now() - this.config.SESSION_IDLE_MINUTES * 60_000);
    const sessions = await this.database.inOrganisation(organisationId, (manager) =>
      listSessions(manager, { seenAfter, userId, current: credentialId }),
    );
    return { sessions };
  }

  /** Ends one session of the organisation; of one user, when given. @throws AppError `not-found` */
  async end(caller: Caller, sessionId: string, userId?: string): Promise<void> {
    const { organisationId } = caller.principal;
    await this.database.inOrganisation(organisationId, async (manager) => {
      const where: FindOptionsWhere<SessionEntity> = { id: sessionId, ...(userId ? { userId } : {}) };
      const row = await manager.findOneBy(SessionEntity, where);
      const { affected } = await manager.delete(SessionEntity, where);
      if (!row || !affected) throw new AppError('not-found', 'There is no such session, or it has ended already.');
      const user = await manager.findOneBy(UserEntity, { id: row.userId });
      await this.tell(manager, caller, [row], user ?? { id: row.userId, email: '' });
      await this.revocations.add(manager, [{ kind: 'session', id: sessionId, organisationId }]);
    });
  }

  /** Ends every session of a user in the caller's transaction. @returns what to revoke */
  async endAll(
    manager: EntityManager,
    caller: Caller,
    user: Pick<UserEntity, 'id' | 'email'>,
  ): Promise<Array<{ kind: 'session'; id: string; organisationId: string }>> {
    const rows = await manager.findBy(SessionEntity, { userId: user.id });
    if (rows.length > 0) await manager.delete(SessionEntity, { userId: user.id });
    await this.tell(manager, caller, rows, user);
    return rows.map(({ id, organisationId }) => ({ kind: 'session', id, organisationId }));
  }

  private async tell(
    manager: EntityManager,
    caller: Caller,
    ended: readonly SessionEntity[],
    { id: userId, email }: Pick<UserEntity, 'id' | 'email'>,
  ): Promise<void> {
    for (const { id: sessionId } of ended) {
      await this.outbox.add(manager, sessionEnded, { ...factBy(caller), sessionId, userId, email });
    }
  }
}

const describeSession = (user: UserEntity, row: SessionEntity, secret: string): Session => ({
  id: row.id,
  user: {
    id: user.id,
    email: user.email,
    name: user.name,
    role: user.role,
    organisationId: user.organisationId,
  },
  permissions: [...ROLE_PERMISSIONS[user.role]],
  csrfToken: csrfToken(secret),
  mustChangePassword: user.mustChangePassword,
  expiresAt: row.expiresAt.toISOString(),
});

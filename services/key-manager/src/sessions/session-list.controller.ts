import { Controller } from '@nestjs/common';
import {
  endAnySession,
  endOwnSession,
  listAllSessions,
  listOwnSessions,
  type Principal,
  type RouteCall,
  type SessionList,
} from '@muster/contracts';
import { Database } from '@muster/database';
import { Handles } from '@muster/service-kit';
import { KeyManagerConfig } from '../key-manager.config';
import { listSessions } from './sessions.queries';
import { Sessions } from './sessions';

/** Sessions as lists: the own ones, and everybody's for who may manage them. */
@Controller()
export class SessionListController {
  constructor(
    private readonly database: Database,
    private readonly sessions: Sessions,
    private readonly config: KeyManagerConfig,
  ) {}

  @Handles(listOwnSessions)
  own({ principal }: RouteCall<typeof listOwnSessions>): Promise<SessionList> {
    return this.list(principal, principal.id);
  }

  @Handles(listAllSessions)
  all({ principal }: RouteCall<typeof listAllSessions>): Promise<SessionList> {
    return this.list(principal);
  }

  @Handles(endOwnSession)
  endOwn({ principal, params }: RouteCall<typeof endOwnSession>): Promise<void> {
    return this.sessions.end(principal.organisationId, params.id, principal.id);
  }

  @Handles(endAnySession)
  endAny({ principal, params }: RouteCall<typeof endAnySession>): Promise<void> {
    return this.sessions.end(principal.organisationId, params.id);
  }

  private async list({ organisationId, credentialId }: Principal, userId?: string): Promise<SessionList> {
    const seenAfter = new Date(Date.now() - this.config.SESSION_IDLE_MINUTES * 60_000);
    const sessions = await this.database.inOrganisation(organisationId, (manager) =>
      listSessions(manager, { seenAfter, userId, current: credentialId }),
    );
    return { sessions };
  }
}

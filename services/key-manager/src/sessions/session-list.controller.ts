import { Controller } from '@nestjs/common';
import {
  endAnySession,
  endOwnSession,
  listAllSessions,
  listOwnSessions,
  type RouteCall,
  type SessionList,
} from '@muster/contracts';
import { Handles } from '@muster/service-kit';
import { Sessions } from './sessions';

/** Sessions as lists: the own ones, and everybody's for who may manage them. */
@Controller()
export class SessionListController {
  constructor(private readonly sessions: Sessions) {}

  @Handles(listOwnSessions)
  own({ principal }: RouteCall<typeof listOwnSessions>): Promise<SessionList> {
    return this.sessions.list(principal, principal.id);
  }

  @Handles(listAllSessions)
  all({ principal }: RouteCall<typeof listAllSessions>): Promise<SessionList> {
    return this.sessions.list(principal);
  }

  @Handles(endOwnSession)
  endOwn(call: RouteCall<typeof endOwnSession>): Promise<void> {
    return this.sessions.end(call, call.params.id, call.principal.id);
  }

  @Handles(endAnySession)
  endAny(call: RouteCall<typeof endAnySession>): Promise<void> {
    return this.sessions.end(call, call.params.id);
  }
}

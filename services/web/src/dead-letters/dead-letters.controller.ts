import { Controller } from '@nestjs/common';
import { DeadLetters } from '@muster/bus';
import {
  AppError,
  DEFAULT_ORGANISATION_ID,
  discardDeadLetter,
  listDeadLetters,
  type Principal,
  replayDeadLetter,
  type RouteCall,
  type RouteReply,
} from '@muster/contracts';
import { Handles } from '@muster/service-kit';
import { DeadLetterDecisions } from './dead-letters.service';

/** Events that no service could handle. They are of all organisations, so only the suite's own people see them. */
@Controller()
export class DeadLettersController {
  constructor(
    private readonly letters: DeadLetters,
    private readonly decisions: DeadLetterDecisions,
  ) {}

  @Handles(listDeadLetters)
  async list({ principal, query }: RouteCall<typeof listDeadLetters>): Promise<RouteReply<typeof listDeadLetters>> {
    requireSuite(principal);
    return { deadLetters: await this.letters.list(query), total: await this.letters.count() };
  }

  @Handles(replayDeadLetter)
  replay(call: RouteCall<typeof replayDeadLetter>): Promise<void> {
    requireSuite(call.principal);
    return this.decisions.decide(call, call.params.id, 'replayed');
  }

  @Handles(discardDeadLetter)
  discard(call: RouteCall<typeof discardDeadLetter>): Promise<void> {
    requireSuite(call.principal);
    return this.decisions.decide(call, call.params.id, 'discarded');
  }
}

/** The owner of a customer's organisation has the permission, too, but not over other customers' events. */
function requireSuite(principal: Principal): void {
  if (principal.organisationId === DEFAULT_ORGANISATION_ID) return;
  throw new AppError('permission-denied', 'Dead letters are for owners of the default organisation.');
}

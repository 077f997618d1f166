import { Injectable } from '@nestjs/common';
import { DeadLetters } from '@muster/bus';
import { AppError, type Caller, type DeadLetterHandled, deadLetterHandled, factBy } from '@muster/contracts';
import { Database, Outbox } from '@muster/database';

const DOES: Record<DeadLetterHandled['how'], 'replay' | 'discard'> = { replayed: 'replay', discarded: 'discard' };

/** What people decide about dead letters. */
@Injectable()
export class DeadLetterDecisions {
  constructor(
    private readonly letters: DeadLetters,
    private readonly database: Database,
    private readonly outbox: Outbox,
  ) {}

  /** The letter is handled just before the commit: without a letter handled there is no fact. */
  async decide(caller: Caller, id: string, how: DeadLetterHandled['how']): Promise<void> {
    const [letter] = await this.letters.list({ after: String(BigInt(id) - 1n), size: 1 });
    if (letter?.id !== id) throw new AppError('not-found', `There is no dead letter ${id}.`);
    const { service, subject } = letter;
    await this.database.inOrganisation(caller.principal.organisationId, async (manager) => {
      await this.outbox.add(manager, deadLetterHandled, { ...factBy(caller), how, deadLetterId: id, service, subject });
      await this.letters[DOES[how]](id);
    });
  }
}

import { Injectable } from '@nestjs/common';
import { Database } from '@muster/database';
import { type Candidate, insertDevices, spend } from './enrolment.queries';

/** `known`: the public key was enrolled meanwhile. `refused`: the registration key has no use left, or is not active. */
export type Outcome = 'enrolled' | 'known' | 'refused';

interface Waiting {
  candidate: Candidate;
  resolve: (outcome: Outcome) => void;
  reject: (error: unknown) => void;
}

const MOST_AT_ONCE = 100;

/**
 * Writes enrolments. Each one counts on its registration key's row, whose lock is held until the commit is on the disk, so
 * that one after the other they could be no faster than the disk. So whoever comes while a transaction is under way
 * waits, and the next transaction takes all who wait; with one device at a time nothing waits.
 */
@Injectable()
export class EnrolmentWriter {
  private readonly queues = new Map<string, Waiting[]>();

  constructor(private readonly database: Database) {}

  /** @returns what became of it, once that is committed */
  write(candidate: Candidate): Promise<Outcome> {
    const { registrationKeyId } = candidate.device;
    return new Promise((resolve, reject) => {
      const waiting = { candidate, resolve, reject };
      const queue = this.queues.get(registrationKeyId);
      if (queue) {
        queue.push(waiting);
        return;
      }
      this.queues.set(registrationKeyId, [waiting]);
      void this.drain(registrationKeyId);
    });
  }

  private async drain(registrationKeyId: string): Promise<void> {
    const queue = this.queues.get(registrationKeyId) ?? [];
    while (queue.length > 0) await this.take(queue.splice(0, MOST_AT_ONCE));
    this.queues.delete(registrationKeyId);
  }

  private async take(batch: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await this.together(batch.map(({ candidate }) => candidate));
      if (outcomes) return batch.forEach(({ resolve }, index) => resolve(outcomes[index] ?? 'refused'));
    } catch (error) {
      // It may be one of them only: each gets an answer of its own.
      if (batch.length === 1) return batch.forEach(({ reject }) => reject(error));
    }
    for (const { candidate, resolve, reject } of batch) {
      const alone = this.together([candidate]);
      await alone.then((outcomes) => resolve(outcomes?.[0] ?? 'refused'), reject);
    }
  }

  /** @returns nothing when the registration key did not let all of them in: then none of them is written */
  private async together(candidates: readonly Candidate[]): Promise<Outcome[] | undefined> {
    const [first] = candidates;
    if (!first) return [];
    const { organisationId, registrationKeyId } = first.device;
    try {
      return await this.database.inOrganisation(organisationId, async (manager) => {
        const written = await insertDevices(manager, candidates);
        if (written.size > 0 && !(await spend(manager, registrationKeyId, written.size))) throw new NotActive();
        return candidates.map(({ device }) => (written.has(device.id) ? 'enrolled' : 'known'));
      });
    } catch (error) {
      if (error instanceof NotActive) return undefined;
      throw error;
    }
  }
}

class NotActive extends Error {}

import { setTimeout as pause } from 'node:timers/promises';
import type { DeviceDirectory } from '@muster/service-kit';
import type { Revocations } from '../features/sasl-external';

export interface LookupLimits {
  /** Seconds that an answer may take. */
  patienceSeconds: number;
  /** Seconds for which nobody is asked after an answer that did not come. */
  pauseSeconds: number;
}

/**
 * Which device ids are accounts: those that are enrolled and not revoked. The directory, which remembers, asks web over the
 * bus. Without an answer, as while the link is cut, an id that is not revoked counts as a device: the broker goes on
 * working by itself, and what strays then is bounded as all that waits is.
 */
export class EnrolledDevices {
  #askAgainAt = 0;

  constructor(
    private readonly directory: DeviceDirectory,
    private readonly revocations: Revocations,
    private readonly limits: LookupLimits,
    private readonly now: () => number = Date.now,
  ) {}

  async has(id: string): Promise<boolean> {
    if (this.revocations.isRevoked('device', id)) return false;
    if (this.now() < this.#askAgainAt) return true;
    const answer = await this.#ask(id);
    if (answer === undefined) this.#askAgainAt = this.now() + this.limits.pauseSeconds * 1000;
    return answer ?? true;
  }

  /** @returns undefined when there is no answer */
  async #ask(id: string): Promise<boolean | undefined> {
    const impatience = new AbortController();
    const { signal } = impatience;
    const tooLate = pause(this.limits.patienceSeconds * 1000, undefined, { signal, ref: false }).catch(() => undefined);
    try {
      return await Promise.race([this.directory.organisationOf(id).then((home) => home !== undefined), tooLate]);
    } catch {
      return undefined;
    } finally {
      impatience.abort();
    }
  }
}

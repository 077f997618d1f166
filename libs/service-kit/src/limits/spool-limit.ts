import { AppError, type Principal } from '@muster/contracts';
import { Recent } from './recent';

const MOST_REMEMBERED = 200_000;
/** A new spool waits for an old one to be forgotten, which takes days. */
const RETRY_SECONDS = 3600;

/** The spools of a device that have a row in the service's database. */
export type KnownSpools = (device: Principal) => Promise<readonly string[]>;

/**
 * So many spools for each device. None of its spools could be forgotten for a new one: what was taken out of it would
 * count as new when it came again. A device has one spool for years, so the database is asked only when a device comes
 * with a second one; a restart of this process therefore lets one more through.
 */
export class SpoolLimit {
  private readonly seen: Recent<string[]>;

  constructor(
    private readonly most: number,
    private readonly known: KnownSpools,
    mostRemembered = MOST_REMEMBERED,
  ) {
    this.seen = new Recent(mostRemembered);
  }

  /** Whether the device is known to have the spool, without looking further; the first one counts as known. */
  admits(device: Principal, spool: string): boolean {
    const seen = this.seen.get(device.id);
    if (seen) return seen.includes(spool);
    this.seen.set(device.id, [spool]);
    return true;
  }

  /** @throws AppError `too-many-requests` when the spool is new, and one too many */
  async admit(device: Principal, spool: string): Promise<void> {
    // While the database is away, what this process has seen is all there is to go by.
    const known = await this.known(device).catch((): string[] => []);
    const all = [...new Set([...known, ...(this.seen.get(device.id) ?? [])])];
    if (!all.includes(spool)) {
      if (all.length >= this.most) {
        const problem = `This device has ${this.most} spools already, and may not begin another.`;
        throw new AppError('too-many-requests', problem, { retryAfterSeconds: RETRY_SECONDS });
      }
      all.push(spool);
    }
    this.seen.set(device.id, all);
  }
}

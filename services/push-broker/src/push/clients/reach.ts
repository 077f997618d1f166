import type { Jid } from '../../core/jid';
import type { Groups } from '../groups';

const GROUP = 'group:';

/** Whom a key may send to: `*`, accounts, beginnings of account names (`lab-*`), groups (`group:lab`). */
export class Reach {
  readonly #all: boolean;
  readonly #accounts = new Set<string>();
  readonly #beginnings: string[] = [];
  readonly #groups: string[] = [];

  constructor(targets: readonly string[]) {
    this.#all = targets.includes('*');
    for (const target of targets) {
      if (target.startsWith(GROUP)) this.#groups.push(target.slice(GROUP.length));
      else if (target.endsWith('*')) this.#beginnings.push(target.slice(0, -1).toLowerCase());
      else this.#accounts.add(target.toLowerCase());
    }
  }

  reaches({ local, bare }: Jid, groups: Groups): boolean {
    return (
      this.#all ||
      (local !== '' &&
        (this.#accounts.has(local) ||
          this.#beginnings.some((beginning) => local.startsWith(beginning)) ||
          this.#groups.some((group) => groups.has(group, bare))))
    );
  }

  reachesGroup(name: string): boolean {
    return this.#all || this.#groups.includes(name);
  }
}

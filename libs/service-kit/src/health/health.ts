/** How long a check may take before it counts as failed, in milliseconds. */
const CHECK_TIMEOUT = 3_000;

export interface Readiness {
  ready: boolean;
  /** Each check by name; all are true when the service is ready. */
  checks: Record<string, boolean>;
  /** What the service does without while it is false. */
  details?: Record<string, boolean>;
}

/** Whether the service can work now. Parts add what they need; the supervisor and the edge ask. */
export class Health {
  private readonly checks = new Map<string, () => boolean | Promise<boolean>>();
  private readonly details = new Map<string, () => boolean | Promise<boolean>>();
  private readonly drains: Array<() => void> = [];
  private stopping = false;

  add(name: string, check: () => boolean | Promise<boolean>): void {
    this.checks.set(name, check);
  }

  /** Something that works or does not, and without which the service does the rest: shown, but no reason to be unready. */
  inform(name: string, check: () => boolean | Promise<boolean>): void {
    this.details.set(name, check);
  }

  /** From now on not ready: no new work, what runs is finished. */
  drain(): void {
    if (this.stopping) return;
    this.stopping = true;
    for (const listener of this.drains) listener();
  }

  /** Calls the listener when the service begins to stop: say good-bye to those who stay connected. */
  onDrain(listener: () => void): void {
    this.drains.push(listener);
  }

  async readiness(): Promise<Readiness> {
    const [results, details] = await Promise.all([run(this.checks), run(this.details)]);
    const checks = { running: !this.stopping, ...results };
    const ready = Object.values(checks).every(Boolean);
    return { ready, checks, ...(this.details.size > 0 ? { details } : {}) };
  }
}

async function run(checks: ReadonlyMap<string, () => boolean | Promise<boolean>>): Promise<Record<string, boolean>> {
  const results = [...checks].map(async ([name, check]) => [name, await passes(check)] as const);
  return Object.fromEntries(await Promise.all(results));
}

async function passes(check: () => boolean | Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), CHECK_TIMEOUT)));
  try {
    return await Promise.race([Promise.resolve(check()), late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

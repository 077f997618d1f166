import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** Where the agent keeps what it must not forget. Everything below is readable by its own user only. */
export class StateFolder {
  constructor(readonly path: string) {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  }

  readonly lock = this.file('agent.lock');
  readonly status = this.file('status.json');
  readonly deviceKey = this.file('device.key');
  /** Put here by an installer; gone once it has opened enrolment. */
  readonly registrationKey = this.file('registration.key');
  readonly identity = this.file('identity.json');
  readonly trust = this.file('trust.json');
  readonly clock = this.file('clock.json');
  readonly journal = this.file('journal.log');
  readonly facts = this.file('facts.sha256');
  readonly outputs = this.file('output');
  readonly runs = this.file('runs');
  /** A spool for each function that reports go to. */
  readonly reports = this.file('reports');
  readonly inventory = this.file('inventory.json');
  /** Packages of releases while they come. */
  readonly packages = this.file('packages');
  /** Version of the agent that ran here last. */
  readonly version = this.file('version');

  private file(name: string): string {
    return join(this.path, name);
  }
}

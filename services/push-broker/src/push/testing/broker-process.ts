import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Child } from '@muster/testing';

const PROJECT = resolve(import.meta.dirname, '../../../../..');

/** The broker in a process of its own, made of this source, so that it can be killed. */
export class BrokerProcess {
  #child: Child | undefined;

  private constructor(private readonly folder: string) {}

  /** Bundles it, which takes some seconds. */
  static make(): BrokerProcess {
    const folder = mkdtempSync(join(tmpdir(), 'muster-broker-process-'));
    execFileSync(process.execPath, ['tools/bundle.mjs', 'services/push-broker', folder], {
      cwd: PROJECT,
      stdio: 'pipe',
    });
    return new BrokerProcess(folder);
  }

  start(environment: Record<string, string>): void {
    const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    this.#child = new Child('/usr/bin/env', [...variables, process.execPath, join(this.folder, 'main.mjs')]);
  }

  /** What it printed, for failures. */
  get output(): string {
    return this.#child?.lastOutput ?? '';
  }

  /** At once, in the middle of whatever it does. */
  async kill(): Promise<void> {
    await this.#child?.stop('SIGKILL');
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

import { setTimeout as pause } from 'node:timers/promises';
import { shownBy, type TlsPlace } from '../certificates/served';
import { CliError, EXIT } from '../core/exit-codes';
import { configHash, type Container, type Engine, runs } from './engine';
import { PauseWatch } from './pause-watch';
import type { Replacer } from './replace';
import type { ComposeProject, Target } from './stack-files';

/** A pause of what cannot run twice. */
export interface Pause {
  services: string[];
  /** For which it did not answer, as measured, within some tenths of a second. Absent: the upgrade was interrupted in it. */
  seconds?: number;
}

/** Told of pauses as they begin and end, so that they are known whatever comes in between. */
export interface PauseLog {
  begins(services: readonly string[]): void;
  ended(pause: Pause): void;
}

/** For what nobody reports. */
export const noPauseLog: PauseLog = { begins: () => undefined, ended: () => undefined };

const EVERY_MS = 500;

/** Makes containers anew that hold a port or data of which there is one: with a pause, which is measured. */
export class Recreator {
  constructor(
    private readonly engine: Engine,
    private readonly compose: ComposeProject,
    private readonly replacer: Replacer,
    /** Where a service answers on this machine, by its name; others are asked by their own health check. */
    private readonly published: Readonly<Record<string, TlsPlace>>,
    private readonly readySeconds: number,
  ) {}

  /** @returns undefined when nothing has changed. @throws CliError when a new container does not become ready */
  async recreate(services: readonly string[], target: Target, log = noPauseLog): Promise<Required<Pause> | undefined> {
    const changed = await this.changed(services, target);
    if (changed.length === 0) return undefined;
    log.begins(changed);
    const main = changed.find((service) => this.published[service]) ?? changed.at(-1) ?? '';
    const watch = new PauseWatch(() => this.answers(main));
    let seconds = 0;
    try {
      await this.compose.run(target, ['up', '--detach', '--no-deps', ...changed]);
      for (const service of changed) {
        for (const one of await this.engine.containers(service))
          await this.replacer.waitUntilReady(one, target.version);
      }
    } finally {
      seconds = await watch.end(this.readySeconds * 1000);
    }
    const measured = { services: changed, seconds };
    log.ended(measured);
    return measured;
  }

  /** Runs what ends by itself. @throws CliError when it fails */
  async runOnce(service: string, target: Target): Promise<void> {
    await this.compose.run(target, ['up', '--detach', '--no-deps', service]);
    const end = Date.now() + this.readySeconds * 1000;
    for (;;) {
      const last = (await this.engine.containers(service)).at(-1);
      if (last?.State.Status === 'exited' && last.State.ExitCode === 0) return;
      if (last?.State.Status === 'exited' || Date.now() > end) {
        const words = last ? await this.engine.lastWords(last) : '';
        throw new CliError(EXIT.unavailable, `${service} ${target.version} failed: ${words || 'it did not end'}`);
      }
      await pause(EVERY_MS);
    }
  }

  /** Every container that runs is ready: those that lost NATS or the database have found them again. */
  async settled(version: string): Promise<void> {
    const containers = (await this.engine.containers()).filter((one) => runs(one));
    for (const one of containers) await this.replacer.waitUntilReady(one, version);
  }

  /** As compose itself decides it. */
  private async changed(services: readonly string[], target: Target): Promise<string[]> {
    const hashes = await this.compose.hashes(target);
    const upToDate = (service: string, container: Container): boolean =>
      runs(container) && configHash(container) === hashes.get(service);
    const found = await Promise.all(
      services.map(async (service) => {
        const containers = await this.engine.containers(service);
        return { service, same: containers.length > 0 && containers.every((one) => upToDate(service, one)) };
      }),
    );
    return found.filter(({ same }) => !same).map(({ service }) => service);
  }

  private async answers(service: string): Promise<boolean> {
    const place = this.published[service];
    if (place) return shownBy(place).then(() => true);
    const container = (await this.engine.containers(service)).find(runs);
    return container !== undefined && this.engine.isReady(container);
  }
}

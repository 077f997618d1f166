import { readFileSync } from 'node:fs';
import type { Terminal } from '../core/terminal';
import { servicesIn } from '../setup/compose-file';
import { readEnvFile } from '../setup/env-file';
import { type Engine, runs, serviceName } from './engine';
import { imageName, isSingle, type Planned, plannedServices, type Step, stepsOf } from './plan';
import { noPauseLog, type Pause, type PauseLog, type Recreator } from './recreate';
import type { Release } from './release';
import type { Replaced, Replacer } from './replace';
import type { ComposeProject, Target } from './stack-files';
import { stageFiles } from './staged-files';

export interface RolloutReport {
  replaced: Replaced[];
  pauses: Pause[];
}

interface Report extends RolloutReport {
  log: PauseLog;
}

export interface RolloutParts {
  engine: Engine;
  compose: ComposeProject;
  replacer: Replacer;
  recreator: Recreator;
  terminal: Terminal;
}

/** Takes a stack from the containers of one version to those of another, step by step, and back again. */
export class Rollout {
  private readonly begun: Step[] = [];

  constructor(private readonly parts: RolloutParts) {}

  /** Writes the next version's files; what does the same as in the release keeps its container. */
  async stage(compose: string, { manifest }: Release): Promise<Target> {
    const { engine, compose: project } = this.parts;
    const pins = new Map<string, string>();
    for (const container of (await engine.containers()).filter(runs)) {
      const name = imageName(container.Config.Image);
      const signed = manifest.images.find((image) => image.name === name)?.fingerprint;
      if (!isSingle(name) || (await engine.fingerprint(container.Image)) !== signed) continue;
      pins.set(name, container.Config.Image);
    }
    return stageFiles(project.folder, { version: manifest.version, compose, pins });
  }

  /**
   * @returns what this run did; of one that was interrupted before, `log` knows the pauses
   * @throws CliError when something of the next version does not become ready; then `back` is to be called
   */
  async forward(next: Target, log = noPauseLog): Promise<RolloutReport> {
    const services = await this.services(next);
    const report: Report = { replaced: [], pauses: [], log };
    this.begun.length = 0;
    for (const step of stepsOf(services)) {
      this.begun.push(step);
      await this.take(step, services, next, report);
    }
    await this.settle(next);
    return { replaced: report.replaced, pauses: report.pauses };
  }

  /** Undoes what `forward` did, the last first. What the previous version does not have is removed. */
  async back(previous: Target): Promise<void> {
    const services = await this.services(previous);
    const known = new Set(services.map(({ service }) => service));
    for (const step of [...this.begun].reverse()) {
      const left = { ...step, services: step.services.filter((service) => known.has(service)) };
      if (left.services.length > 0) {
        await this.take(left, services, previous, { replaced: [], pauses: [], log: noPauseLog });
      }
    }
    await this.removeOrphans(previous);
    await this.settle(previous);
  }

  /** Removes containers of services that a version does not have. */
  async removeOrphans(target: Target): Promise<void> {
    const { engine, replacer } = this.parts;
    const known = new Set(this.named(target));
    const orphans = (await engine.containers()).filter((container) => !known.has(serviceName(container)));
    for (const container of orphans) await replacer.retire(container);
  }

  private async take(step: Step, services: readonly Planned[], target: Target, report: Report): Promise<void> {
    const { replacer, recreator, terminal } = this.parts;
    const names = step.services.join(', ');
    if (step.kind === 'run') {
      terminal.progress(`${names} …`);
      for (const service of step.services) await recreator.runOnce(service, target);
      return;
    }
    if (step.kind === 'recreate') {
      const pause = await recreator.recreate(step.services, target, report.log);
      if (!pause) return;
      report.pauses.push(pause);
      terminal.progress(`${pause.services.join(', ')}: made anew, did not answer for ${pause.seconds.toFixed(1)} s.`);
      return this.settle(target);
    }
    for (const { service, image } of services.filter((one) => step.services.includes(one.service))) {
      terminal.progress(`${service} …`);
      const replaced = await replacer.replace(service, target, image);
      report.replaced.push(replaced);
      terminal.progress(`${service}: ${target.version} works, after ${replaced.seconds.toFixed(1)} s.`);
    }
  }

  private settle(target: Target): Promise<void> {
    return this.parts.recreator.settled(target.version);
  }

  private named({ composeFile }: Target): string[] {
    return servicesIn(readFileSync(composeFile, 'utf8'), composeFile);
  }

  private async services(target: Target): Promise<Planned[]> {
    const profiles = (readEnvFile(target.envFile)['COMPOSE_PROFILES'] ?? '').split(',');
    return plannedServices(await this.parts.compose.run(target, ['config']), this.named(target), profiles);
  }
}

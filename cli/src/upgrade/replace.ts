import { setTimeout as pause } from 'node:timers/promises';
import { CliError, EXIT } from '../core/exit-codes';
import type { Edge } from './edge';
import { type Container, type Engine, runs, serviceName } from './engine';
import type { ComposeProject, Target } from './stack-files';

export interface Patience {
  /** Seconds that a new container has to become ready. */
  readySeconds: number;
  /** Seconds that requests at work have before the old container is told to stop, which finishes the rest itself. */
  drainSeconds: number;
}

/** What became of one service. */
export interface Replaced {
  service: string;
  containers: number;
  seconds: number;
  /** Connections that the old containers were left with when they were told to stop: long transfers and WebSockets. */
  handedOver: number;
}

const EVERY_MS = 500;
/** A container that ended this often will end again. */
const MANY_RESTARTS = 3;

/** Replaces services one by one while they work. Everything is decided by what runs, so that it can begin again anywhere. */
export class Replacer {
  constructor(
    private readonly engine: Engine,
    private readonly compose: ComposeProject,
    private readonly edge: Edge,
    private readonly patience: Patience,
  ) {}

  /**
   * Starts as many new containers as there are old ones, waits until each is ready and gets requests, then drains and
   * removes the old ones. @param image which the target's containers have
   * @throws CliError when a new one does not become ready; then the old ones are as they were
   */
  async replace(service: string, target: Target, image: string): Promise<Replaced> {
    const since = Date.now();
    const of = ({ Config }: Container): boolean => Config.Image === image;
    const before = await this.engine.containers(service);
    // What an interrupted run left behind, or an administrator stopped: compose would start it again.
    for (const ended of before.filter((one) => !runs(one))) await this.discard(ended);
    const alive = before.filter(runs);
    const old = alive.filter((one) => !of(one));
    const wanted = Math.max(1, old.length, alive.length - old.length);
    const missing = wanted - (alive.length - old.length);
    if (missing > 0) await this.start(service, target, alive.length + missing);
    const fresh = (await this.engine.containers(service)).filter(of);
    for (const one of fresh) await this.waitUntilReady(one, target.version);
    for (const one of fresh) await this.edge.takeIn(one, service);
    let handedOver = 0;
    for (const one of old) handedOver += await this.retire(one);
    return { service, containers: fresh.length, handedOver, seconds: (Date.now() - since) / 1000 };
  }

  /** Drains a container, stops it and removes it. @returns connections that it was left with */
  async retire(container: Container): Promise<number> {
    const left = await this.edge.leaveOut(container, this.patience.drainSeconds);
    await this.engine.remove(container);
    await this.edge.forget(container);
    return left;
  }

  async waitUntilReady(container: Container, version: string): Promise<void> {
    const end = Date.now() + this.patience.readySeconds * 1000;
    for (;;) {
      const [now] = await this.engine.again([container]);
      if (now && runs(now) && (await this.engine.isReady(now))) return;
      const hopeless = !now || now.State.Status === 'exited' || now.RestartCount >= MANY_RESTARTS;
      if (hopeless || Date.now() > end) throw await this.notReady(container, version, hopeless);
      await pause(EVERY_MS);
    }
  }

  private start(service: string, target: Target, count: number): Promise<string> {
    return this.compose.run(target, [
      ...['up', '--detach', '--no-deps', '--no-recreate', '--scale', `${service}=${count}`],
      service,
    ]);
  }

  private async discard(container: Container): Promise<void> {
    await this.engine.discard(container);
    await this.edge.forget(container);
  }

  private async notReady(container: Container, version: string, hopeless: boolean): Promise<CliError> {
    const words = await this.engine.lastWords(container);
    const what = hopeless ? 'ends again and again' : `was not ready within ${this.patience.readySeconds} seconds`;
    return new CliError(
      EXIT.unavailable,
      `${serviceName(container)} ${version} ${what}${words ? `; the last it said: ${words}` : ''}`,
    );
  }
}

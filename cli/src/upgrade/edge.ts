import { setTimeout as pause } from 'node:timers/promises';
import { CliError, EXIT } from '../core/exit-codes';
import { addressesOf, type Container, type Engine, runs } from './engine';

/** Name of the edge in the compose file. */
export const EDGE = 'web';

/** A line of `muster-upstreams`. */
interface Upstream {
  host: string;
  address: string;
  /** It gets new requests. */
  used: boolean;
  /** Connections from the edge that are open. */
  connections: number;
}

const EVERY_MS = 300;
/** It looks every three seconds, and asks each new process for at most as long. */
const TAKE_MS = 60_000;
/** As often in a row must there be no connection: the processes of nginx change over one after the other. */
const CALM = 2;

/** The edge of a running stack, as far as it is told which processes of a service it may use. */
export class Edge {
  constructor(private readonly engine: Engine) {}

  /** Waits until a ready process gets requests. One that is not behind the edge has none to get. */
  async takeIn(container: Container, service: string): Promise<void> {
    await this.tell('look', []);
    await this.until(TAKE_MS, async () => {
      const mine = (await this.upstreams()).filter(({ host }) => host === service);
      return mine.length === 0 || mine.some(({ address, used }) => used && addressesOf(container).includes(address));
    }).catch(() => {
      throw new CliError(
        EXIT.unavailable,
        `The edge did not take over the new ${service} within ${TAKE_MS / 1000} seconds.`,
        'See "muster logs web".',
      );
    });
  }

  /**
   * Sends nothing new to a process and waits for what it works on, for some time: the rest is its own to finish.
   * @returns connections that were left
   */
  async leaveOut(container: Container, drainSeconds: number): Promise<number> {
    const addresses = addressesOf(container);
    if (addresses.length === 0) return 0;
    const mine = async (): Promise<Upstream[]> =>
      (await this.upstreams()).filter(({ address }) => addresses.includes(address));
    if ((await mine()).length === 0) return 0;
    await this.tell('leave-out', addresses);
    await this.until(TAKE_MS, async () => (await mine()).every(({ used }) => !used)).catch(() => {
      throw new CliError(
        EXIT.unavailable,
        'The edge still sends requests to the old process.',
        'See "muster logs web".',
      );
    });
    let [left, calm] = [0, 0];
    await this.until(drainSeconds * 1000, async () => {
      left = (await mine()).reduce((sum, { connections }) => sum + connections, 0);
      calm = left === 0 ? calm + 1 : 0;
      return calm >= CALM;
    }).catch(() => undefined);
    return left;
  }

  /** Docker gives the addresses of removed containers to new ones. */
  async forget(container: Container): Promise<void> {
    const addresses = addressesOf(container);
    if (addresses.length > 0) await this.tell('forget', addresses);
  }

  private async upstreams(): Promise<Upstream[]> {
    const edge = await this.container();
    if (!edge) return []; // nobody sends requests at all
    const { code, output, errors } = await this.engine.exec(edge, 'muster-upstreams');
    if (code !== 0)
      throw new CliError(EXIT.unavailable, `The edge does not say where it sends requests: ${errors.trim()}`);
    return output.split('\n').flatMap((line) => {
      const [host, address, state, connections] = line.split(' ');
      return host && address ? [{ host, address, used: state === 'in', connections: Number(connections) }] : [];
    });
  }

  private async tell(verb: 'look' | 'leave-out' | 'forget', addresses: readonly string[]): Promise<void> {
    const edge = await this.container();
    if (edge) await this.engine.exec(edge, 'muster-upstreams', verb, ...addresses);
  }

  private async container(): Promise<Container | undefined> {
    return (await this.engine.containers(EDGE)).find(runs);
  }

  /** @throws Error after that time */
  private async until(milliseconds: number, holds: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + milliseconds;
    while (!(await holds())) {
      if (Date.now() > end) throw new Error('not in time');
      await pause(EVERY_MS);
    }
  }
}

import { spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, until } from './commands';
import type { Place, Topology } from './topology';

/** A Docker engine of its own for one server: data, socket and network are no other's. */
export class Engine {
  readonly host: string;

  constructor(
    private readonly work: string,
    private readonly name: string,
    readonly place: Exclude<Place, 'devices'>,
    private readonly topology: Topology,
  ) {
    this.host = `unix://${join(this.folder, 'docker.sock')}`;
  }

  private get folder(): string {
    return join(this.work, this.place);
  }

  get environment(): NodeJS.ProcessEnv {
    return { ...process.env, DOCKER_HOST: this.host };
  }

  /** @throws Error with what the engine said when it does not come up */
  async start(): Promise<void> {
    mkdirSync(this.folder, { recursive: true });
    const log = join(this.folder, 'dockerd.log');
    const output = openSync(log, 'a');
    const options = {
      '--data-root': join(this.folder, 'data'),
      '--exec-root': join(this.folder, 'exec'),
      '--pidfile': join(this.folder, 'docker.pid'),
      '--host': this.host,
      '--cgroup-parent': `/${this.name}-${this.place}`,
      '--log-level': 'warn',
    };
    const args = [...this.topology.at(this.place), 'dockerd', ...Object.entries(options).flat()];
    const daemon = spawn('nsenter', args, { detached: true, stdio: ['ignore', output, output] });
    let ended = false;
    daemon.once('exit', () => (ended = true));
    daemon.unref();
    await until(
      'the engine answers',
      async () => ended || (await run('docker', ['version'], { env: this.environment })) !== '',
    ).catch(() => (ended = true));
    if (ended) {
      const said = readFileSync(log, 'utf8').trim().split('\n').slice(-8).join('\n');
      throw new Error(`No Docker engine can be started here, and these tests need two. dockerd said:\n${said}`);
    }
  }

  docker(...args: string[]): Promise<string> {
    return run('docker', args, { env: this.environment });
  }

  /** Copies images to another engine, as a registry would. */
  async give(other: Engine, images: string[]): Promise<void> {
    await run('sh', [
      '-c',
      'docker -H "$1" save $3 | docker -H "$2" load',
      'sh',
      this.host,
      other.host,
      images.join(' '),
    ]);
  }
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { project, type Ran, ran, run } from './commands';
import type { Engine } from './engine';
import { VERSION } from './images';
import type { Topology } from './topology';

/** What the tests look at of a container. */
export interface Inspected {
  State: { Status: string; StartedAt: string; ExitCode: number; Health?: { Status: string } };
  Id: string;
  Config: { User: string; Image: string; Labels: Record<string, string> };
  HostConfig: {
    ReadonlyRootfs: boolean;
    Privileged: boolean;
    CapDrop: string[] | null;
    CapAdd: string[] | null;
    SecurityOpt: string[] | null;
    Memory: number;
    RestartPolicy: { Name: string };
    LogConfig: { Type: string; Config: Record<string, string> };
  };
}

/** One of the two servers: its folder, its engine, and what a system administrator does there. */
export class Server {
  readonly folder: string;

  constructor(
    private readonly work: string,
    readonly engine: Engine,
    private readonly topology: Topology,
  ) {
    this.folder = join(work, engine.place, 'server');
  }

  /** `muster …` as somebody who is signed in at this server. */
  muster(...args: string[]): Promise<Ran> {
    return ran('nsenter', this.musterCommand(args), { cwd: project, env: this.musterEnvironment });
  }

  /** `muster …` where a file stands in the place of `/etc/hosts`. */
  musterKnowing(hostsFile: string, ...args: string[]): Promise<Ran> {
    const [place = '', ...command] = this.musterCommand(args);
    const mount = 'mount --bind "$1" /etc/hosts && shift && exec "$@"';
    const there = [place, 'unshare', '--mount', 'sh', '-c', mount, 'sh', hostsFile, ...command];
    return ran('nsenter', there, { cwd: project, env: this.musterEnvironment });
  }

  /** `muster …` of another version. */
  musterOf(version: string, ...args: string[]): Promise<Ran> {
    const env = { ...this.musterEnvironment, MUSTER_VERSION: version };
    return ran('nsenter', this.musterCommand(args), { cwd: project, env });
  }

  /** `muster …`, killed as soon as it says something. @returns what it said until then */
  async musterKilledAt(words: string, ...args: string[]): Promise<string> {
    const child = spawn('nsenter', this.musterCommand(args), { cwd: project, env: this.musterEnvironment });
    let said = '';
    child.stderr.on('data', (piece: Buffer) => {
      said += piece.toString();
      if (said.includes(words)) child.kill('SIGKILL');
    });
    await once(child, 'close');
    return said;
  }

  private musterCommand(args: string[]): string[] {
    return [...this.topology.at(this.engine.place), process.execPath, join(this.work, 'cli/main.mjs'), ...args];
  }

  private get musterEnvironment(): NodeJS.ProcessEnv {
    return { ...this.engine.environment, MUSTER_VERSION: VERSION };
  }

  /** `docker-compose …` in the server's folder. */
  compose(...args: string[]): Promise<string> {
    return run('docker-compose', args, { cwd: this.folder, env: this.engine.environment });
  }

  /** The version that runs; undefined where nothing is set up. */
  get version(): string | undefined {
    const file = join(this.folder, '.env');
    if (!existsSync(file)) return undefined;
    return [...readFileSync(file, 'utf8').matchAll(/^MUSTER_VERSION=(.*)$/gm)].at(-1)?.[1];
  }

  set(variable: string, value: string): void {
    appendFileSync(join(this.folder, '.env'), `\n${variable}=${value}\n`);
  }

  secret(name: string): string {
    return readFileSync(join(this.folder, 'secrets', name), 'utf8').trim();
  }

  /** Containers by the name of their service, ended ones too. */
  async containers(): Promise<Map<string, Inspected>> {
    const ids = await this.ids();
    if (ids.length === 0) return new Map();
    const inspected = JSON.parse(await this.engine.docker('inspect', ...ids)) as Inspected[];
    return new Map(inspected.map((one) => [one.Config.Labels['com.docker.compose.service'] ?? '', one]));
  }

  /** Services that neither run well nor have ended well. */
  async unwell(): Promise<string[]> {
    const containers = [...(await this.containers())];
    const well = ({ State }: Inspected): boolean =>
      State.Health ? State.Health.Status === 'healthy' : State.Status === 'exited' && State.ExitCode === 0;
    return containers
      .filter(([, one]) => !well(one))
      .map(([name, { State }]) => `${name} is ${State.Health?.Status ?? State.Status}`);
  }

  /** Runs a program in a service's container. @returns what it printed */
  async inside(service: string, ...command: string[]): Promise<string> {
    const [id] = await this.ids(`label=com.docker.compose.service=${service}`, 'status=running');
    if (!id) throw new Error(`${service} does not run`);
    return this.engine.docker('exec', id, ...command);
  }

  /** Of all containers of this stack, which is alone on its engine, or of those that filters choose. */
  private async ids(...filters: string[]): Promise<string[]> {
    const chosen = ['label=com.docker.compose.service', ...filters].flatMap((filter) => ['--filter', filter]);
    return (await this.engine.docker('ps', '--all', '--quiet', ...chosen)).trim().split('\n').filter(Boolean);
  }
}

import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { project, type Ran, ran, run } from './commands';
import type { Server } from './server';
import type { Topology } from './topology';

/** All that a server needs for `muster`; Node.js is not among it. */
const PROGRAMS = ['docker', 'env', 'install', 'sed', 'sh', 'tail'];

/** A server's administrator who has Docker and no Node.js: what the documentation says, typed there. */
export class DockerOnly {
  /** Where the documentation has /usr/local/bin. */
  readonly bin: string;

  constructor(
    readonly server: Server,
    private readonly topology: Topology,
  ) {
    this.bin = join(server.folder, '../administrator');
  }

  /** The documented first command, with the version that runs there. */
  async install(): Promise<void> {
    mkdirSync(this.bin, { recursive: true });
    for (const name of PROGRAMS) {
      const link = join(this.bin, name);
      if (!existsSync(link)) symlinkSync((await run('sh', ['-c', `command -v ${name}`])).trim(), link);
    }
    const line = `docker run --rm muster/cli:${this.server.version} wrapper | install -m 755 /dev/stdin ${this.bin}/muster`;
    const { code, stderr } = await this.sh(line);
    if (code !== 0) throw new Error(stderr);
  }

  /** `muster …`. @param input what is piped into it */
  muster(args: string[], { input = '', cwd = project, env = {} as Record<string, string> } = {}): Promise<Ran> {
    return this.enter([join(this.bin, 'muster'), ...args], { input, cwd, env });
  }

  /** A line typed at the server. */
  sh(line: string): Promise<Ran> {
    return this.enter(['sh', '-c', line], {});
  }

  private enter(command: string[], { input = '', cwd = '/', env = {} }): Promise<Ran> {
    const socket = this.server.engine.environment['DOCKER_HOST'] ?? '';
    const environment = { PATH: this.bin, DOCKER_HOST: socket, HOME: this.bin, ...env };
    const assignments = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    const args = [
      ...this.topology.at(this.server.engine.place),
      'env',
      '--ignore-environment',
      ...assignments,
      ...command,
    ];
    return ran('nsenter', args, { cwd, input });
  }
}

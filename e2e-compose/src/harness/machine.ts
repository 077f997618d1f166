import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Ran, ran, run, until } from './commands';
import { imageCache } from './images';
import type { Topology } from './topology';

/** A bare Debian on the devices' network, with processes and files of its own: what an install line is pasted on. */
export class Machine {
  private keeper?: ChildProcess;
  private first = '';

  constructor(
    private readonly work: string,
    private readonly name: string,
    private readonly topology: Topology,
  ) {}

  private get root(): string {
    return join(this.work, 'machines', this.name);
  }

  async start(): Promise<void> {
    mkdirSync(this.root, { recursive: true });
    await run('tar', ['-xpf', join(imageCache(), 'device.tar'), '-C', this.root]);
    const script = `
      set -e
      mount --bind "$1" "$1"; cd "$1"
      mount -t proc proc proc; mount -t tmpfs tmpfs run; mount -t tmpfs tmpfs dev
      for device in null zero random urandom; do touch dev/$device; mount --bind /dev/$device dev/$device; done
      hostname "$2"
      echo ready
      exec chroot . sh -c 'while :; do sleep 60; done'`;
    const own = ['unshare', '-m', '-p', '-u', '-f', '--kill-child', 'sh', '-c', script, 'sh', this.root, this.name];
    this.keeper = spawn('nsenter', [...this.topology.at('devices'), ...own], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    this.keeper.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await until(`${this.name} is there`, async () => said.includes('ready'));
    const { pid } = this.keeper;
    this.first = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  }

  /** Types a line into a shell of root there, as a person who pastes it does. */
  paste(line: string): Promise<Ran> {
    return ran('nsenter', this.inside('sh'), { input: `${line}\n`, env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } });
  }

  /** Whether a TCP port can be reached from there. */
  async reaches(host: string, port: number): Promise<boolean> {
    const attempt = `timeout 2 bash -c ': </dev/tcp/${host}/${port}'`;
    return (await this.paste(attempt)).code === 0;
  }

  read(path: string): string {
    return readFileSync(join('/proc', this.first, 'root', path), 'utf8');
  }

  stop(): void {
    this.keeper?.kill('SIGKILL');
  }

  private inside(...command: string[]): string[] {
    return ['-t', this.first, '-m', '-p', '-n', '-u', '-r', '-w', ...command];
  }
}

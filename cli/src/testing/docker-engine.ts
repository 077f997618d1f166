import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Child, eventually } from '@muster/testing';
import { Commands } from '../site/commands';

/** A Docker engine of a test's own: its data, its socket, its network. Needs root and the package docker.io. */
export class DockerEngine {
  private constructor(
    private readonly folder: string,
    private readonly engine: Child,
  ) {}

  /** @throws Error with what the engine said when it does not start */
  static async start(): Promise<DockerEngine> {
    // A path of its own within 108 characters, which is what a socket's may have.
    const folder = mkdtempSync(join(tmpdir(), 'muster-docker-'));
    const place = (name: string): string => join(folder, name);
    const options = [`--data-root=${place('data')}`, `--exec-root=${place('exec')}`, `--pidfile=${place('pid')}`];
    const command = `ip link set lo up && exec dockerd --log-level=warn --host=unix://${place('socket')} ${options.join(' ')}`;
    const engine = new Child('unshare', ['--net', 'sh', '-c', command]);
    const started = new DockerEngine(folder, engine);
    await eventually(
      () => {
        if (!engine.running) throw new Error(`dockerd did not start: ${engine.lastOutput.slice(-2000)}`);
        return started.docker(['version', '--format', '{{.Server.Version}}']).trim() !== '';
      },
      { within: 60_000, every: 200 },
    );
    return started;
  }

  /** Runs `docker` and its like against this engine. */
  get commands(): Commands {
    return new Commands({ ...process.env, DOCKER_HOST: `unix://${join(this.folder, 'socket')}` });
  }

  docker(args: readonly string[]): string {
    const env = { ...process.env, DOCKER_HOST: `unix://${join(this.folder, 'socket')}` };
    return execFileSync('docker', args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** An image with Node.js, a shell and these scripts, made of this machine's own programs. */
  importImage(name: string, scripts: Readonly<Record<string, string>>): void {
    const root = join(this.folder, 'root');
    const programs = [process.execPath, '/bin/bash'];
    const libraries = programs.flatMap((program) =>
      [...execFileSync('ldd', [program], { encoding: 'utf8' }).matchAll(/(\/\S+)/g)].map(([path]) => path),
    );
    copy(process.execPath, join(root, 'usr/bin/node'));
    copy('/bin/bash', join(root, 'bin/sh'));
    for (const library of new Set(libraries)) copy(library, join(root, library));
    for (const folder of ['tmp', 'proc', 'sys', 'dev', 'etc']) mkdirSync(join(root, folder), { recursive: true });
    for (const [script, text] of Object.entries(scripts)) {
      writeFileSync(join(root, 'usr/bin', script), text);
      chmodSync(join(root, 'usr/bin', script), 0o755);
    }
    const archive = join(this.folder, 'root.tar');
    execFileSync('tar', ['-C', root, '-cf', archive, '.']);
    this.docker(['import', '--change', 'ENV PATH=/usr/bin:/bin', archive, name]);
    for (const path of [archive, root]) rmSync(path, { recursive: true });
  }

  async stop(): Promise<void> {
    const ids = this.docker(['ps', '--all', '--quiet']).split('\n').filter(Boolean);
    if (ids.length > 0) this.docker(['rm', '--force', ...ids]);
    await this.engine.stop('SIGTERM');
    await eventually(() => !existsSync(join(this.folder, 'pid')), { within: 30_000 }).catch(() => undefined);
    for (const [, mount = ''] of readFileSync('/proc/mounts', 'utf8').matchAll(/^\S+ (\S+)/gm))
      if (mount.startsWith(this.folder)) execFileSync('umount', ['--lazy', mount]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}

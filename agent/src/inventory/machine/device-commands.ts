import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { POWERSHELL_FOLDER, SYSTEM_ROOT } from '../../platform/windows-folders';
import { CommandFailure, type Commands, type DevicePlatform, type RunOptions } from './machine';

/** Where systems keep their own programs. The agent's search path is of no interest: it may name users' folders. */
const FOLDERS: Record<DevicePlatform, readonly string[]> = {
  linux: ['/usr/sbin', '/usr/bin', '/sbin', '/bin'],
  macos: ['/usr/sbin', '/usr/bin', '/sbin', '/bin'],
  windows: [`${SYSTEM_ROOT}\\System32`, POWERSHELL_FOLDER],
};
const TIMEOUT_MS = 30_000;
const MAX_BYTES = 32 * 1024 * 1024;
const PIPES_CLOSE_WITHIN_MS = 500;

/** Programs of this device. */
export class DeviceCommands implements Commands {
  constructor(
    private readonly platform: DevicePlatform,
    private readonly folders: readonly string[] = FOLDERS[platform],
  ) {}

  async has(program: string): Promise<boolean> {
    return (await this.find(program)) !== undefined;
  }

  async run(program: string, given: readonly string[], options: RunOptions = {}): Promise<string> {
    const path = await this.find(program);
    if (!path) throw new CommandFailure(program, 'missing', 'not found in the system folders');
    await this.mustBeSafe(program, path);
    const posix = this.platform !== 'windows';
    const child = spawn(path, [...given], {
      cwd: posix ? '/' : SYSTEM_ROOT,
      env: posix ? this.environment() : { ...this.environment(), SystemRoot: SYSTEM_ROOT },
      // A group of its own, so that what hangs is ended with everything that it started.
      detached: posix,
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
      shell: false,
    });
    return new Output(program, child, options).text;
  }

  private async find(program: string): Promise<string | undefined> {
    if (!/^[a-z0-9][a-z0-9_.-]*$/i.test(program)) return undefined;
    const name = this.platform === 'windows' ? `${program}.exe` : program;
    for (const folder of this.folders) {
      const path = join(folder, name);
      if (
        await access(path, constants.X_OK).then(
          () => true,
          () => false,
        )
      )
        return path;
    }
    return undefined;
  }

  /** Root runs nothing that somebody else may write. */
  private async mustBeSafe(program: string, path: string): Promise<void> {
    if (process.getuid?.() !== 0) return;
    const real = await realpath(path);
    for (const place of [real, dirname(real)]) {
      const { uid, mode } = await stat(place);
      if (uid !== 0 || (mode & 0o022) !== 0)
        throw new CommandFailure(program, 'unsafe', `${place} can be written by others than root`);
    }
  }

  private environment(): Record<string, string> {
    return { PATH: this.folders.join(this.platform === 'windows' ? ';' : ':'), LC_ALL: 'C', LANG: 'C', TZ: 'UTC' };
  }
}

/** Output of one run, within its limits. */
class Output {
  readonly text: Promise<string>;
  private readonly pieces: Buffer[] = [];
  private size = 0;
  private complaint = '';
  private failure?: CommandFailure;

  constructor(
    private readonly program: string,
    private readonly child: ChildProcess,
    options: RunOptions,
  ) {
    const { timeoutMs = TIMEOUT_MS, maxBytes = MAX_BYTES, codes = [0] } = options;
    const timer = setTimeout(() => this.stop('timed-out', `no end after ${timeoutMs / 1000} s`), timeoutMs);
    child.stdout?.on('data', (bytes: Buffer) => {
      this.size += bytes.length;
      if (this.size > maxBytes) this.stop('too-much-output', `more than ${maxBytes} bytes of output`);
      else this.pieces.push(bytes);
    });
    child.stderr?.on('data', (bytes: Buffer) => {
      if (this.complaint.length < 500) this.complaint += bytes.toString('utf8');
    });
    this.text = new Promise<string>((resolve, reject) => {
      child.once('error', (error) => reject(new CommandFailure(program, 'failed', error.message)));
      // A grandchild may hold the pipes open after the end.
      child.once('exit', () => setTimeout(() => this.closePipes(), PIPES_CLOSE_WITHIN_MS).unref());
      child.once('close', (code, signal) => {
        if (this.failure) reject(this.failure);
        else if (code !== null && codes.includes(code)) resolve(Buffer.concat(this.pieces, this.size).toString('utf8'));
        else reject(new CommandFailure(program, 'failed', `${this.ending(code, signal)}${this.hint()}`));
      });
    }).finally(() => clearTimeout(timer));
  }

  private stop(problem: 'timed-out' | 'too-much-output', detail: string): void {
    if (this.failure) return;
    this.failure = new CommandFailure(this.program, problem, detail);
    this.pieces.length = 0;
    try {
      if (process.platform !== 'win32' && this.child.pid !== undefined) process.kill(-this.child.pid, 'SIGKILL');
      else this.child.kill('SIGKILL');
    } catch {
      // Ended by itself in this moment.
    }
    this.closePipes();
  }

  private closePipes(): void {
    this.child.stdout?.destroy();
    this.child.stderr?.destroy();
  }

  private ending(code: number | null, signal: string | null): string {
    return code === null ? `ended by ${signal ?? 'a signal'}` : `exit code ${code}`;
  }

  private hint(): string {
    const [line = ''] = this.complaint.trim().split('\n');
    return line ? `: ${line.slice(0, 300)}` : '';
  }
}

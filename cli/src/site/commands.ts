import { spawn } from 'node:child_process';
import { env } from 'node:process';

export interface Command {
  file: string;
  args: readonly string[];
  cwd?: string;
  env?: Readonly<Record<string, string>>;
}

export interface Reply {
  /** 128 when it did not end by itself. */
  code: number;
  output: string;
  errors: string;
  /** There is no such program. */
  missing: boolean;
}

const TIMEOUT_MS = 30_000;

/** Runs programs without a shell. */
export class Commands {
  constructor(private readonly environment: NodeJS.ProcessEnv = env) {}

  /** @param timeoutMs 0: as long as it takes */
  try(
    command: Command,
    { timeoutMs = TIMEOUT_MS, onErrors }: { timeoutMs?: number; onErrors?: (text: string) => void } = {},
  ): Promise<Reply> {
    return new Promise((resolve) => {
      const child = spawn(command.file, command.args, {
        ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
        env: { ...this.environment, ...command.env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const timer = timeoutMs > 0 ? setTimeout(() => child.kill('SIGKILL'), timeoutMs) : undefined;
      const [output, errors]: [Buffer[], Buffer[]] = [[], []];
      const end = (code: number, missing = false): void => {
        clearTimeout(timer);
        resolve({ code, output: Buffer.concat(output).toString(), errors: Buffer.concat(errors).toString(), missing });
      };
      child.stdout.on('data', (data: Buffer) => output.push(data));
      child.stderr.on('data', (data: Buffer) => {
        errors.push(data);
        onErrors?.(data.toString());
      });
      child.once('error', (error: NodeJS.ErrnoException) => end(127, error.code === 'ENOENT'));
      child.once('close', (code) => end(code ?? 128));
    });
  }

  /** Hands the program's output through to this process's own, as it comes. @returns its exit code */
  follow(command: Command): Promise<number> {
    return new Promise((resolve, reject) => {
      const child = spawn(command.file, command.args, {
        env: { ...this.environment, ...command.env },
        stdio: 'inherit',
      });
      child.once('error', reject);
      child.once('close', (code) => resolve(code ?? 128));
    });
  }
}

export const dockerCommand = (args: readonly string[]): Command => ({ file: 'docker', args });

export interface Compose extends Command {
  version: string;
}

/** `docker compose` where it is there, else `docker-compose`. */
export async function composeCommand(commands: Commands): Promise<Compose | undefined> {
  for (const command of [
    { file: 'docker', args: ['compose'] },
    { file: 'docker-compose', args: [] },
  ]) {
    const reply = await commands.try({ ...command, args: [...command.args, 'version', '--short'] });
    if (reply.code === 0) return { ...command, version: reply.output.trim().replace(/^v/, '') };
  }
  return undefined;
}

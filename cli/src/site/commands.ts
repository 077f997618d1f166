import { type ChildProcess, spawn } from 'node:child_process';
import { env } from 'node:process';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

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
      const child = spawn(command.file, command.args, { ...this.place(command), stdio: ['ignore', 'pipe', 'pipe'] });
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

  /**
   * The program's output as it comes, at the pace of the reader. A reader that stops early ends the program.
   * @throws Error with the program's last words when it fails
   */
  async *output(command: Command): AsyncGenerator<Buffer> {
    const child = spawn(command.file, command.args, { ...this.place(command), stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = faultOf(child);
    try {
      for await (const piece of child.stdout) yield piece as Buffer;
      const fault = await ended;
      if (fault !== undefined) throw new Error(fault);
    } finally {
      child.kill('SIGKILL');
    }
  }

  /** Runs a program on what it gets on standard input. @throws Error with its last words when it fails */
  async feed(command: Command, input: AsyncIterable<Uint8Array>): Promise<void> {
    const child = spawn(command.file, command.args, { ...this.place(command), stdio: ['pipe', 'ignore', 'pipe'] });
    const ended = faultOf(child);
    let broken: unknown;
    await pipeline(Readable.from(input, { objectMode: false }), child.stdin).catch(
      (error: unknown) => (broken = error),
    );
    // What could not be read matters more than what the program says of its sudden end, and a broken pipe less.
    const gone = ['EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes((broken as NodeJS.ErrnoException)?.code ?? '');
    if (broken !== undefined && !gone) {
      child.kill('SIGKILL');
      await ended;
      throw broken;
    }
    const fault = await ended;
    if (fault !== undefined) throw new Error(fault);
    if (broken !== undefined) throw new Error('it ended before it had read everything');
  }

  /** Hands the program's output through to this process's own, as it comes. @returns its exit code */
  follow(command: Command): Promise<number> {
    return new Promise((resolve, reject) => {
      const child = spawn(command.file, command.args, { ...this.place(command), stdio: 'inherit' });
      child.once('error', reject);
      child.once('close', (code) => resolve(code ?? 128));
    });
  }

  private place({ cwd, env: own }: Command): { cwd?: string; env: NodeJS.ProcessEnv } {
    return { ...(cwd === undefined ? {} : { cwd }), env: { ...this.environment, ...own } };
  }
}

/** Why a program failed, in its own last words; undefined once it has ended well. */
function faultOf(child: ChildProcess & { stderr: Readable }): Promise<string | undefined> {
  const words = lastWords(child.stderr);
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code) =>
      resolve(code === 0 ? undefined : words() || (code === null ? 'a signal ended it' : `exit code ${code}`)),
    );
  });
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

/** Of the end of what a program writes to standard error: the first line that speaks of an error, else the last one. */
function lastWords(errors: Readable): () => string {
  let text = '';
  errors.on('data', (data: Buffer) => (text = (text + data.toString()).slice(-4_000)));
  return () => {
    const lines = text.trim().split('\n');
    return lines.find((line) => /\berror\b/i.test(line)) ?? lines.at(-1) ?? '';
  };
}

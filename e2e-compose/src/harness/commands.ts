import { type SpawnOptions, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/** The root of the project. */
export const project = new URL('../../..', import.meta.url).pathname.replace(/\/$/, '');

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end, whatever that is. */
export function ran(file: string, args: string[], options: SpawnOptions & { input?: string } = {}): Promise<Ran> {
  const { input, ...rest } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { ...rest, stdio: ['pipe', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
    child.stdin.on('error', () => undefined); // it may end without reading
    child.stdin.end(input ?? '');
  });
}

/** @returns what it printed. @throws Error with what it said when it fails */
export async function run(
  file: string,
  args: string[],
  options: SpawnOptions & { input?: string } = {},
): Promise<string> {
  const { code, stdout, stderr } = await ran(file, args, options);
  if (code !== 0)
    throw new Error(`${file} ${args.join(' ')} ended with ${code}:\n${stdout.slice(-2000)}${stderr.slice(-4000)}`);
  return stdout;
}

/** Says how long something took, whether it worked or not. */
export async function timed<T>(what: string, work: Promise<T>): Promise<T> {
  const since = Date.now();
  return work.finally(() => console.log(`${((Date.now() - since) / 1000).toFixed(1).padStart(6)} s  ${what}`));
}

/** Polls until it holds. @throws Error saying what did not come true, and what stood in the way at last */
export async function until(what: string, holds: () => Promise<boolean>, seconds = 60): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    let fault = '';
    const held = await holds().catch((error: Error) => {
      fault = `: ${error.message}`;
      return false;
    });
    if (held) return;
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}${fault}`);
    await sleep(300);
  }
}

import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { project, type StackSecrets, until } from './harness/stack';

interface Stack {
  process: ChildProcess;
  /** What it printed so far. */
  said(): string;
  ended: Promise<number | null>;
}

/** A second stack beside the one that all tests share: this one is killed. */
let data: string;
let base: number;
let stack: Stack;
beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'muster-second-'));
  chmodSync(data, 0o711);
  base = await freeBase();
  stack = start();
  await ready(stack);
});
afterAll(async () => {
  stack.process.kill('SIGINT');
  await stack.ended;
  rmSync(data, { recursive: true, force: true });
});

function start(): Stack {
  const args = ['local-stack/dist/main.mjs', '--no-agent', '--data', data, '--ports', String(base)];
  const child = spawn(process.execPath, args, { cwd: project, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { process: child, said: () => text, ended: new Promise((resolve) => child.once('close', resolve)) };
}

async function ready({ said, process: child }: Stack): Promise<void> {
  await until('the second stack is ready', async () => said().includes('Ctrl-C ends') || child.exitCode !== null);
  if (child.exitCode !== null) throw new Error(`the second stack ended:\n${said()}`);
}

const secrets = (): StackSecrets => JSON.parse(readFileSync(join(data, 'secrets.json'), 'utf8')) as StackSecrets;
const partPids = (): number[] =>
  (JSON.parse(readFileSync(join(data, 'run/state.json'), 'utf8')) as { parts: { pid: number }[] }).parts.map(
    ({ pid }) => pid,
  );

/** Parts of the second stack and their children, by what they were started with: an argument, or a server's title. */
function processes(): string[] {
  const parts = new Set(everyPart);
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        const ours = command.includes(data) || parts.has(Number(group));
        return ours && state !== 'Z' ? [`${pid} ${command}`] : [];
      } catch {
        return []; // it ended meanwhile
      }
    });
}
/** Of all starts so far; each part leads a process group. */
const everyPart: number[] = [];

describe('the local stack', () => {
  it('runs as processes that can be told from others', () => {
    everyPart.push(...partPids());
    expect(everyPart).toHaveLength(9);
    expect(processes().length).toBeGreaterThan(9);
  });

  it.runIf(process.getuid?.() === 0)('gives the services no rights when root started it', () => {
    const users = everyPart.map((pid) =>
      Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/^Uid:\s+(\d+)/m)?.[1]),
    );
    expect(users.filter((uid) => uid === 0)).toHaveLength(1); // nginx's main process, which opens the ports
  });

  it('says that it runs when it is started again on the same data', async () => {
    const second = start();
    expect(await second.ended).toBe(1);
    expect(second.said()).toBe(
      `Muster already runs here (pid ${stack.process.pid}); stop it with Ctrl-C in its terminal or "kill ${stack.process.pid}".\n`,
    );
  });

  it('leaves no process when its supervisor is killed', async () => {
    stack.process.kill('SIGKILL');
    await stack.ended;
    await until('every process has ended', async () => processes().length === 0, 15);
  });

  it('starts again on the same data', async () => {
    const before = secrets();
    stack = start();
    await ready(stack);
    everyPart.push(...partPids());
    expect(stack.said()).not.toContain('(first start)');
    expect(stack.said()).toContain(before.firstAdminPassword); // nobody has changed it
    expect(secrets()).toEqual(before);
  });

  it('leaves no process after Ctrl-C', async () => {
    stack.process.kill('SIGINT');
    expect(await stack.ended).toBe(0);
    expect(stack.said()).toMatch(/Everything has ended\.\n$/);
    expect(processes()).toEqual([]);
  });
});

/** A base below the ports that the kernel gives to clients; the stack itself checks every port. */
async function freeBase(): Promise<number> {
  for (;;) {
    const candidate = 10_000 + 1000 * Math.floor(Math.random() * 9);
    if (await isFree(candidate + 443)) return candidate;
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

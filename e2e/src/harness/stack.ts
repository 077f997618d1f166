import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { inject } from 'vitest';

export const project = new URL('../../..', import.meta.url).pathname;
export const data = inject('stackData');
export const basePort = inject('stackPort');
export const httpsPort = basePort + 443;
export const xmppPort = basePort + 444;
export const ITSM_DOMAIN = 'itsm.muster.localhost';
export const BASE_DOMAIN = 'muster.localhost';
export const origin = `https://${ITSM_DOMAIN}:${httpsPort}`;
export const anchors = (): string => readFileSync(join(data, 'certificates/anchors.pem'), 'utf8');

export interface StackSecrets {
  firstAdminPassword: string;
  firstRegistrationKey: string;
  postgresAdmin: string;
  edge: string;
  turn: string;
  pushKey: string;
  /** By schema. */
  databaseOwner: Record<string, string>;
  databaseApp: Record<string, string>;
  /** By NATS user. */
  nats: Record<string, string>;
}
export const secrets = (): StackSecrets => JSON.parse(readFileSync(join(data, 'secrets.json'), 'utf8')) as StackSecrets;

export interface StackStatus {
  ready: boolean;
  console: string;
  caFile: string;
  parts: { name: string; ready: boolean; pid: number | null; residentBytes: number }[];
  devices: { known: number; online: number };
}

/** What a system administrator sees: `npm run -s status -- --json`. */
export async function status(): Promise<StackStatus> {
  const args = ['tools/status.mjs', '--json', '--data', data, '--ports', String(basePort)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: project }).catch(
    (error: { stdout: string }) => error,
  );
  return JSON.parse(stdout) as StackStatus;
}

/** Parts as the supervisor last wrote them down. What is asked many times a second starts no program each time. */
const parts = (): { name: string; ready: boolean; pid?: number }[] =>
  (JSON.parse(readFileSync(join(data, 'run/state.json'), 'utf8')) as { parts: [] }).parts;

/** The process of a part. @throws Error when it does not run */
export async function pidOf(name: string): Promise<number> {
  const part = parts().find((one) => one.name === name);
  if (!part?.pid) throw new Error(`${name} does not run`);
  return part.pid;
}

/** Ends a part's process; the supervisor starts it again. Resolves with the old pid when it is gone, or is frozen. */
export async function kill(name: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<number> {
  const pid = await pidOf(name);
  process.kill(pid, signal);
  if (signal !== 'SIGSTOP') await until(`${name} is gone`, async () => !lives(pid));
  return pid;
}

export function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** For parts that are ready by themselves. The agent's readiness is a connection: see `untilConnected`. */
export async function untilReady(name: string, notPid?: number): Promise<void> {
  await until(`${name} is ready again`, async () => {
    const part = parts().find((one) => one.name === name);
    return part?.ready === true && part.pid !== notPid;
  });
}

export const untilAllReady = (): Promise<void> =>
  until('everything is ready', async () => parts().every(({ ready }) => ready));

/** Polls until it holds. @throws Error saying what did not come true */
export async function until(what: string, holds: () => Promise<boolean>, seconds = 60): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    if (await holds().catch(() => false)) return;
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
    await sleep(100);
  }
}

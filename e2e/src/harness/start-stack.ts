import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    stackData: string;
    stackPort: number;
  }
}

const project = new URL('../../..', import.meta.url).pathname;
const START_TIMEOUT_MS = 180_000;

/**
 * Starts a stack of its own, as `npm start` does after building, and ends it after the last test. `MUSTER_E2E_DATA` and
 * `MUSTER_E2E_PORTS` name a stack that runs already.
 */
export default async function setup(vitest: TestProject): Promise<() => Promise<void>> {
  const given = process.env['MUSTER_E2E_DATA'];
  if (given) {
    vitest.provide('stackData', given);
    vitest.provide('stackPort', Number(process.env['MUSTER_E2E_PORTS'] ?? 8000));
    return async () => undefined;
  }
  const data = mkdtempSync(join(tmpdir(), 'muster-e2e-'));
  chmodSync(data, 0o711); // the database and the agent run as users without rights
  const port = await freeBase();
  const stack = spawn(process.execPath, ['local-stack/dist/main.mjs', '--data', data, '--ports', String(port)], {
    cwd: project,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const ended = new Promise<void>((resolve) => stack.once('exit', () => resolve()));
  const end = async (): Promise<void> => {
    stack.kill('SIGINT');
    await ended;
    if (!process.env['MUSTER_E2E_KEEP']) rmSync(data, { recursive: true, force: true });
  };
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the stack did not get ready:\n${said}`)), START_TIMEOUT_MS);
      const listen = (chunk: Buffer): void => {
        said += chunk.toString();
        if (!said.includes('Muster is ready')) return;
        clearTimeout(timer);
        resolve();
      };
      stack.stdout.on('data', listen);
      stack.stderr.on('data', listen);
      stack.once('exit', (code) => {
        clearTimeout(timer);
        reject(new Error(`the stack ended with code ${code}:\n${said}`));
      });
    });
  } catch (error) {
    await end();
    throw error;
  }
  vitest.provide('stackData', data);
  vitest.provide('stackPort', port);
  return end;
}

/** A base whose https port is free; the stack itself checks the others. */
async function freeBase(): Promise<number> {
  for (;;) {
    const base = 20_000 + 1000 * Math.floor(Math.random() * 12);
    if (await isFree(base + 443)) return base;
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

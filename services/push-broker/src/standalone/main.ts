import 'reflect-metadata';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { readArguments, type StandaloneArguments, USAGE } from './arguments';
import { jemalloc } from './jemalloc';
import { makeSurroundings } from './surroundings';

/**
 * Node.js counts 100 KB of memory outside of its heap for each TLS connection, four times what it takes, and V8 collects
 * the whole heap whenever such memory and heap together have grown by what the heap was: every few hundred sign-ins.
 * Megabytes before it does so for the first time, as `compose/xmpp` and the local stack say it, too.
 */
const HEAP = ['--initial-old-space-size=256'];

/** Starts the broker in a process of its own, exactly as heavy as in the suite, and what it needs around it. */
async function run(given: StandaloneArguments): Promise<number> {
  const { environment, told, remove } = await makeSurroundings(given);
  try {
    const { PATH = '', NODE_OPTIONS = '' } = process.env;
    const broker = fork(join(import.meta.dirname, 'broker.mjs'), given.open ? ['--open'] : [], {
      execArgv: [...process.execArgv, ...HEAP],
      env: { PATH, NODE_OPTIONS, ...jemalloc(), ...environment },
      // Logs are not what this program has to say.
      stdio: ['ignore', 2, 2, 'ipc'],
    });
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => broker.kill('SIGTERM'));
    broker.once('message', (ports: object) => {
      process.stdout.write(`${JSON.stringify({ ready: true, pid: broker.pid, ...ports, ...told })}\n`);
    });
    const [code] = (await once(broker, 'exit')) as [number | null];
    return code ?? 1;
  } finally {
    await remove();
  }
}

function argumentsOrEnd(): StandaloneArguments {
  if (process.argv.includes('--help')) {
    process.stdout.write(`${USAGE}\n`);
    process.exit(0);
  }
  try {
    return readArguments(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}\n`);
    process.exit(2);
  }
}

run(argumentsOrEnd()).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);

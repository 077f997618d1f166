import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { createInterface, type Interface } from 'node:readline';
import type { GroundPlaces, GroundReady } from '@muster/contracts';
import { CliError, EXIT } from '../core/exit-codes';
import { releasePlaces } from '../setup/context';

const PROGRAM = 'local-stack/dist/ground.mjs';

/** PostgreSQL and both NATS of a local stack's data folder, by the local stack's own program. */
export class LocalGround {
  private constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    readonly ready: GroundReady,
  ) {}

  /** Changes nothing. @param ports the first one. @throws CliError when the local stack is not built here */
  static async places(data: string, ports: number): Promise<GroundPlaces> {
    const { child, lines, words } = launch(data, ports);
    const [line] = await Promise.race([once(lines, 'line'), once(child, 'close').then(() => [undefined])]);
    child.stdin.end();
    if (typeof line === 'string') return JSON.parse(line) as GroundPlaces;
    throw new CliError(EXIT.config, words());
  }

  /** @throws CliError with what it said when it does not come up */
  static async start(data: string, ports: number, seconds: number): Promise<LocalGround> {
    const { child, lines, words } = launch(data, ports, '--start');
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), seconds * 1000)));
    const told = new Promise<GroundReady | undefined>((resolve) => {
      lines.on('line', (line) => (line.includes('"postgres"') ? resolve(JSON.parse(line) as GroundReady) : undefined));
      child.once('close', () => resolve(undefined));
    });
    const ready = await Promise.race([told, late]);
    clearTimeout(timer);
    if (ready) return new LocalGround(child, ready);
    child.kill('SIGTERM');
    throw new CliError(
      EXIT.unavailable,
      `Database and queues do not start: ${words() || `not within ${seconds} seconds`}`,
    );
  }

  /** @returns when everything has ended */
  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'close');
    this.child.stdin.end();
    await ended;
  }
}

function launch(
  data: string,
  ports: number,
  ...more: string[]
): { child: ChildProcessWithoutNullStreams; lines: Interface; words: () => string } {
  const program = releasePlaces()
    .map((place) => join(place, PROGRAM))
    .find((file) => existsSync(file));
  if (!program) {
    throw new CliError(
      EXIT.config,
      'The local stack is not built here.',
      'Run muster from the folder of the project, after "npm start -- --help" or a first "npm start" there.',
    );
  }
  const child = spawn(execPath, [program, '--data', data, '--ports', String(ports), ...more], { stdio: 'pipe' });
  let said = '';
  child.stderr.on('data', (text: Buffer) => (said = (said + text.toString()).slice(-4_000)));
  child.stdin.on('error', () => undefined); // it may end first
  return {
    ...{ child, lines: createInterface({ input: child.stdout }) },
    words: () => said.trim().split('\n').at(-1) ?? '',
  };
}

import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { GroundPlaces } from '@muster/contracts';
import { CliError, EXIT } from '../../core/exit-codes';
import { Commands } from '../../site/commands';
import { LocalGround } from '../../stack/local-ground';
import { LocalStack } from '../../stack/local-stack';
import { credentialsIn, type LiveCredentials } from '../revocations/revoked-in-database';
import { localPostgres } from '../sources/local-postgres';
import { KEPT_FOLDERS, localInstallation, localPlaces, SECRETS } from '../sources/local-source';
import { asideName, type Found, type Ground, type RestoreTarget } from './target';

export interface LocalWishes {
  /** The first port; the one that the stack had, or the usual one, when absent. */
  ports?: number;
  waitSeconds: number;
}

const USUAL_PORTS = 8000;
/** Below the folder of all data, and what a start that was cut off left; the agent's identity is the device's and stays. */
const FOLDERS = [
  'authority',
  'authority.new',
  'certificates',
  'nats',
  'broker',
  'packages',
  'postgres',
  'postgres.new',
];
/** Says to the next start that what is there is not whole; local-stack/src/data-folder.ts looks for it. */
const UNFINISHED = 'restore-unfinished';
const END_MS = 90_000;

/** A local stack, which `npm start` runs: both servers in one data folder. */
export class LocalTarget implements RestoreTarget {
  private started?: LocalGround;

  private constructor(
    private readonly at: GroundPlaces,
    private readonly ports: number,
    private readonly waitSeconds: number,
    private readonly commands: Commands,
  ) {}

  /** @throws CliError when the local stack is not built here */
  static async at(data: string, { ports, waitSeconds }: LocalWishes, commands = new Commands()): Promise<LocalTarget> {
    const known = ports ?? (LocalStack.isIn(data) ? new LocalStack(data).basePort : USUAL_PORTS);
    return new LocalTarget(await LocalGround.places(data, known), known, waitSeconds, commands);
  }

  get folder(): string {
    return this.at.data;
  }

  async lookAt(installation: string): Promise<Found> {
    const { data, open, running } = this.at;
    const files = [
      ...[SECRETS, UNFINISHED].filter((name) => existsSync(join(data, name))),
      ...FOLDERS.filter((name) => existsSync(join(open, name))),
    ];
    const what = { inUse: files.length > 0, files, containers: [], volumes: [], volumeBytes: 0 };
    const found = running === undefined ? what : { ...what, running };
    const live = running === undefined ? undefined : await this.live(installation);
    return live ? { ...found, live } : found;
  }

  async prepare(): Promise<void> {
    const [fault] = this.at.faults;
    if (fault) throw new CliError(EXIT.config, `${fault} Nothing was changed.`);
    await localPostgres(0, '', this.commands); // whether its programs are here
  }

  async disks(): Promise<{ files: string; data: string }> {
    return { files: this.at.data, data: this.at.open };
  }

  async clear({ files }: Found): Promise<string | undefined> {
    const { data, open, running } = this.at;
    if (running !== undefined) await ended(running);
    if (files.length === 0) return undefined;
    const aside = join(open, asideName());
    mkdirSync(aside, { mode: 0o700 });
    for (const name of files) {
      const from = join(FOLDERS.includes(name) ? open : data, name);
      try {
        renameSync(from, join(aside, name));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
        copyFileSync(from, join(aside, name)); // a file: all folders are where they go
        rmSync(from);
      }
    }
    return aside;
  }

  places(): ReturnType<RestoreTarget['places']> {
    const { data, open } = this.at;
    // Processes without rights must get through, whatever the habit of who restores.
    if (mkdirSync(open, { recursive: true }) !== undefined) chmodSync(open, 0o755);
    if (!existsSync(join(data, UNFINISHED))) writeFileSync(join(data, UNFINISHED), '');
    return localPlaces(data, open);
  }

  async ground(): Promise<Ground> {
    this.started = await LocalGround.start(this.at.data, this.ports, this.waitSeconds);
    const { postgres, nats } = this.started.ready;
    const queues = (url: string) => ({ url, user: 'backup', password: nats.password });
    return {
      queues: { server: queues(nats.hub), leaf: queues(nats.leaf) },
      postgres: await localPostgres(postgres.port, postgres.password, this.commands),
    };
  }

  async fill(service: string, _path: string, data: AsyncIterable<Uint8Array>): Promise<void> {
    const kept = KEPT_FOLDERS.find((one) => one.service === service);
    if (!kept) throw new CliError(EXIT.data, `The backup has files of ${service}, which a local stack does not keep.`);
    const folder = join(this.at.open, kept.path);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const bytes = peeked(data);
    // What was not there has no archive at all.
    if (await bytes.some()) await this.commands.feed({ file: 'tar', args: ['-C', folder, '-xpf', '-'] }, bytes.all());
  }

  /** It runs in somebody's terminal. */
  async start(): Promise<boolean> {
    return false;
  }

  async end(complete: boolean): Promise<void> {
    await this.started?.end();
    if (complete) rmSync(join(this.at.data, UNFINISHED), { force: true });
  }

  /** What the same installation knows that runs there. */
  private async live(installation: string): Promise<LiveCredentials | undefined> {
    const stack = new LocalStack(this.at.data);
    if (localInstallation(readFileSync(stack.caFile, 'utf8')) !== installation) return undefined;
    const url = await stack.databaseUrl();
    return url ? credentialsIn(url).catch(() => undefined) : undefined;
  }
}

/** Ends the stack as Ctrl-C does: those parts that others need last. */
async function ended(pid: number): Promise<void> {
  process.kill(pid, 'SIGTERM');
  const end = Date.now() + END_MS;
  while (existsSync(`/proc/${pid}`) && Date.now() < end) await pause(200);
  if (!existsSync(`/proc/${pid}`)) return;
  throw new CliError(
    EXIT.unavailable,
    `The local stack (pid ${pid}) does not end.`,
    'End it, then run the same again.',
  );
}

/** Whether there are bytes at all, before somebody reads them. */
function peeked(data: AsyncIterable<Uint8Array>) {
  const rest = data[Symbol.asyncIterator]();
  let first: IteratorResult<Uint8Array> | undefined;
  return {
    some: async (): Promise<boolean> => !(first = await rest.next()).done,
    all: async function* (): AsyncGenerator<Uint8Array> {
      for (let one = first ?? (await rest.next()); !one.done; one = await rest.next()) yield one.value;
    },
  };
}

import { mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { CliError, EXIT } from '../../core/exit-codes';
import type { Entry } from '../archive/archive-reader';
import type { EntryHead, Manifest, QueuesAt } from '../archive/entries';
import { readBackup } from '../read-backup';
import { type Fence, type Fenced, keepRevoked } from '../revocations/keep-revoked';
import { JetStreams } from '../sources/jet-streams';
import { loadDump, type PostgresPlace } from '../sources/postgres';
import { placeEntry } from '../sources/server-places';
import type { RestoreRequest } from './restore-backup';
import type { Ground } from './target';

type Placed = Extract<EntryHead, { kind: 'file' | 'folder' | 'link' }>;

/** Puts a proven backup where nothing is any more: files, then the ground, then what lies on it, then the services. */
export class Restoration {
  private ground?: Ground;
  private readonly streams = new Map<QueuesAt, JetStreams>();

  constructor(
    private readonly request: RestoreRequest,
    private readonly manifest: Manifest,
    private readonly known: Fence,
  ) {}

  async run(): Promise<{ fenced?: Fenced; started: boolean }> {
    const { file, passphrase, terminal, target } = this.request;
    mkdirSync(target.folder, { recursive: true, mode: 0o755 });
    terminal.progress(`Restoring into ${target.folder} …`);
    let complete = false;
    try {
      for await (const entry of readBackup(file, passphrase)) await this.take(entry);
      await this.letGo();
      const fenced = await this.fence();
      complete = true;
      return { ...(fenced ? { fenced } : {}), started: await target.start() };
    } finally {
      await this.letGo();
      await target.end(complete);
    }
  }

  private async take({ head, data }: Entry): Promise<void> {
    const { terminal, target } = this.request;
    if (isPlaced(head)) return placeEntry(target.places(this.manifest), head, data);
    this.ground ??= await target.ground(this.manifest);
    switch (head.kind) {
      case 'stream':
        terminal.progress(`Stream ${head.name} …`);
        return (await this.queues(head.at)).restore(head.config, head.state, data);
      case 'messages':
        await (await this.queues()).publish(createInterface({ input: Readable.from(data) }));
        return;
      case 'postgres':
        terminal.progress('Database …');
        return loadDump(this.database(this.ground), data);
      case 'volume':
        terminal.progress(`Files of ${head.service} …`);
        return target.fill(head.service, head.path, data);
      case 'manifest':
      case 'end':
    }
  }

  private async queues(at: QueuesAt = 'server'): Promise<JetStreams> {
    const place = this.ground?.queues[at];
    if (!place) throw new CliError(EXIT.data, `The backup has queues of another kind of server (${at}).`);
    const streams = this.streams.get(at) ?? (await JetStreams.connect(place));
    this.streams.set(at, streams);
    return streams;
  }

  private database({ postgres }: Ground): PostgresPlace {
    if (postgres) return postgres;
    throw new CliError(EXIT.data, 'The backup has a database, and this kind of server has none.');
  }

  private async fence(): Promise<Fenced | undefined> {
    const { postgres } = (this.ground ??= await this.request.target.ground(this.manifest));
    if (!postgres) return undefined;
    this.request.terminal.progress('What was revoked since stays revoked …');
    return keepRevoked(postgres.url, this.known);
  }

  private async letGo(): Promise<void> {
    for (const streams of this.streams.values()) await streams.close().catch(() => undefined);
    this.streams.clear();
  }
}

const isPlaced = (head: EntryHead): head is Placed => ['file', 'folder', 'link'].includes(head.kind);

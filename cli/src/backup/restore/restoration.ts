import { mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { startStack, waitForHealth } from '../../setup/start';
import type { ComposeStack } from '../../stack/compose-stack';
import type { Part } from '../../stack/stack';
import type { Entry } from '../archive/archive-reader';
import type { EntryHead, Manifest } from '../archive/entries';
import { readBackup } from '../read-backup';
import { type Fence, type Fenced, keepRevoked } from '../revocations/keep-revoked';
import { JetStreams } from '../sources/jet-streams';
import { loadDump } from '../sources/postgres';
import { placeEntry } from '../sources/server-places';
import { natsOf, postgresOf } from '../sources/source';
import type { RestoreRequest } from './restore-backup';
import { fitFolder, placesFor } from './restored-folder';

/** What must run for the data to come back, and nothing that would work on them already. */
const GROUND = { itsm: ['postgres', 'nats', 'database'], xmpp: ['nats'] } as const;

type Placed = Extract<EntryHead, { kind: 'file' | 'folder' | 'link' }>;

/** Puts a proven backup where nothing is any more: files, then the ground, then what lies on it, then the services. */
export class Restoration {
  private streams?: JetStreams;

  constructor(
    private readonly request: RestoreRequest,
    private readonly manifest: Manifest,
    private readonly stack: ComposeStack,
    private readonly known: Omit<Fence, 'revokeCredentials'>,
  ) {}

  async run(): Promise<Fenced | undefined> {
    const { folder, file, passphrase, terminal, start, waitSeconds } = this.request;
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    terminal.progress(`Restoring into ${folder} …`);
    try {
      for await (const entry of readBackup(file, passphrase)) await this.take(entry);
    } finally {
      await this.streams?.close().catch(() => undefined);
    }
    const fenced = await this.fence();
    if (!start) return fenced;
    await startStack(folder, this.stack.commands, terminal);
    await waitForHealth(this.stack, waitSeconds, terminal);
    return fenced;
  }

  private async take({ head, data }: Entry): Promise<void> {
    if (isPlaced(head)) return this.place(head, data);
    this.streams ??= await this.ground();
    const { terminal } = this.request;
    switch (head.kind) {
      case 'stream':
        terminal.progress(`Stream ${head.name} …`);
        return this.streams.restore(head.config, head.state, data);
      case 'messages':
        await this.streams.publish(createInterface({ input: Readable.from(data) }));
        return;
      case 'postgres':
        terminal.progress('Database …');
        return loadDump(await postgresOf(this.stack), Object.keys(this.manifest.migrations), data);
      case 'volume':
        terminal.progress(`Files of ${head.service} …`);
        return this.fill(head.service, head.path, data);
      case 'manifest':
      case 'end':
    }
  }

  /** Folders are computed for each entry: `.env`, which names them, is one of the first. */
  private place(head: Placed, data: AsyncIterable<Buffer>): Promise<void> {
    const { folder, changes } = this.request;
    return placeEntry(placesFor(folder, this.manifest.server, changes), head, data);
  }

  /** All files are there: starts database and queues, empty, with the roles and users that the secrets name. */
  private async ground(): Promise<JetStreams> {
    const { folder, version, changes, terminal, waitSeconds } = this.request;
    fitFolder(folder, this.manifest, version, changes);
    const names: readonly string[] = GROUND[this.manifest.server];
    await startStack(folder, this.stack.commands, terminal, ['--detach', ...names]);
    // `database` makes roles and schemas, and is ready when it has ended.
    const parts = async (): Promise<Part[]> =>
      (await this.stack.parts())
        .filter(({ name }) => names.includes(name))
        .map((part) => (part.name === 'database' && part.state === 'running' ? { ...part, state: 'starting' } : part));
    await waitForHealth({ parts }, waitSeconds, terminal);
    return JetStreams.connect(await natsOf(folder, this.stack));
  }

  private async fill(service: string, path: string, data: AsyncIterable<Buffer>): Promise<void> {
    const { folder, terminal } = this.request;
    await startStack(folder, this.stack.commands, terminal, ['--no-start', '--no-deps', service]);
    await this.stack.commands.feed(await this.stack.unpackInto(service, path), data);
  }

  private async fence(): Promise<Fenced | undefined> {
    if (this.manifest.server === 'xmpp') return undefined;
    this.request.terminal.progress('What was revoked since stays revoked …');
    const { url } = await postgresOf(this.stack);
    return keepRevoked(url, { ...this.known, revokeCredentials: this.request.revokeCredentials });
  }
}

const isPlaced = (head: EntryHead): head is Placed => ['file', 'folder', 'link'].includes(head.kind);

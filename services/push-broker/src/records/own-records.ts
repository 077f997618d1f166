import type { OwnRecord, OwnStream, OwnStreamSettings } from '@muster/bus';

/** Records of one kind, in the stream that the broker has for itself. All methods throw as those of `OwnStream` do. */
export interface Records extends Pick<OwnStream, 'onLink' | 'add' | 'read' | 'remove'> {
  /** Makes the stream, or changes it to its settings. */
  ensure(): Promise<void>;
  /** All of them, oldest first. */
  list(): AsyncIterable<OwnRecord>;
}

/** What no account's address contains: keys with it are not of messages for an account. */
const SEPARATOR = ' ';

/**
 * The broker's own stream, in the JetStream domain of the NATS server beside it, for several kinds of records: they
 * survive a cut link to the hub and a restart of either. Kinds are told apart by how keys begin. Those who read it with
 * a new connection share one reading.
 */
export class OwnRecords {
  #ensuring: Promise<void> | undefined;
  #reading: Promise<OwnRecord[]> | undefined;

  constructor(
    private readonly stream: OwnStream,
    private readonly settings: OwnStreamSettings,
  ) {}

  /** @param kind one word; the records of accounts when absent */
  of(kind?: string): Records {
    const { stream } = this;
    const start = kind === undefined ? '' : kind + SEPARATOR;
    const isOwn = ({ key }: OwnRecord): boolean =>
      kind === undefined ? !key.includes(SEPARATOR) : key.startsWith(start);
    const all = (): Promise<OwnRecord[]> => this.#all();
    return {
      onLink: (listener) => stream.onLink(listener),
      ensure: () => this.#ensure(),
      add: (key, body, expiresAt, once) => stream.add(start + key, body, expiresAt, once),
      read: (id) => stream.read(id),
      remove: (id) => stream.remove(id),
      async *list() {
        for (const record of (await all()).filter(isOwn)) yield { ...record, key: record.key.slice(start.length) };
      },
    };
  }

  #ensure(): Promise<void> {
    this.#ensuring ??= this.stream.ensure(this.settings).finally(() => (this.#ensuring = undefined));
    return this.#ensuring;
  }

  #all(): Promise<OwnRecord[]> {
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #read(): Promise<OwnRecord[]> {
    const records: OwnRecord[] = [];
    for await (const record of this.stream.list()) records.push(record);
    return records;
  }
}

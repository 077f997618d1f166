import { AppError } from '@muster/contracts';
import { Client } from 'pg';
import type { ConnectionOptions } from '../database.options';
import { isConnectionLoss } from '../errors';
import { identifier } from '../identifier';
import type { Outbox } from './outbox';

/** A row as the relay takes it; the shape that the bus asks of an outbox source. */
export interface WaitingEvent {
  id: string;
  subject: string;
  payload: unknown;
  correlationId?: string;
}

/** Between two signals to the other processes of the service, in milliseconds: a burst costs one. */
const SIGNAL_INTERVAL = 20;

/**
 * The relay's side of the outbox. Events must leave in order, so one process per schema relays at a time: the one whose
 * connection holds the advisory lock. When it dies PostgreSQL frees the lock and another takes over with the next claim;
 * what the first had published but not settled is published again under the same id and dropped by JetStream. (Sharing
 * the rows with `SKIP LOCKED` instead would let two processes publish neighbours in either order.)
 *
 * `sequence` is given at the insert: two transactions that touch the same thing are ordered by its row lock.
 */
export class OutboxReader {
  private readonly table: string;
  private readonly channel: string;
  private client?: Client;
  private connecting?: Promise<Client>;
  private turn: Promise<unknown> = Promise.resolve();
  private leads = false;
  private wake: () => void = () => undefined;
  private signal?: NodeJS.Timeout;
  private closed = false;

  constructor(
    schema: string,
    private readonly connection: ConnectionOptions,
    outbox: Outbox,
  ) {
    this.table = `${identifier(schema)}.outbox`;
    this.channel = `${identifier(schema)}_outbox`;
    outbox.onCommitted(() => this.added());
  }

  /** The oldest waiting rows, in order; none while another process of this service relays. */
  claim(limit: number): Promise<WaitingEvent[]> {
    return this.inTurn((client) => this.claimFrom(client, limit));
  }

  private async claimFrom(client: Client, limit: number): Promise<WaitingEvent[]> {
    if (!this.leads) {
      const lock = await client.query<{ leads: boolean }>(
        'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS leads',
        [this.channel],
      );
      this.leads = lock.rows[0]?.leads ?? false;
      if (!this.leads) return [];
    }
    const { rows } = await client.query<{
      id: string;
      subject: string;
      payload: unknown;
      correlation_id: string | null;
    }>(`SELECT id, subject, payload, correlation_id FROM ${this.table} ORDER BY sequence LIMIT $1`, [limit]);
    return rows.map((row) => ({
      id: row.id,
      subject: row.subject,
      payload: row.payload,
      ...(row.correlation_id === null ? {} : { correlationId: row.correlation_id }),
    }));
  }

  /** Forgets rows that JetStream has acknowledged. */
  async settle(ids: readonly string[]): Promise<void> {
    await this.inTurn((client) => client.query(`DELETE FROM ${this.table} WHERE id = ANY($1::uuid[])`, [ids]));
  }

  onAdded(wake: () => void): void {
    this.wake = wake;
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.signal);
    const client = this.client;
    this.lost(client);
    await client?.end().catch(() => undefined);
  }

  /** Something was committed here: relay it, or tell the process that does. */
  private added(): void {
    if (this.leads) return this.wake();
    if (this.signal || this.closed) return;
    this.signal = setTimeout(() => {
      this.signal = undefined;
      this.wake();
      // A lost signal is found by polling.
      if (this.client) this.inTurn((client) => client.query(`NOTIFY ${this.channel}`)).catch(() => undefined);
    }, SIGNAL_INTERVAL);
  }

  /** The connection does one thing at a time. */
  private inTurn<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const turn = this.turn.then(async () => work(await this.connected()));
    this.turn = turn.catch(() => undefined);
    return turn;
  }

  private async connected(): Promise<Client> {
    if (this.closed) throw new AppError('unavailable', 'The outbox is closed.');
    if (this.client) return this.client;
    this.connecting ??= this.connect().finally(() => (this.connecting = undefined));
    return this.connecting;
  }

  private async connect(): Promise<Client> {
    const client = new Client({
      connectionString: this.connection.url,
      application_name: `${this.connection.applicationName ?? this.channel} relay`,
      connectionTimeoutMillis: 5_000,
      query_timeout: 30_000,
      keepAlive: true,
    });
    client.on('error', () => this.lost(client));
    client.on('end', () => this.lost(client));
    client.on('notification', () => this.leads && this.wake());
    try {
      await client.connect();
      await client.query(`LISTEN ${this.channel}`);
    } catch (error) {
      await client.end().catch(() => undefined);
      if (!isConnectionLoss(error)) throw error;
      throw new AppError('unavailable', 'The database cannot be reached.', { cause: error });
    }
    this.client = client;
    return client;
  }

  private lost(client: Client | undefined): void {
    if (client !== this.client) return;
    this.client = undefined;
    this.leads = false;
  }
}

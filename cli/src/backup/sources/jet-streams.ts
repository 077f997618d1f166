import { connect, createInbox, headers, type NatsConnection } from '@nats-io/transport-node';
import { CliError, EXIT } from '../../core/exit-codes';

export interface NatsPlace {
  url: string;
  user: string;
  password: string;
}

/** A stream as a snapshot found it. */
export interface StreamSnapshot {
  config: StreamConfig;
  state: StreamState;
  chunks: AsyncGenerator<Uint8Array>;
}
interface StreamConfig {
  name: string;
  storage: string;
}
interface StreamState {
  last_seq: number;
}
/** A message as the archive keeps it. */
interface KeptMessage {
  subject: string;
  /** As on the wire (`NATS/1.0 …`), base64. */
  hdrs?: string;
  /** Base64. */
  data?: string;
}
interface StoredMessage extends KeptMessage {
  /** ISO 8601, by the clock of the server that stored it. */
  time: string;
}

/** The window in which nats-server sends before it waits for acknowledgements is 2 MB. */
const CHUNK_BYTES = 128 * 1024;
const ANSWER_MS = 30_000;
const NO_MESSAGE = 10_037;
const PREFIX = '_INBOX.backup';
/** What the publisher's first attempt was about, not this one. */
const NOT_AGAIN = /^Nats-Expected-/i;

/**
 * Streams with their consumers, by nats-server's own snapshots (ADR 2 of nats-architecture-and-design, `$JS.API.STREAM.SNAPSHOT`).
 * Key-value and object stores are streams too.
 */
export class JetStreams {
  private constructor(private readonly nats: NatsConnection) {}

  /** @throws CliError when NATS does not answer, or has no user for backups */
  static async connect({ url, user, password }: NatsPlace): Promise<JetStreams> {
    try {
      const options = { servers: url, user, pass: password, inboxPrefix: PREFIX, reconnect: false, timeout: 10_000 };
      return new JetStreams(await connect({ ...options, name: 'muster backup' }));
    } catch (error) {
      const refused = /authorization/i.test((error as Error).message);
      throw refused
        ? new CliError(
            EXIT.noPermission,
            'NATS does not let the user "backup" in.',
            'Restart NATS after "muster setup" has made secrets/nats-backup.',
            { cause: error },
          )
        : new CliError(EXIT.unavailable, `NATS does not answer: ${(error as Error).message}`, 'Run "muster doctor".');
    }
  }

  async names(): Promise<string[]> {
    const names: string[] = [];
    for (;;) {
      const page = await this.ask<{ streams: string[] | null; total: number }>('STREAM.NAMES', {
        offset: names.length,
      });
      names.push(...(page.streams ?? []));
      if (names.length >= page.total || !page.streams?.length) return names;
    }
  }

  info(name: string): Promise<{ config: StreamConfig; state: StreamState }> {
    return this.ask(`STREAM.INFO.${name}`, {});
  }

  /** @throws Error of nats-server; streams in memory have none */
  async snapshot(name: string): Promise<StreamSnapshot> {
    const inbox = createInbox(PREFIX);
    const subscription = this.nats.subscribe(inbox);
    try {
      const request = { deliver_subject: inbox, chunk_size: CHUNK_BYTES, no_consumers: false };
      const found = await this.ask<{ config: StreamConfig; state: StreamState }>(`STREAM.SNAPSHOT.${name}`, request);
      return { ...found, chunks: chunksOf(name, subscription) };
    } catch (error) {
      subscription.unsubscribe();
      throw error;
    }
  }

  /** Makes a stream that is not there, with its consumers as they were. */
  async restore(config: object, state: object, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const { name } = config as StreamConfig;
    const { deliver_subject: to } = await this.ask<{ deliver_subject: string }>(`STREAM.RESTORE.${name}`, {
      config,
      state,
    });
    for await (const chunk of chunks) fault(await this.nats.request(to, chunk, { timeout: ANSWER_MS }));
    // Only now it is made; a large one takes time.
    fault(await this.nats.request(to, new Uint8Array(), { timeout: 600_000 }));
  }

  /** Messages of a stream after one number and up to another, a JSON line each. */
  async *messages(name: string, after: number, last: number): AsyncGenerator<Buffer> {
    for (let seq = after + 1; seq <= last; seq += 1) {
      const { message } = await this.ask<{ message?: KeptMessage }>(`STREAM.MSG.GET.${name}`, { seq }, [NO_MESSAGE]);
      if (!message) continue;
      const { subject, hdrs, data } = message;
      yield Buffer.from(`${JSON.stringify({ subject, hdrs, data })}\n`);
    }
  }

  /** Up to so many of the newest messages, the newest first, with the time at which the server got each. */
  async newest(name: string, count: number): Promise<{ at: Date; text: string }[]> {
    const { state } = await this.info(name);
    const found: { at: Date; text: string }[] = [];
    for (let seq = state.last_seq; seq > 0 && seq > state.last_seq - count; seq -= 1) {
      const { message } = await this.ask<{ message?: StoredMessage }>(`STREAM.MSG.GET.${name}`, { seq }, [NO_MESSAGE]);
      if (message)
        found.push({ at: new Date(message.time), text: Buffer.from(message.data ?? '', 'base64').toString() });
    }
    return found;
  }

  /** Publishes what `messages` gave, in order. What the stream has already, by its message id, it leaves out. */
  async publish(lines: AsyncIterable<string>): Promise<number> {
    let count = 0;
    for await (const line of lines) {
      const { subject, hdrs, data } = JSON.parse(line) as KeptMessage;
      const options = { timeout: ANSWER_MS, ...(hdrs ? { headers: headersIn(hdrs) } : {}) };
      fault(await this.nats.request(subject, Buffer.from(data ?? '', 'base64'), options));
      count += 1;
    }
    return count;
  }

  async close(): Promise<void> {
    await this.nats.close();
  }

  private async ask<T>(verb: string, body: object, tolerated: readonly number[] = []): Promise<T> {
    const reply = await this.nats.request(`$JS.API.${verb}`, JSON.stringify(body), { timeout: ANSWER_MS });
    return fault(reply, tolerated) as T;
  }
}

async function* chunksOf(
  name: string,
  subscription: ReturnType<NatsConnection['subscribe']>,
): AsyncGenerator<Uint8Array> {
  let timer: NodeJS.Timeout | undefined;
  const silence = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => subscription.unsubscribe(), ANSWER_MS);
  };
  try {
    silence();
    for await (const message of subscription) {
      if (message.data.length === 0) {
        const { code = 0, description = '' } = message.headers ?? {};
        if (code >= 300) throw new Error(`the snapshot of ${name} ended: ${code} ${description}`);
        return;
      }
      clearTimeout(timer);
      yield message.data; // and only when it is written the next ones are asked for
      message.respond();
      silence();
    }
    throw new Error(`the snapshot of ${name} stopped coming`);
  } finally {
    clearTimeout(timer);
    subscription.unsubscribe();
  }
}

interface ApiReply {
  error?: { err_code?: number; description: string };
}

/** @throws Error in nats-server's words */
function fault({ data }: { data: Uint8Array }, tolerated: readonly number[] = []): unknown {
  if (data.length === 0) return {};
  const reply = JSON.parse(Buffer.from(data).toString()) as ApiReply;
  if (reply.error && !tolerated.includes(reply.error.err_code ?? 0)) throw new Error(reply.error.description);
  return reply;
}

function headersIn(base64: string): ReturnType<typeof headers> {
  const found = headers();
  for (const line of Buffer.from(base64, 'base64').toString().split('\r\n').slice(1)) {
    const [, name = '', value = ''] = /^([^:]+):\s*(.*)$/.exec(line) ?? [];
    if (name && !NOT_AGAIN.test(name)) found.append(name, value);
  }
  return found;
}

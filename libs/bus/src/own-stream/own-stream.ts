import { Inject, Injectable } from '@nestjs/common';
import {
  DiscardPolicy,
  jetstream,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import { headers as newHeaders, nanos } from '@nats-io/transport-node';
import { Connection, type Link } from '../connection';
import { BUS_OPTIONS, type BusOptions } from '../options';
import { ownStreamOf, type OwnStreamPlace } from '../streams';
import { unavailable } from '../wire/unavailable';
import { unlessLost } from '../wire/unless-lost';

/** Milliseconds that JetStream has to answer. */
const ANSWER_MS = 5000;
/** Milliseconds that a listing waits for the next record before it counts as complete. */
const LIST_MS = 1000;
const PAGE = 1000;
const EXPIRES = 'Muster-Expires';
const SIZE = 'Nats-Msg-Size';
const ONCE = 'Nats-Msg-Id';
/** Milliseconds in which the server takes a record that may be there once for the one it has. */
const ONCE_MS = 120_000;

export interface OwnStreamSettings {
  /** Bytes, reserved on the server's disk. When it is full it refuses. */
  maxBytes: number;
  /** Seconds after which a record goes, whatever it says of itself. */
  maxAgeSeconds: number;
}

export interface OwnRecord {
  /** Its number: grows in the order in which records were stored, and is never given again. */
  sequence: number;
  key: string;
  bytes: number;
  expiresAt: Date;
  /** What it was to be there once by, where it was. */
  once?: string;
}

/**
 * A stream that one service keeps for itself, in the JetStream domain of the server that it is connected to: behind a leaf
 * node it is there while the link to the hub is cut. Records have a key, any text, and leave one by one. The service is
 * one process: nobody else writes.
 *
 * All methods throw AppError `unavailable` when NATS is away, does not answer, or has no room.
 */
@Injectable()
export class OwnStream {
  private readonly stream: OwnStreamPlace;

  constructor(
    @Inject(BUS_OPTIONS) { service }: BusOptions,
    @Inject(Connection) private readonly connection: Connection,
  ) {
    const stream = ownStreamOf(service);
    if (!stream) throw new Error(`${service} has no stream of its own`);
    this.stream = stream;
  }

  /** Calls the listener for the present connection to NATS, if any, and for each that comes; `lost` aborts with it. */
  onLink(listener: (lost: AbortSignal) => void): void {
    const tell = (): void => {
      if (this.connection.connected) listener(this.connection.require().lost);
    };
    this.connection.onReconnect(tell);
    void this.connection.link(new AbortController().signal).then(tell);
  }

  /** Makes the stream, or changes it to these settings. */
  async ensure({ maxBytes, maxAgeSeconds }: OwnStreamSettings): Promise<void> {
    const { name, prefix } = this.stream;
    const config = {
      subjects: [`${prefix}.>`],
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.New,
      max_bytes: maxBytes,
      max_age: nanos(maxAgeSeconds * 1000),
      duplicate_window: nanos(Math.min(ONCE_MS, maxAgeSeconds * 1000)),
      allow_direct: true,
    };
    await this.ask(`making ${name}`, async (manager) => {
      try {
        await manager.streams.update(name, config);
      } catch (error) {
        if (!(error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound)) throw error;
        await manager.streams.add({ name, ...config });
      }
    });
  }

  /**
   * @param once names the record, ASCII: of those with the same name that come within two minutes the first one is kept
   * @returns the record's number, once it is stored; that of the first one where it came before
   */
  async add(key: string, body: string, expiresAt: Date, once?: string): Promise<number> {
    const headers = newHeaders();
    headers.set(EXPIRES, String(expiresAt.getTime()));
    const { nats, lost } = this.connection.require();
    const subject = `${this.stream.prefix}.${tokenOf(key)}`;
    const options = { headers, timeout: ANSWER_MS, ...(once !== undefined && { msgID: once }) };
    try {
      return (await unlessLost(lost, jetstream(nats).publish(subject, body, options))).seq;
    } catch (error) {
      throw unavailable(`${this.stream.name} did not take a record`, error);
    }
  }

  /** Undefined when it is gone. */
  async read(sequence: number): Promise<{ body: string; storedAt: Date } | undefined> {
    return this.ask(`reading ${this.stream.name}`, async (manager) => {
      try {
        const found = await manager.direct.getMessage(this.stream.name, { seq: sequence });
        return found ? { body: found.string(), storedAt: found.time } : undefined;
      } catch (error) {
        if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.NoMessageFound) return undefined;
        throw error;
      }
    });
  }

  async remove(sequence: number): Promise<void> {
    await this.ask(`removing from ${this.stream.name}`, async (manager) => {
      try {
        await manager.streams.deleteMessage(this.stream.name, sequence, false);
      } catch (error) {
        // It went by itself.
        if (!(error instanceof JetStreamApiError)) throw error;
      }
    });
  }

  /** All records, oldest first, without their bodies. */
  async *list(): AsyncGenerator<OwnRecord> {
    const { name, prefix } = this.stream;
    const link = this.connection.require();
    const { state } = await this.ask(`reading ${name}`, (manager) => manager.streams.info(name));
    if (state.messages === 0) return;
    const consumer = await this.during(link, jetstream(link.nats).consumers.get(name, { headers_only: true }));
    for (;;) {
      let came = 0;
      const page = await this.during(link, consumer.fetch({ max_messages: PAGE, expires: LIST_MS }));
      for await (const { subject, seq, headers, info } of page) {
        came++;
        const once = headers?.get(ONCE);
        yield {
          sequence: seq,
          key: decodeURIComponent(subject.slice(prefix.length + 1)),
          bytes: Number(headers?.get(SIZE) ?? 0),
          expiresAt: new Date(Number(headers?.get(EXPIRES) ?? 0)),
          ...(once && { once }),
        };
        if (info.pending === 0) return;
      }
      link.lost.throwIfAborted();
      // It is not at its end: half a list would be taken for the whole.
      if (came === 0) throw unavailable(`listing ${name} failed`, new Error('no more records came'));
    }
  }

  private async ask<T>(doing: string, work: (manager: JetStreamManager) => Promise<T>): Promise<T> {
    const link = this.connection.require();
    try {
      const manager = await jetstreamManager(link.nats, { checkAPI: false, timeout: ANSWER_MS });
      return await unlessLost(link.lost, work(manager));
    } catch (error) {
      throw unavailable(`${doing} failed`, error);
    }
  }

  private async during<T>({ lost }: Link, work: Promise<T>): Promise<T> {
    try {
      return await unlessLost(lost, work);
    } catch (error) {
      throw unavailable(`listing ${this.stream.name} failed`, error);
    }
  }
}

/** One token of a subject, for any text: what NATS treats specially is escaped, and so is everything that is not ASCII. */
const tokenOf = (key: string): string => encodeURIComponent(key).replaceAll('.', '%2E').replaceAll('*', '%2A');

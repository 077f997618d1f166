import { Inject, Injectable, Logger } from '@nestjs/common';
import { allEvents } from '@muster/contracts';
import {
  DiscardPolicy,
  jetstreamManager,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import type { Link } from '../connection';
import { BUS_OPTIONS, type BusOptions } from '../options';
import { DEAD_LETTER_PREFIX, PRESENCE_BYTES, REPLAY_PREFIX, type StreamName, streamOf, usesStreams } from '../streams';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

type Wanted = Pick<StreamConfig, 'subjects' | 'storage' | 'retention' | 'discard' | 'max_age' | 'duplicate_window'> &
  Partial<Pick<StreamConfig, 'max_bytes' | 'allow_direct'>>;

const subjectsOf = (stream: StreamName): string[] =>
  allEvents()
    .filter((event) => streamOf(event) === stream)
    .map((event) => event.subject);

/**
 * EVENTS refuses when it is full, so that a publisher knows and keeps its event; PRESENCE forgets the oldest, which a
 * snapshot replaces. The windows are how long a repetition by message id is recognised.
 */
const wanted = (): Record<StreamName, Wanted> => ({
  EVENTS: {
    subjects: subjectsOf('EVENTS'),
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.New,
    max_age: nanos(7 * DAY),
    duplicate_window: nanos(15 * MINUTE),
  },
  PRESENCE: {
    subjects: subjectsOf('PRESENCE'),
    storage: StorageType.Memory,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    max_age: nanos(15 * MINUTE),
    max_bytes: PRESENCE_BYTES,
    duplicate_window: nanos(2 * MINUTE),
  },
  REPLAYS: {
    subjects: [`${REPLAY_PREFIX}.>`],
    storage: StorageType.File,
    retention: RetentionPolicy.Workqueue,
    discard: DiscardPolicy.New,
    max_age: nanos(30 * DAY),
    duplicate_window: nanos(15 * MINUTE),
  },
  DEAD_LETTERS: {
    subjects: [`${DEAD_LETTER_PREFIX}.>`],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.New,
    max_age: nanos(90 * DAY),
    allow_direct: true,
    duplicate_window: nanos(15 * MINUTE),
  },
});

/**
 * Makes the hub's streams, or extends them, once for each link to NATS: a memory stream is gone after a restart.
 * Any service may be first; none takes away a subject that a newer version of another has added.
 */
@Injectable()
export class StreamKeeper {
  private readonly log = new Logger('Bus');
  private readonly done = new WeakMap<AbortSignal, Promise<void>>();

  constructor(@Inject(BUS_OPTIONS) private readonly options: BusOptions) {}

  /** Fulfilled when the streams are there. Does nothing for services that use none. */
  ensure(link: Link): Promise<void> {
    if (!usesStreams(this.options.service)) return Promise.resolve();
    const known = this.done.get(link.lost);
    if (known) return known;
    const attempt = this.ensureAll(link);
    this.done.set(link.lost, attempt);
    attempt.catch(() => this.done.delete(link.lost));
    return attempt;
  }

  /** Somebody found a stream missing: look again at the next `ensure`. */
  forget(link: Link): void {
    this.done.delete(link.lost);
  }

  private async ensureAll(link: Link): Promise<void> {
    const manager = await jetstreamManager(link.nats, { checkAPI: false });
    for (const [name, config] of Object.entries(wanted())) await this.ensureOne(manager, name, config);
  }

  private async ensureOne(manager: JetStreamManager, name: string, config: Wanted): Promise<void> {
    const existing = await configOf(manager, name);
    if (!existing) {
      try {
        await manager.streams.add({ name, ...config });
        this.log.log({ message: 'stream made', stream: name });
        return;
      } catch (error) {
        // Another service may have made it in this moment, with a contract more or less.
        if (!(error instanceof JetStreamApiError)) throw error;
      }
    }
    const current = existing ?? (await configOf(manager, name));
    if (!current) throw new Error(`stream ${name} could not be made`);
    const merged = { ...config, subjects: [...new Set([...current.subjects, ...config.subjects])] };
    if (differs(current, merged)) {
      await manager.streams.update(name, merged);
      this.log.log({ message: 'stream changed', stream: name });
    }
  }
}

async function configOf(manager: JetStreamManager, name: string): Promise<StreamConfig | undefined> {
  try {
    return (await manager.streams.info(name)).config;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound) return undefined;
    throw error;
  }
}

const differs = (current: StreamConfig, merged: Wanted): boolean =>
  merged.subjects.some((subject) => !current.subjects.includes(subject)) ||
  merged.max_age !== current.max_age ||
  merged.duplicate_window !== current.duplicate_window ||
  merged.discard !== current.discard ||
  (merged.max_bytes ?? -1) !== current.max_bytes;

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
import { BUS_OPTIONS, type BusOptions, REPORTS_STREAM_BYTES } from '../options';
import {
  DEAD_LETTER_PREFIX,
  PRESENCE_BYTES,
  REPLAY_PREFIX,
  type StreamName,
  STREAMS,
  streamOf,
  streamsOf,
} from '../streams';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** nats-server takes none for its default, two minutes, and later ones refuse what is shorter. Milliseconds. */
const SHORTEST_WINDOW = 100;

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
const wanted = (): Record<(typeof STREAMS)[number], Wanted> => ({
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
 * A report that was handled is gone. Refuses when it is full: the devices' spools are the next store. Reports carry no
 * message id, since they are told apart in the database for as long as they may come again; so there is no window.
 */
const reports = (name: StreamName, maxBytes: number): Wanted => ({
  subjects: subjectsOf(name),
  storage: StorageType.File,
  retention: RetentionPolicy.Workqueue,
  discard: DiscardPolicy.New,
  max_age: nanos(8 * DAY),
  max_bytes: maxBytes,
  duplicate_window: nanos(SHORTEST_WINDOW),
});

/**
 * Makes the hub's streams, or extends them, once for each link to NATS: a memory stream is gone after a restart.
 * Any service may be first; none takes away a subject that a newer version of another has added.
 */
@Injectable()
export class StreamKeeper {
  private readonly log = new Logger('Bus');
  private readonly done = new WeakMap<AbortSignal, Map<StreamName, Promise<void>>>();

  constructor(@Inject(BUS_OPTIONS) private readonly options: BusOptions) {}

  /**
   * Fulfilled when the stream is there. All that the service works on are made at the first call on a link; one that cannot
   * be made, for want of disk, does not keep the service from the others.
   */
  ensure(link: Link, name: StreamName): Promise<void> {
    let known = this.done.get(link.lost);
    if (!known) {
      known = new Map();
      this.done.set(link.lost, known);
      for (const one of streamsOf(this.options.service)) this.attempt(link, one, known).catch(() => undefined);
    }
    return known.get(name) ?? this.attempt(link, name, known);
  }

  /** Somebody found the stream missing: look again at the next `ensure`. */
  forget(link: Link, name: StreamName): void {
    this.done.get(link.lost)?.delete(name);
  }

  private attempt(link: Link, name: StreamName, known: Map<StreamName, Promise<void>>): Promise<void> {
    const attempt = this.make(link, name);
    known.set(name, attempt);
    attempt.catch(() => known.delete(name));
    return attempt;
  }

  private async make(link: Link, name: StreamName): Promise<void> {
    const manager = await jetstreamManager(link.nats, { checkAPI: false });
    const shared = STREAMS.find((one) => one === name);
    const bytes = this.options.reportsStreamBytes ?? REPORTS_STREAM_BYTES;
    await this.ensureOne(manager, name, shared ? wanted()[shared] : reports(name, bytes));
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

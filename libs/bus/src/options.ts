import type { ServiceName } from '@muster/contracts';

/** Token of the `BusOptions`; a global module of the application provides it. */
export const BUS_OPTIONS = Symbol('BUS_OPTIONS');

export interface BusOptions {
  /** `nats://host:port`, or several with commas. */
  url: string;
  user: string;
  password: string;
  service: ServiceName;
  /** Names this process in the server's list of connections; the service's name when absent. */
  name?: string;
  /**
   * Milliseconds before an event comes again whose handling failed; when it fails after the last one it is given up. Each
   * process counts for itself.
   */
  retryDelaysMs?: readonly number[];
  /**
   * Deliveries of one event of which none came to an end, after which it is given up; 100 when absent. The event itself may
   * be what ends the process, and so must not come for ever. JetStream counts deliveries and not what became of them, so
   * that a clean stop, which gives back what is in hand, counts as a death in the middle does. Hence so many: nobody restarts
   * a service that often while what it needs is away, and an event that kills its process each time still becomes a dead
   * letter, after about an hour (half a minute each).
   */
  mostInterruptions?: number;
  /** Most bytes of reports that wait to be handled, reserved on the hub's disk; 1 GiB when absent. Then it refuses. */
  reportsStreamBytes?: number;
}

/** Five tries within a minute and a half. */
export const RETRY_DELAYS_MS: readonly number[] = [1000, 5000, 15_000, 60_000];

export const MOST_INTERRUPTIONS = 100;

export const REPORTS_STREAM_BYTES = 1024 ** 3;

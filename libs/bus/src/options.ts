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
  /** Milliseconds before an event comes again whose handling failed; after the last one it is given up. */
  retryDelaysMs?: readonly number[];
  /** Most bytes of reports that wait to be handled, reserved on the hub's disk; 1 GiB when absent. Then it refuses. */
  reportsStreamBytes?: number;
}

/** Five deliveries within a minute and a half. */
export const RETRY_DELAYS_MS: readonly number[] = [1000, 5000, 15_000, 60_000];

export const REPORTS_STREAM_BYTES = 1024 ** 3;

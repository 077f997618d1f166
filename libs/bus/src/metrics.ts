/** What the bus counts. `service-kit` registers these names with Prometheus; labels are given with each call. */
export const BUS_COUNTERS = {
  muster_bus_published_total: 'Events published, by subject and outcome (ok, failed).',
  muster_bus_requests_total: 'Requests made, by subject and outcome (ok or the error code).',
  muster_bus_handled_total: 'Messages handled, by subject and outcome (ok, retried, or the error code).',
  muster_bus_dead_letters_total: 'Events given up, by subject and reason.',
  muster_bus_dropped_total: 'Ephemeral events dropped because they were not what their contract says, by subject.',
  muster_bus_connections_total: 'Times that a connection to NATS was made.',
} as const;
export const BUS_HISTOGRAMS = {
  muster_bus_request_seconds: 'Time until a request was answered, by subject.',
  muster_bus_handling_seconds: 'Time that a handler took for a message or batch, by subject.',
} as const;
export type BusCounter = keyof typeof BUS_COUNTERS;
export type BusHistogram = keyof typeof BUS_HISTOGRAMS;
export type BusLabels = Readonly<Partial<Record<'subject' | 'outcome' | 'reason', string>>>;

/** Injection token and interface at once. The bus counts into nothing when no module provides one. */
export abstract class BusMetrics {
  abstract inc(counter: BusCounter, labels: BusLabels, by?: number): void;
  abstract observe(histogram: BusHistogram, labels: BusLabels, seconds: number): void;
}

export class NoMetrics extends BusMetrics {
  inc(): void {}
  observe(): void {}
}

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
export const BUS_GAUGES = {
  muster_bus_waiting: 'Messages of a stream that waited to be handled at the last look, by subject.',
  muster_bus_delay_seconds: 'Age of the oldest message at the last look; 0 when nothing waited, by subject.',
} as const;
export type BusCounter = keyof typeof BUS_COUNTERS;
export type BusHistogram = keyof typeof BUS_HISTOGRAMS;
export type BusGauge = keyof typeof BUS_GAUGES;
export type BusLabels = Readonly<Partial<Record<'subject' | 'outcome' | 'reason', string>>>;

/** Injection token and interface at once. The bus counts into nothing when no module provides one. */
export abstract class BusMetrics {
  abstract inc(counter: BusCounter, labels: BusLabels, by?: number): void;
  abstract observe(histogram: BusHistogram, labels: BusLabels, seconds: number): void;
  abstract set(gauge: BusGauge, labels: BusLabels, value: number): void;
}

export class NoMetrics extends BusMetrics {
  inc(): void {}
  observe(): void {}
  set(): void {}
}

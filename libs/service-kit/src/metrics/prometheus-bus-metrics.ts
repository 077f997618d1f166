import {
  BUS_COUNTERS,
  BUS_GAUGES,
  BUS_HISTOGRAMS,
  type BusCounter,
  type BusGauge,
  type BusHistogram,
  type BusLabels,
  BusMetrics,
} from '@muster/bus';
import type { Counter, Gauge, Histogram } from 'prom-client';
import type { Metrics } from './metrics';

const LABELS = ['subject', 'outcome', 'reason'] as const;
type Label = (typeof LABELS)[number];

/** Counts what the bus does in the service's registry. */
export class PrometheusBusMetrics extends BusMetrics {
  private readonly counters = new Map<BusCounter, Counter<Label>>();
  private readonly histograms = new Map<BusHistogram, Histogram<Label>>();
  private readonly gauges = new Map<BusGauge, Gauge<Label>>();

  constructor(metrics: Metrics) {
    super();
    for (const [name, help] of Object.entries(BUS_COUNTERS)) {
      this.counters.set(name as BusCounter, metrics.counter(name, help, LABELS));
    }
    for (const [name, help] of Object.entries(BUS_HISTOGRAMS)) {
      this.histograms.set(name as BusHistogram, metrics.histogram(name, help, LABELS));
    }
    for (const [name, help] of Object.entries(BUS_GAUGES)) {
      this.gauges.set(name as BusGauge, metrics.gauge(name, help, LABELS));
    }
  }

  inc(counter: BusCounter, labels: BusLabels, by = 1): void {
    this.counters.get(counter)?.inc({ ...labels }, by);
  }

  observe(histogram: BusHistogram, labels: BusLabels, seconds: number): void {
    this.histograms.get(histogram)?.observe({ ...labels }, seconds);
  }

  set(gauge: BusGauge, labels: BusLabels, value: number): void {
    this.gauges.get(gauge)?.set({ ...labels }, value);
  }
}

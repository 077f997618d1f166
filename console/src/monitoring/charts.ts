import type { Range, SeriesPoint } from '@muster/contracts';
import type { MessageId } from '../messages/languages';
import type { Track } from './track';

export const CHARTS = ['cpu', 'memory', 'load', 'disks', 'network', 'throughput', 'temperatures'] as const;
export type ChartName = (typeof CHARTS)[number];
export type Unit = 'percent' | 'bytes' | 'bytesPerSecond' | 'celsius' | 'number';
export type Values = (number | null)[];

/** A line, and where there are several samples in a point, the band from lowest to highest. */
export interface Line {
  /** A message, or the device's own name for it with a message. */
  label: MessageId;
  name?: string;
  mean: Values;
  low?: Values;
  high?: Values;
}
export interface ChartData {
  chart: ChartName;
  unit: Unit;
  lines: Line[];
  /** Lines that are only in the table: more than one can tell apart. */
  more: number;
}

/** Lines that one can tell apart in one chart. */
const MOST_LINES = 8;

/** What each chart shows of a track; charts without a single value are left out. */
export function chartsOf({ points }: Track): ChartData[] {
  const line = (label: MessageId, of: (point: SeriesPoint) => Range | undefined): Line => ({
    label,
    mean: points.map((point) => (point && of(point)?.mean) ?? null),
    low: points.map((point) => (point && of(point)?.low) ?? null),
    high: points.map((point) => (point && of(point)?.high) ?? null),
  });
  const single = (label: MessageId, of: (point: SeriesPoint) => number | undefined): Line => ({
    label,
    mean: points.map((point) => (point && of(point)) ?? null),
  });
  const all: [ChartName, Unit, Line[]][] = [
    ['cpu', 'percent', [line('monitoring.line.cpu', ({ cpuPercent }) => cpuPercent)]],
    [
      'memory',
      'bytes',
      [
        line('monitoring.line.memoryUsed', ({ memoryUsedBytes }) => memoryUsedBytes),
        single('monitoring.line.memory', ({ memoryBytes }) => memoryBytes),
        line('monitoring.line.swap', ({ swapUsedBytes }) => swapUsedBytes),
      ],
    ],
    ['load', 'number', [line('monitoring.line.load', ({ loadAverage }) => loadAverage)]],
    ['disks', 'percent', disks(points)],
    ['network', 'bytesPerSecond', networks(points)],
    [
      'throughput',
      'bytesPerSecond',
      [
        line('monitoring.line.diskRead', ({ diskReadPerSecond }) => diskReadPerSecond),
        line('monitoring.line.diskWritten', ({ diskWrittenPerSecond }) => diskWrittenPerSecond),
      ],
    ],
    ['temperatures', 'celsius', temperatures(points)],
  ];
  return all
    .map(([chart, unit, lines]) => {
      const used = lines.filter(({ mean }) => mean.some((value) => value !== null));
      const ranked = used.length > MOST_LINES ? [...used].sort((a, b) => highest(b) - highest(a)) : used;
      return { chart, unit, lines: ranked, more: Math.max(0, used.length - MOST_LINES) };
    })
    .filter(({ lines }) => lines.length > 0);
}

/** The lines of a chart that are drawn. */
export const drawn = ({ lines }: ChartData): Line[] => lines.slice(0, MOST_LINES);

/** Highest and lowest value and the mean of a line; undefined where it has none. */
export function summaryOf({ mean, low, high }: Line): Range | undefined {
  const values = mean.filter((value) => value !== null);
  if (values.length === 0) return undefined;
  const extreme = (of: Values | undefined, choose: (a: number, b: number) => number) =>
    (of ?? mean).reduce<number>((best, value) => (value === null ? best : choose(best, value)), values[0] ?? 0);
  return {
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    low: extreme(low, Math.min),
    high: extreme(high, Math.max),
  };
}

const highest = (line: Line): number => summaryOf(line)?.high ?? 0;

type Points = Track['points'];

/** Lines of things that have names, in the order in which they appear. */
function named<T>(
  points: Points,
  label: MessageId,
  listOf: (point: SeriesPoint) => readonly T[],
  nameOf: (one: T) => string,
  valueOf: (one: T) => number | undefined,
): Line[] {
  const lines = new Map<string, Line>();
  for (const [index, point] of points.entries()) {
    for (const one of point ? listOf(point) : []) {
      const name = nameOf(one);
      const line = lines.get(name) ?? { label, name, mean: Array<number | null>(points.length).fill(null) };
      line.mean[index] = valueOf(one) ?? null;
      lines.set(name, line);
    }
  }
  return [...lines.values()];
}

const disks = (points: Points): Line[] =>
  named(
    points,
    'monitoring.line.disk',
    (point) => point.disks,
    ({ mountPoint }) => mountPoint,
    ({ usedBytes, sizeBytes }) => (sizeBytes > 0 ? (100 * usedBytes) / sizeBytes : undefined),
  );
const temperatures = (points: Points): Line[] =>
  named(
    points,
    'monitoring.line.temperature',
    (point) => point.temperatures,
    ({ name }) => name,
    ({ celsius }) => celsius,
  );
function networks(points: Points): Line[] {
  const of = (label: MessageId, field: 'receivedPerSecond' | 'sentPerSecond') =>
    named(
      points,
      label,
      (point) => point.networks,
      ({ name }) => name,
      (network) => network[field],
    );
  const sent = of('monitoring.line.sent', 'sentPerSecond');
  return of('monitoring.line.received', 'receivedPerSecond').flatMap((line) => [
    line,
    ...sent.filter(({ name }) => name === line.name),
  ]);
}

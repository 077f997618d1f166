import { Decimal, Instant, List, Nested, nested, OneOf, Text, Whole } from '../schema/fields';
import { defineEvent } from '../wire/bus';
import { ById } from '../wire/page';
import { defineRoute, device, may } from '../wire/route';
import { Report, ReportBatch, Reported, ReportedItem, ReportsTaken } from './reports';

const bytes = { min: 0, max: Number.MAX_SAFE_INTEGER } as const;

export class SampleDisk {
  @Text({ min: 1, max: 512 }) mountPoint: string;
  @Whole({ ...bytes, about: 'Bytes.' }) usedBytes: number;
  @Whole({ ...bytes, about: 'Bytes.' }) sizeBytes: number;
}
export class SampleNetwork {
  @Text({ min: 1, max: 128 }) name: string;
  @Decimal({ min: 0, max: 1e13, about: 'Bytes a second since the last sample.' }) receivedPerSecond: number;
  @Decimal({ min: 0, max: 1e13, about: 'Bytes a second since the last sample.' }) sentPerSecond: number;
}
export class SampleTemperature {
  @Text({ min: 1, max: 128 }) name: string;
  @Decimal({ min: -273.15, max: 1000, about: 'Degrees Celsius.' }) celsius: number;
}
export class SampleProcess {
  @Whole({ min: 0, max: 4_294_967_295 }) pid: number;
  @Text({ max: 255 }) name: string;
  @Decimal({ min: 0, max: 100_000, about: 'Per cent of one processor.' }) cpuPercent: number;
  @Whole({ ...bytes, about: 'Resident bytes.' }) memoryBytes: number;
  @Text({ max: 200, optional: true }) user?: string;
}

/** How a device is doing at one moment. What an agent cannot read it leaves out. */
export class Sample {
  @Decimal({ min: 0, max: 100, optional: true, about: 'Per cent of all processors since the last sample.' })
  cpuPercent?: number;
  @Decimal({ min: 0, max: 1e6, optional: true, about: 'Over one minute.' }) loadAverage?: number;
  @Whole({ ...bytes, optional: true, about: 'Bytes that programs use; caches do not count.' })
  memoryUsedBytes?: number;
  @Whole({ ...bytes, optional: true, about: 'Bytes.' }) memoryBytes?: number;
  @Whole({ ...bytes, optional: true, about: 'Bytes.' }) swapUsedBytes?: number;
  @Decimal({ min: 0, max: 1e13, optional: true, about: 'Bytes a second since the last sample, all disks.' })
  diskReadPerSecond?: number;
  @Decimal({ min: 0, max: 1e13, optional: true, about: 'Bytes a second since the last sample, all disks.' })
  diskWrittenPerSecond?: number;
  @Decimal({ min: 0, max: 1e10, optional: true, about: 'Seconds since the device started.' }) uptimeSeconds?: number;
  @Whole({ min: 0, max: 10_000_000, optional: true }) processCount?: number;
  @List(nested(() => SampleDisk), { max: 256 }) disks: SampleDisk[];
  @List(nested(() => SampleNetwork), { max: 256 }) networks: SampleNetwork[];
  @List(nested(() => SampleTemperature), { max: 256 }) temperatures: SampleTemperature[];
  @List(nested(() => SampleProcess), { max: 20, about: 'Those that use most, by processor and by memory.' })
  processes: SampleProcess[];
}
export class SampleReport extends Report {
  @OneOf(['sample']) kind: 'sample';
  @Nested(() => Sample) sample: Sample;
}

export const reportToRmm = defineRoute({
  service: 'rmm-logs',
  face: 'worker',
  method: 'POST',
  path: '/reports/rmm',
  access: device,
  summary: 'Hand in samples and agent logs: SampleReport and LogReport',
  body: ReportBatch,
  bodyLimit: 1024 * 1024,
  gzip: true,
  accepted: true,
  reply: ReportsTaken,
});

/** In the form in which it is stored: JSON without the names of fields, a third of what the device sent. */
export class MeasuredSample extends ReportedItem {
  @Text({ min: 2, max: 1_048_576 }) measured: string;
}
export class SamplesMeasured extends Reported {
  @List(nested(() => MeasuredSample), { min: 1, max: 500 }) samples: MeasuredSample[];
}
export const samplesMeasured = defineEvent({
  subject: 'report.samples.v2',
  delivery: 'reported',
  payload: SamplesMeasured,
  publishers: ['rmm-logs'],
  consumers: ['rmm-logs'],
});

export class ReportedSample extends ReportedItem {
  @Nested(() => Sample) sample: Sample;
}
export class SamplesReported extends Reported {
  @List(nested(() => ReportedSample), { min: 1, max: 500 }) samples: ReportedSample[];
}
/** What earlier versions published, which may still wait on the stream. */
export const samplesReported = defineEvent({
  subject: 'report.samples.v1',
  delivery: 'reported',
  payload: SamplesReported,
  publishers: ['rmm-logs'],
  consumers: ['rmm-logs'],
});

const own = { service: 'rmm-logs', face: 'manager', method: 'GET', access: may('monitoring.read') } as const;

export class SeriesQuery {
  @Instant() from: string;
  @Instant() to: string;
  @Whole({ min: 10, max: 1000, optional: true, about: 'Most points wanted; 300 when absent.' }) points?: number;
}
/** Mean, lowest and highest value within a point's stretch of time. */
export class Range {
  @Decimal({ min: -1e16, max: 1e16 }) mean: number;
  @Decimal({ min: -1e16, max: 1e16 }) low: number;
  @Decimal({ min: -1e16, max: 1e16 }) high: number;
}
export class DiskPoint {
  @Text({ max: 512 }) mountPoint: string;
  @Whole({ ...bytes, about: 'Highest in the stretch, bytes.' }) usedBytes: number;
  @Whole(bytes) sizeBytes: number;
}
export class NetworkPoint {
  @Text({ max: 128 }) name: string;
  @Decimal({ min: 0, max: 1e13 }) receivedPerSecond: number;
  @Decimal({ min: 0, max: 1e13 }) sentPerSecond: number;
}
export class TemperaturePoint {
  @Text({ max: 128 }) name: string;
  @Decimal({ min: -273.15, max: 1000, about: 'Highest in the stretch.' }) celsius: number;
}
export class SeriesPoint {
  @Instant({ about: 'Where the stretch begins.' }) at: string;
  @Whole({ min: 1, max: 1_000_000, about: 'Samples in it.' }) samples: number;
  @Nested(() => Range, { optional: true }) cpuPercent?: Range;
  @Nested(() => Range, { optional: true }) loadAverage?: Range;
  @Nested(() => Range, { optional: true }) memoryUsedBytes?: Range;
  @Nested(() => Range, { optional: true }) swapUsedBytes?: Range;
  @Nested(() => Range, { optional: true }) diskReadPerSecond?: Range;
  @Nested(() => Range, { optional: true }) diskWrittenPerSecond?: Range;
  @Whole({ ...bytes, optional: true }) memoryBytes?: number;
  @Decimal({ min: 0, max: 1e10, optional: true, about: 'At the end of the stretch; a fall is a restart.' })
  uptimeSeconds?: number;
  @List(nested(() => DiskPoint), { max: 256 }) disks: DiskPoint[];
  @List(nested(() => NetworkPoint), { max: 256 }) networks: NetworkPoint[];
  @List(nested(() => TemperaturePoint), { max: 256 }) temperatures: TemperaturePoint[];
}
export class Series {
  @OneOf(['raw', 'hour'], { about: 'What the points are made of.' }) source: 'raw' | 'hour';
  @Whole({ min: 1, max: 31_622_400, about: 'Seconds that a point stands for.' }) stepSeconds: number;
  @List(nested(() => SeriesPoint), { max: 1000, about: 'Oldest first; stretches without samples are left out.' })
  points: SeriesPoint[];
}
export const readSeries = defineRoute({
  ...own,
  path: '/rmm/devices/:id/samples',
  summary: "A device's samples over a stretch of time, as points for a chart",
  params: ById,
  query: SeriesQuery,
  reply: Series,
  list: 'points',
});

export class MomentQuery {
  @Instant({ optional: true, about: 'The newest sample that is not newer; the newest of all when absent.' })
  at?: string;
}
export class DeviceSample {
  @Instant() at: string;
  @Nested(() => Sample) sample: Sample;
}
export const readSample = defineRoute({
  ...own,
  path: '/rmm/devices/:id/sample',
  summary: 'One sample of a device with the processes on top; not-found when there is none',
  params: ById,
  query: MomentQuery,
  reply: DeviceSample,
});

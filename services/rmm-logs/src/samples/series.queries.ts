import type { DeviceSample, Series, SeriesQuery } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import { DAY, HOUR, textOf } from './hour';
import { unpackDay } from './hourly-day';
import { type Measured, type Moment, type Processes, sampleOf } from './measured';
import { unpackHour, unpackMeasured } from './sample-hour';
import { planSeries, type SeriesPlan } from './steps';
import { Stretch } from './stretch';

type StoredSample = [...Measured, Processes];
/** A block, or a single sample that is in none yet: both from one statement, so that a roll-up cannot come between. */
interface SeriesRow {
  at: Date;
  block: Buffer | null;
  sample: StoredSample | null;
}

/** Where an hour or day that is looked for may begin before the time asked for. */
const SOURCE = {
  raw: { table: 'sample_hours', time: 'hour', block: 'measured', length: HOUR },
  hour: { table: 'samples_hourly', time: 'day', block: 'hours', length: DAY },
} as const;

export const seriesSql = (source: SeriesPlan['source']): string => {
  const { table, time, block } = SOURCE[source];
  return `
    SELECT ${time} AS at, ${block} AS block, NULL::json AS sample FROM rmm_logs.${table}
     WHERE organisation_id = $1 AND device_id = $2 AND ${time} > $3 AND ${time} < $5
    UNION ALL
    SELECT at, NULL, sample FROM rmm_logs.samples
     WHERE organisation_id = $1 AND device_id = $2 AND at >= $4 AND at < $5`;
};
export const seriesParameters = (organisationId: string, deviceId: string, plan: SeriesPlan): string[] => [
  organisationId,
  deviceId,
  textOf(plan.from - SOURCE[plan.source].length),
  textOf(plan.from),
  textOf(plan.to),
];

/** A device's samples as points for a chart, stretches without samples left out. */
export async function readSeries(
  manager: EntityManager,
  { organisationId, deviceId }: { organisationId: string; deviceId: string },
  query: SeriesQuery,
  kept: { raw: number; hourly: number; until: number },
): Promise<Series> {
  const plan = planSeries(query, kept);
  if (!plan) return { source: 'hour', stepSeconds: HOUR / 1000, points: [] };
  const rows: SeriesRow[] = await manager.query(
    seriesSql(plan.source),
    seriesParameters(organisationId, deviceId, plan),
  );
  const points = new Map<number, Stretch>();
  const pointOf = (at: number): Stretch => {
    const begin = Math.floor(at / plan.step) * plan.step;
    const point = points.get(begin) ?? new Stretch();
    points.set(begin, point);
    return point;
  };
  const inside = (at: number): boolean => at >= plan.from && at < plan.to;
  for (const { at, block, sample } of rows) {
    if (sample) pointOf(at.getTime()).add(at.getTime(), measuredPart(sample));
    else if (block) await addBlock(plan.source, block, inside, pointOf);
  }
  return {
    source: plan.source,
    stepSeconds: plan.step / 1000,
    points: [...points].toSorted(([a], [b]) => a - b).map(([begin, stretch]) => stretch.toPoint(begin)),
  };
}

async function addBlock(
  source: SeriesPlan['source'],
  block: Buffer,
  inside: (at: number) => boolean,
  pointOf: (at: number) => Stretch,
): Promise<void> {
  if (source === 'raw') {
    for (const { at, measured } of await unpackMeasured(block)) if (inside(at)) pointOf(at).add(at, measured);
  } else if (block.length > 0) {
    for (const [hour, stretch] of await unpackDay(block)) if (inside(hour)) pointOf(hour).merge(stretch);
  }
}

const measuredPart = ([values, disks, networks, temperatures]: StoredSample): Measured => [
  values,
  disks,
  networks,
  temperatures,
];

/**
 * The newest sample that is not newer than `at`. The hour of `at` may hold newer ones only, so the one before it is looked at
 * as well.
 */
export async function readSample(
  manager: EntityManager,
  { organisationId, deviceId }: { organisationId: string; deviceId: string },
  at: number,
): Promise<DeviceSample | undefined> {
  const rows = await manager.query<
    Array<{ at: Date; measured: Buffer | null; processes: Buffer | null; sample: StoredSample | null }>
  >(
    `(SELECT hour AS at, measured, processes, NULL::json AS sample FROM rmm_logs.sample_hours
       WHERE organisation_id = $1 AND device_id = $2 AND hour <= $3 ORDER BY hour DESC LIMIT 2)
     UNION ALL
     (SELECT at, NULL, NULL, sample FROM rmm_logs.samples
       WHERE organisation_id = $1 AND device_id = $2 AND at <= $3 ORDER BY at DESC LIMIT 1)`,
    [organisationId, deviceId, textOf(at)],
  );
  let newest: Moment | undefined;
  for (const row of rows) {
    for (const moment of await momentsOf(row)) {
      if (moment.at <= at && (!newest || moment.at >= newest.at)) newest = moment;
    }
  }
  return newest && { at: textOf(newest.at), sample: sampleOf(newest.measured, newest.processes) };
}

async function momentsOf(row: {
  at: Date;
  measured: Buffer | null;
  processes: Buffer | null;
  sample: StoredSample | null;
}): Promise<Moment[]> {
  if (row.sample) {
    return [{ at: row.at.getTime(), measured: measuredPart(row.sample), processes: row.sample[4] }];
  }
  return row.measured && row.processes ? unpackHour({ measured: row.measured, processes: row.processes }) : [];
}

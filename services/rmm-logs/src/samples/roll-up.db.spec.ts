import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DEFAULT_ORGANISATION_ID, type SamplesMeasured, type Series } from '@muster/contracts';
import { Database, newId } from '@muster/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inOrder, pointsOf, type TimedSample } from '../testing/brute-force';
import { ask, RmmLogsUnderTest, type TestDevice } from '../testing/rmm-logs-under-test';
import { random, sampleOf } from '../testing/samples';
import { DAY, HOUR, hourOf, textOf } from './hour';
import { storedForm } from './measured';
import { RollingUp } from './rolling-up.service';
import { SampleStore } from './sample-store';

let suite: RmmLogsUnderTest;
let app: NestFastifyApplication;
beforeAll(async () => {
  suite = await RmmLogsUnderTest.start();
  app = await suite.startService({ ROLL_UP_SECONDS: '3600' });
});
afterAll(() => suite?.stop());

/** Samples of one device and what was stored of them. */
class Story {
  readonly all: TimedSample[] = [];
  readonly device: TestDevice = suite.device();
  private readonly spool = newId();
  private sequence = 0;

  constructor(
    private readonly next: () => number,
    private readonly by = app,
  ) {}

  make(at: number): TimedSample {
    const sample = sampleOf(this.next, this.all.length);
    if (this.next() < 0.2) delete sample.cpuPercent;
    if (this.next() < 0.2) delete sample.uptimeSeconds;
    if (this.next() < 0.2) sample.disks = [];
    return { at, sample };
  }

  async store(samples: readonly TimedSample[]): Promise<void> {
    this.all.push(...samples);
    const event: SamplesMeasured = {
      organisationId: DEFAULT_ORGANISATION_ID,
      deviceId: this.device.id,
      spool: this.spool,
      receivedAt: new Date().toISOString(),
      samples: samples.map(({ at, sample }) => ({
        sequence: ++this.sequence,
        at: textOf(at),
        measured: storedForm(sample),
      })),
    };
    await this.by.get(SampleStore).store([event]);
  }

  async series(from: number, to: number, points: number): Promise<Series> {
    const query = new URLSearchParams({ from: textOf(from), to: textOf(to), points: String(points) });
    const reply = await ask(app, 'GET', `/rmm/devices/${this.device.id}/samples?${query}`, { as: 'owner' });
    expect(reply.status).toBe(200);
    return reply.body as unknown as Series;
  }

  /** Compares a chart with what all samples say. */
  async compare(from: number, to: number, points: number): Promise<Series> {
    const series = await this.series(from, to, points);
    const [begin, end] = series.source === 'raw' ? [from, to] : [hourOf(from), hourOf(to - 1) + HOUR];
    expect(series.points.length).toBeLessThanOrEqual(points);
    expect(series.points.map(inOrder)).toEqual(pointsOf(this.all, begin, end, series.stepSeconds * 1000));
    return series;
  }

  async rowsLeft(): Promise<number> {
    return suite.count('samples', this.device);
  }
}

const rollUp = (now?: number): Promise<number> => app.get(RollingUp).run(now);
const thisHour = hourOf(Date.now());

describe('rolling up', () => {
  it('changes no chart, at any zoom, with samples of before, of now and that come late', async () => {
    const next = random(41);
    const story = new Story(next);
    const zoom = async (): Promise<void> => {
      for (let round = 0; round < 12; round += 1) {
        const from = thisHour - Math.floor(next() * 6.5 * DAY);
        await story.compare(from, from + 60_000 + Math.floor(next() * 7 * DAY), 10 + Math.floor(next() * 990));
      }
    };
    for (let round = 0; round < 4; round += 1) {
      const times = Array.from({ length: 120 }, () => Date.now() - Math.floor(next() ** 2 * 6 * DAY));
      await story.store(times.map((at) => story.make(at)));
      await zoom();
      expect(await rollUp()).toBeGreaterThan(0);
      await zoom();
    }
    const latest = story.all.filter(({ at }) => at >= thisHour - HOUR).length;
    expect(await story.rowsLeft()).toBeLessThanOrEqual(latest);
    expect(await rollUp()).toBe(0);
  });

  it('leaves hours alone that are not over, or were only just', async () => {
    const story = new Story(random(42));
    await story.store([story.make(thisHour + 1), story.make(thisHour - 1), story.make(thisHour - HOUR)]);
    expect(await rollUp(thisHour + 299_000)).toBe(0);
    expect(await story.rowsLeft()).toBe(3);
    // In the first minutes of an hour, what other stories stored of the hour before is due with it.
    expect(await rollUp(thisHour + 300_000)).toBeGreaterThan(0);
    expect(await story.rowsLeft()).toBe(1);
    const { points } = await story.series(thisHour - HOUR, thisHour + HOUR, 10);
    expect(points.reduce((sum, { samples }) => sum + samples, 0)).toBe(3);
  });

  it('is shared by several instances, and loses and doubles nothing while samples come in', async () => {
    const other = await suite.startService({ ROLL_UP_SECONDS: '3600', ROLL_UP_BATCH: '7' });
    const next = random(43);
    const stories = Array.from({ length: 8 }, () => new Story(next));
    const times = (): number[] => Array.from({ length: 30 }, () => thisHour - 1 - Math.floor(next() * 2 * DAY));
    for (let round = 0; round < 4; round += 1) {
      await Promise.all([
        ...stories.map((story) => story.store(times().map((at) => story.make(at)))),
        rollUp(),
        other.get(RollingUp).run(),
        rollUp(),
      ]);
    }
    await rollUp(Date.now() + HOUR);
    for (const story of stories) {
      expect(await story.rowsLeft()).toBe(0);
      await story.compare(thisHour - 2 * DAY - HOUR, thisHour, 1000);
      await story.compare(thisHour - 2 * DAY - HOUR, thisHour, 10);
    }
    await suite.stopService(other);
  });

  it('does not let one damaged hour keep the others from their turn', async () => {
    const [broken, sound] = [new Story(random(47)), new Story(random(48))];
    const at = thisHour - 5 * HOUR + 1;
    await broken.store([broken.make(at)]);
    await rollUp();
    await suite.rows(`UPDATE rmm_logs.sample_hours SET measured = 'damaged' WHERE device_id = $1`, [broken.device.id]);
    await Promise.all([broken, sound].map((story) => story.store([story.make(at + 1000)])));
    expect(await rollUp()).toBe(1);
    expect(await broken.rowsLeft()).toBe(1);
    expect(await sound.rowsLeft()).toBe(0);
    await suite.rows('DELETE FROM rmm_logs.sample_hours WHERE device_id = $1', [broken.device.id]);
    expect(await rollUp()).toBe(1);
  });

  it('goes by UTC on the days when clocks change, with days of twenty-four hours', async () => {
    const story = new Story(random(44));
    const midnight = Math.floor(Date.now() / DAY) * DAY;
    await story.store([-2 * DAY, -DAY - 1, -DAY, -1].map((offset) => story.make(midnight + offset)));
    await suite.rows(`ALTER ROLE muster_rmm_logs_app SET timezone = 'America/St_Johns'`);
    await rollUp(Date.now() + HOUR);
    await suite.rows(`ALTER ROLE muster_rmm_logs_app RESET timezone`);
    const days = await suite.rows<{ day: Date }>(
      'SELECT day FROM rmm_logs.samples_hourly WHERE device_id = $1 ORDER BY day',
      [story.device.id],
    );
    expect(days.map(({ day }) => day.getTime() - midnight)).toEqual([-2 * DAY, -DAY]);
    const series = await story.compare(midnight - 2 * DAY, midnight, 10);
    expect(series.stepSeconds).toBe(21_600);
  });
});

describe('an hour of a device', () => {
  const sizes = (story: Story) =>
    suite.rows<{ samples: number; bytes: string }>(
      'SELECT samples, bytes FROM rmm_logs.sample_hours WHERE device_id = $1',
      [story.device.id],
    );

  it('takes so many samples and not one more, also late ones when it is packed, and leaves others their room', async () => {
    const limited = await suite.startService({ ROLL_UP_SECONDS: '3600', SAMPLES_PER_HOUR: '20' });
    const [noisy, quiet] = [new Story(random(61), limited), new Story(random(62), limited)];
    const hour = thisHour - 3 * HOUR;
    const make = (story: Story, count: number) =>
      Array.from({ length: count }, (_, turn) => story.make(hour + noisy.all.length * 1000 + turn));
    await noisy.store(make(noisy, 15));
    await noisy.store([...make(noisy, 15), noisy.make(hour + HOUR)]);
    await quiet.store(make(quiet, 3));
    expect([await noisy.rowsLeft(), await quiet.rowsLeft()]).toEqual([21, 3]);
    await rollUp();
    expect((await sizes(noisy)).map(({ samples }) => samples).toSorted()).toEqual([1, 20]);
    await noisy.store(make(noisy, 5));
    await quiet.store(make(quiet, 5));
    expect([await noisy.rowsLeft(), await quiet.rowsLeft()]).toEqual([0, 5]);
    await rollUp();
    expect((await sizes(quiet)).map(({ samples }) => samples)).toEqual([8]);
    await suite.stopService(limited);
  });

  it('takes so many bytes, and as many hours as are due are rolled up part by part', async () => {
    const limited = await suite.startService({ ROLL_UP_SECONDS: '3600', SAMPLE_BYTES_PER_HOUR: '1048576' });
    const stories = Array.from({ length: 25 }, (_, turn) => new Story(random(70 + turn), limited));
    const hour = thisHour - 4 * HOUR;
    for (const story of stories) {
      const fat = Array.from({ length: 40 }, (_, turn) => {
        const one = story.make(hour + turn * 1000);
        one.sample.disks = Array.from({ length: 500 }, (_disk, index) => ({
          mountPoint: `/mnt/${'x'.repeat(60)}${index}`,
          usedBytes: index,
          sizeBytes: 1000,
        }));
        return one;
      });
      await story.store(fat);
      const kept = await story.rowsLeft();
      expect(kept).toBeGreaterThan(10);
      expect(kept).toBeLessThan(40);
    }
    expect(await rollUp()).toBe(stories.length);
    for (const story of stories) {
      expect(await story.rowsLeft()).toBe(0);
      const [size] = await sizes(story);
      expect(Number(size?.bytes)).toBeGreaterThan(900_000);
      expect(Number(size?.bytes)).toBeLessThanOrEqual(1_048_576);
    }
    await suite.stopService(limited);
  });
});

describe('the newest sample', () => {
  const sampleAt = async (story: Story, at?: number): Promise<number | undefined> => {
    const query = at === undefined ? '' : `?${new URLSearchParams({ at: textOf(at) })}`;
    const reply = await ask(app, 'GET', `/rmm/devices/${story.device.id}/sample${query}`, { as: 'owner' });
    if (reply.status === 404) return undefined;
    const found = story.all.find((one) => textOf(one.at) === reply.body['at']);
    expect(reply.body['sample']).toEqual(found?.sample);
    return found?.at;
  };

  it('is found wherever it is kept, with its processes', async () => {
    const next = random(45);
    const story = new Story(next);
    expect(await sampleAt(story)).toBeUndefined();
    for (let round = 0; round < 3; round += 1) {
      await story.store(Array.from({ length: 10 }, () => story.make(Date.now() - Math.floor(next() ** 2 * 3 * DAY))));
      for (let look = 0; look < 15; look += 1) {
        const at = Date.now() - Math.floor(next() ** 2 * 4 * DAY);
        const older = story.all.map((one) => one.at).filter((one) => one <= at);
        expect(await sampleAt(story, at)).toBe(older.length > 0 ? Math.max(...older) : undefined);
      }
      expect(await sampleAt(story)).toBe(Math.max(...story.all.map((one) => one.at)));
      await rollUp();
    }
  });
});

describe('plans under the role of the service', () => {
  it('touch only the partitions and the device that are asked for', async () => {
    const story = new Story(random(46));
    await story.store(Array.from({ length: 200 }, (_, turn) => story.make(Date.now() - turn * 20 * 60_000)));
    await rollUp();
    await suite.rows('ANALYZE');
    const { seriesParameters, seriesSql } = await import('./series.queries');
    const plan = (source: 'raw' | 'hour', from: number): Promise<string> =>
      app.get(Database).inOrganisation(DEFAULT_ORGANISATION_ID, async (manager) => {
        const parameters = seriesParameters(DEFAULT_ORGANISATION_ID, story.device.id, {
          source,
          from,
          to: Date.now(),
          step: 60_000,
        });
        await manager.query('SET LOCAL enable_seqscan = off');
        const rows = await manager.query<Array<Record<string, string>>>(`EXPLAIN ${seriesSql(source)}`, parameters);
        return rows.map((row) => row['QUERY PLAN']).join('\n');
      });
    const raw = await plan('raw', Date.now() - 10 * 60_000);
    expect(raw).not.toContain('Seq Scan');
    expect(raw).toMatch(/Index Cond: \(\(organisation_id = .*device_id = .*at >= /);
    expect(raw.match(/ on sample_hours_\d+/g)?.length ?? 0).toBeLessThanOrEqual(2);
    expect(raw.match(/ on samples_\d+/g)?.length ?? 0).toBeLessThanOrEqual(2);
    const hourly = await plan('hour', Date.now() - 20 * DAY);
    expect(hourly.match(/ on samples_hourly_\d+/g)?.length ?? 0).toBeLessThanOrEqual(2);
  });
});

import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { AppError } from '@muster/contracts';
import { Database } from '@muster/database';
import { Log, Periodic } from '@muster/service-kit';
import { RmmLogsConfig } from '../config';
import { Storing } from '../metrics/storing';
import { inParts } from '../reports/by-organisation';
import { grouped } from '../reports/grouped';
import { keptTime } from '../retention/kept';
import { HOUR, hourOf, textOf } from './hour';
import { type DeviceHour, rollUp } from './roll-up';

/** Hours that one look finds. */
const LOOK = 5_000;

interface Due extends DeviceHour {
  organisationId: string;
}

/** Rolls finished hours up, also those of long ago that got late samples. Any number of instances share the work. */
@Injectable()
export class RollingUp implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly periodic: Periodic;
  private stopping = false;

  constructor(
    private readonly database: Database,
    private readonly config: RmmLogsConfig,
    private readonly storing: Storing,
    private readonly log: Log,
  ) {
    this.periodic = new Periodic(
      config.ROLL_UP_SECONDS * 1000,
      async () => void (await this.run()),
      (error) => this.log.warn({ err: error }, 'Hours were not rolled up. They will be, a little later.'),
    );
  }

  onApplicationBootstrap(): void {
    this.periodic.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    await this.periodic.stop();
  }

  /** Rolls up what is due, until nothing is, or until it is to stop. @returns how many hours it rolled up */
  async run(now = Date.now()): Promise<number> {
    for (let total = 0; ;) {
      const due = await this.due(now);
      let done = 0;
      for (const [organisationId, hours] of grouped(due, (one) => one.organisationId)) {
        for (const part of inParts(hours, this.config.ROLL_UP_BATCH)) {
          if (this.stopping) return total;
          done += await this.rollUp(organisationId, part);
        }
      }
      this.storing.rolledUp(done);
      total += done;
      if (done === 0 || due.length < LOOK) return total;
    }
  }

  /** What fails together is tried one by one, so that one damaged hour does not keep the others from their turn. */
  private async rollUp(organisationId: string, hours: readonly DeviceHour[]): Promise<number> {
    try {
      return await rollUp(this.database, organisationId, hours);
    } catch (error) {
      if (error instanceof AppError && error.code === 'unavailable') throw error;
      if (hours.length === 1) {
        this.log.warn({ err: error, organisationId, ...hours[0] }, 'This hour cannot be rolled up; its samples stay.');
        return 0;
      }
    }
    let done = 0;
    for (const hour of hours) done += await this.rollUp(organisationId, [hour]);
    return done;
  }

  /** Together are hours of one time, so that a transaction touches few partitions. What is no longer kept goes by itself. */
  private async due(now: number): Promise<Due[]> {
    const finished = hourOf(now - this.config.ROLL_UP_AFTER_SECONDS * 1000) - HOUR;
    const oldest = hourOf(keptTime(this.config, 'sample_hours', now).from) + HOUR;
    const rows = await this.database.across('hours to roll up', (manager) =>
      manager.query<Array<{ organisation_id: string; device_id: string; hour: Date }>>(
        `SELECT organisation_id, device_id, hour FROM rmm_logs.hours_due WHERE hour <= $1
          ORDER BY hour, organisation_id, device_id LIMIT ${LOOK}`,
        [textOf(finished)],
      ),
    );
    const [kept, gone] = split(rows, ({ hour }) => hour.getTime() >= oldest);
    await this.forget(gone.map((row) => ({ organisationId: row.organisation_id, hour: row.hour })));
    return kept.map((row) => ({
      organisationId: row.organisation_id,
      deviceId: row.device_id,
      hour: row.hour.getTime(),
    }));
  }

  private async forget(gone: ReadonlyArray<{ organisationId: string; hour: Date }>): Promise<void> {
    for (const [organisationId, hours] of grouped(gone, (one) => one.organisationId)) {
      const latest = Math.max(...hours.map(({ hour }) => hour.getTime()));
      await this.database.inOrganisation(organisationId, (manager) =>
        manager.query('DELETE FROM rmm_logs.hours_due WHERE organisation_id = $1 AND hour <= $2', [
          organisationId,
          textOf(latest),
        ]),
      );
    }
  }
}

function split<T>(items: readonly T[], belongs: (item: T) => boolean): [T[], T[]] {
  return [items.filter(belongs), items.filter((item) => !belongs(item))];
}

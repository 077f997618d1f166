import { Injectable } from '@nestjs/common';
import type { SamplesMeasured } from '@muster/contracts';
import { bareArray, Database, jsonLines, jsonLinesArray, takeNew } from '@muster/database';
import type { EntityManager } from 'typeorm';
import { RmmLogsConfig } from '../config';
import { Storing } from '../metrics/storing';
import { byOrganisation, inParts } from '../reports/by-organisation';
import { keptTime } from '../retention/kept';
import { Retention } from '../retention/retention.service';
import { SCHEMA } from '../schema';
import { withRoom } from './hour-room';

/** Rows in one statement. */
const ROWS = 5_000;

interface Row {
  deviceId: string;
  spool: string;
  sequence: number;
  at: number;
  /** As it is stored. */
  sample: string;
  bytes: number;
}

/** Stores samples as they come, and notes which hours have to be rolled up. */
@Injectable()
export class SampleStore {
  constructor(
    private readonly database: Database,
    private readonly config: RmmLogsConfig,
    private readonly storing: Storing,
    private readonly retention: Retention,
  ) {}

  store(events: readonly SamplesMeasured[]): Promise<void> {
    return this.retention.makingRoom(() =>
      byOrganisation(events, (organisationId, own) => this.storeIn(organisationId, own)),
    );
  }

  private async storeIn(organisationId: string, events: readonly SamplesMeasured[]): Promise<void> {
    const rows: Row[] = events.flatMap(({ deviceId, spool, samples }) =>
      samples.map(({ sequence, at, measured: sample }) => {
        const bytes = Buffer.byteLength(sample);
        return { deviceId, spool, sequence, at: Date.parse(at), sample, bytes };
      }),
    );
    const kept = keptTime(this.config, 'samples');
    const limit = { samples: this.config.SAMPLES_PER_HOUR, bytes: this.config.SAMPLE_BYTES_PER_HOUR };
    const [fresh, timely, stored] = await this.database.inOrganisation(organisationId, async (manager) => {
      const unseen = await takeNew(manager, SCHEMA, organisationId, rows);
      const inTime = unseen.filter(({ at }) => at >= kept.from && at <= kept.to);
      const storable = await withRoom(manager, organisationId, inTime, limit);
      for (const part of inParts(storable, ROWS)) await insert(manager, organisationId, part);
      return [unseen.length, inTime.length, storable.length];
    });
    this.storing.stored(
      'sample',
      stored,
      events.map(({ receivedAt }) => receivedAt),
    );
    this.storing.drop('sample', 'repeated', rows.length - fresh);
    this.storing.drop('sample', 'expired', fresh - timely);
    this.storing.drop('sample', 'limit', timely - stored);
  }
}

const insert = (manager: EntityManager, organisationId: string, rows: readonly Row[]): Promise<unknown> =>
  manager.query(
    `INSERT INTO rmm_logs.samples (organisation_id, device_id, at, sample)
     SELECT $1, device_id, at, sample FROM unnest($2::uuid[], $3::timestamptz[], ${jsonLinesArray('$4')}) AS given (device_id, at, sample)`,
    [
      organisationId,
      bareArray(rows.map(({ deviceId }) => deviceId)),
      bareArray(rows.map(({ at }) => new Date(at).toISOString())),
      jsonLines(rows.map(({ sample }) => sample)),
    ],
  );

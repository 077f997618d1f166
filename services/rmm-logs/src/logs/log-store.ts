import { Injectable } from '@nestjs/common';
import { LOG_LEVELS, type LogEntry, type LogsReported } from '@muster/contracts';
import { afterCommit, Database, takeNew } from '@muster/database';
import type { EntityManager } from 'typeorm';
import { RmmLogsConfig } from '../config';
import { LiveMessages } from '../live/live-messages';
import { Storing } from '../metrics/storing';
import { byOrganisation, inParts } from '../reports/by-organisation';
import { grouped } from '../reports/grouped';
import { keptTime } from '../retention/kept';
import { Retention } from '../retention/retention.service';
import { SCHEMA } from '../schema';
import { entryOf, type LogRecord } from './log-list.queries';

/** Rows in one statement. */
const ROWS = 2_000;

type Row = Omit<LogsReported['logs'][number], 'at'> & { deviceId: string; spool: string; at: number };

/** Stores lines of agents' logs and shows them to the consoles that follow. */
@Injectable()
export class LogStore {
  constructor(
    private readonly database: Database,
    private readonly config: RmmLogsConfig,
    private readonly storing: Storing,
    private readonly retention: Retention,
    private readonly live: LiveMessages,
  ) {}

  store(events: readonly LogsReported[]): Promise<void> {
    return this.retention.makingRoom(() =>
      byOrganisation(events, (organisationId, own) => this.storeIn(organisationId, own)),
    );
  }

  private async storeIn(organisationId: string, events: readonly LogsReported[]): Promise<void> {
    const rows: Row[] = events.flatMap(({ deviceId, spool, logs }) =>
      logs.map((line) => ({ ...line, deviceId, spool, at: Date.parse(line.at) })),
    );
    const kept = keptTime(this.config, 'logs');
    const [fresh, stored] = await this.database.inOrganisation(organisationId, async (manager) => {
      const unseen = await takeNew(manager, SCHEMA, organisationId, rows);
      const storable = unseen.filter(({ at }) => at >= kept.from && at <= kept.to);
      const entries: LogEntry[] = [];
      for (const part of inParts(storable, ROWS)) entries.push(...(await insert(manager, organisationId, part)));
      afterCommit(manager, () => void this.show(organisationId, entries));
      return [unseen.length, entries.length];
    });
    this.storing.stored(
      'log',
      stored,
      events.map(({ receivedAt }) => receivedAt),
    );
    this.storing.drop('log', 'repeated', rows.length - fresh);
    this.storing.drop('log', 'expired', fresh - stored);
  }

  private async show(organisationId: string, entries: readonly LogEntry[]): Promise<void> {
    for (const [deviceId, lines] of grouped(entries, (entry) => entry.deviceId)) {
      await this.live.logsAppended(organisationId, deviceId, lines);
    }
  }
}

/** Numbers are given in the order of time, so that lines of one millisecond stay in the agent's order. */
async function insert(manager: EntityManager, organisationId: string, rows: readonly Row[]): Promise<LogEntry[]> {
  const sorted = rows.toSorted((left, right) => left.at - right.at || left.sequence - right.sequence);
  const records = await manager.query<LogRecord[]>(
    `INSERT INTO rmm_logs.logs (organisation_id, device_id, at, level, message, fields)
     SELECT $1, * FROM unnest($2::uuid[], $3::timestamptz[], $4::smallint[], $5::text[], $6::text[])
     RETURNING at, id, device_id, level, message, fields`,
    [
      organisationId,
      sorted.map(({ deviceId }) => deviceId),
      sorted.map(({ at }) => new Date(at).toISOString()),
      sorted.map(({ level }) => LOG_LEVELS.indexOf(level)),
      sorted.map(({ message }) => message),
      sorted.map(({ fields }) => fields ?? null),
    ],
  );
  return records.map(entryOf);
}

import { Injectable } from '@nestjs/common';
import type { Presence, Principal, Sync, SyncReply } from '@muster/contracts';
import { Database } from '@muster/database';
import type { EntityManager } from 'typeorm';
import { EndpointMaps } from '../endpoint-map/endpoint-maps.service';
import { LiveEvents } from '../live/live-events';
import { lockOperations } from '../operations/locked-operations';
import type { OperationRow } from '../operations/operation.entity';
import { OperationChanges } from '../operations/operation-changes';
import { OperationsConfig } from '../operations/operations.config';
import { deliver, type Delivery } from './delivery';
import { FactsIntake } from './facts-intake';
import { compareHolding } from './holding';
import { takeReports } from './reports';

/** Operations of one device that one sync looks at: the oldest that have not ended. The rest has its turn after them. */
const MOST_OPEN = 500;

/** What a device gets, and what its reports led to. */
interface News extends Delivery {
  settled: string[];
  /** Something that it started is gone. */
  missing: boolean;
}
const NO_NEWS: News = { operations: [], cancels: [], more: false, settled: [], missing: false };

interface Exchange extends Delivery {
  settled: string[];
  pollAfterSeconds: number;
  wantFacts: boolean;
}

/**
 * The one call that a device makes: it hands in what happened and takes what waits. Everything in it may come twice, late
 * or never arrive back; so each part is idempotent, and each reply is made from what the database says now.
 */
@Injectable()
export class SyncService {
  constructor(
    private readonly database: Database,
    private readonly maps: EndpointMaps,
    private readonly facts: FactsIntake,
    private readonly live: LiveEvents,
    private readonly config: OperationsConfig,
  ) {}

  async sync(device: Principal, sync: Sync): Promise<SyncReply> {
    const { organisationId } = device;
    if (sync.facts) await this.facts.take(device, sync.facts);
    const exchange = await this.database.inOrganisation(organisationId, (manager) =>
      this.exchange(manager, device, sync),
    );
    const endpointMap = await this.maps.newerThan(sync.mapVersion);
    return { ...exchange, endpointMap, serverTime: new Date().toISOString() };
  }

  private async exchange(manager: EntityManager, device: Principal, sync: Sync): Promise<Exchange> {
    const { organisationId, id: deviceId } = device;
    const [row]: Array<{ presence: Presence; agent_version: string; waits: boolean }> = await manager.query(
      `SELECT presence, agent_version,
              EXISTS (SELECT FROM core.operations
                       WHERE organisation_id = $1 AND device_id = $2 AND ended_by IS NULL) AS waits
         FROM core.devices WHERE organisation_id = $1 AND id = $2`,
      [organisationId, deviceId],
    );
    // Most syncs are about nothing: they lock nothing and write nothing.
    const news = sync.reports.length > 0 || row?.waits ? await this.settle(manager, device, sync) : NO_NEWS;
    const { missing, ...given } = news;
    // A device that updated itself has new facts, also when nothing else about it changed.
    const wantFacts = !sync.facts && row?.agent_version !== sync.agentVersion;
    const regular = row?.presence === 'online' ? this.config.POLL_CONNECTED_SECONDS : this.config.POLL_SECONDS;
    const pollAfterSeconds = missing ? Math.max(10, Math.min(regular, this.config.LOST_SECONDS)) : regular;
    return { ...given, pollAfterSeconds, wantFacts };
  }

  private async settle(manager: EntityManager, device: Principal, sync: Sync): Promise<News> {
    const { organisationId, id: deviceId } = device;
    const reported = new Set(sync.reports.map((report) => report.operationId.toLowerCase()));
    const held = new Set(sync.holding.map((id) => id.toLowerCase()));
    const operations = await concerned(manager, organisationId, deviceId, [...reported]);
    const changes = new OperationChanges(this.config);

    const settled = takeReports(new Map(operations.map((row) => [row.id, row])), sync.reports, changes);
    const has = ({ id }: OperationRow) => held.has(id) || reported.has(id);
    const open = operations.filter((operation) => operation.endedBy === null);
    const missing = compareHolding(open, has, changes, this.config.LOST_SECONDS);
    const demand = { capacity: sync.capacity, has };
    const delivery = await deliver(manager, open, demand, changes, this.config.WAKE_AGAIN_SECONDS);
    await changes.save(manager, organisationId, this.live);
    return { ...delivery, settled, missing };
  }
}

/** Locks what this sync is about: the reported operations, and the oldest of the device's that have not ended. */
function concerned(
  manager: EntityManager,
  organisationId: string,
  deviceId: string,
  reported: string[],
): Promise<OperationRow[]> {
  return lockOperations(manager, organisationId, (select) =>
    select.andWhere(
      `o.deviceId = :deviceId AND o.id IN (
         (SELECT id FROM core.operations
           WHERE organisation_id = :organisationId AND device_id = :deviceId AND ended_by IS NULL
           ORDER BY epoch, sequence LIMIT ${MOST_OPEN})
         UNION SELECT unnest(:reported::uuid[]))`,
      { deviceId, reported },
    ),
  );
}

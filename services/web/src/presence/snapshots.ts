import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Bus } from '@muster/bus';
import { AppError, type PresenceSnapshot, readPresence } from '@muster/contracts';
import { Database } from '@muster/database';
import { Log } from '@muster/service-kit';
import type { BrokerNode } from './broker-node.entity';
import { BrokerNodes } from './broker-nodes';
import { Presences } from './presence.service';

/** Leases in a row that disagree, while events keep coming, before something counts as missed. */
const PATIENCE = 3;
/** Shortest time between two snapshots of one epoch, in milliseconds. */
const INTERVAL = 30_000;
/** How long and how often one page is asked for, in milliseconds. */
const ASK_FOR = 3_000;
const ASK_EVERY = 20;

interface Row {
  organisationId: string;
  deviceId: string;
}

/** Asks a node for all that it has connected, when what is stored here cannot be trusted to be that. */
@Injectable()
export class Snapshots {
  private readonly doubts = new Map<string, { lease: number; times: number }>();

  constructor(
    private readonly bus: Bus,
    private readonly database: Database,
    private readonly nodes: BrokerNodes,
    private readonly presences: Presences,
    private readonly log: Log,
  ) {}

  /** Takes a snapshot of the node if its epoch has none yet, or if its counts disagree with the rows here. */
  async check(node: BrokerNode): Promise<void> {
    const first = node.snapshotEpoch !== node.epoch;
    if (!first && !(await this.disagrees(node))) return;
    try {
      await this.take(node.node);
      this.doubts.delete(node.node);
    } catch (error) {
      this.log.info(
        { err: error, node: node.node },
        'No presence snapshot could be taken; the next sweep tries again.',
      );
    }
  }

  /** Compares with the last lease. While events are under way the numbers differ for a moment; then patience decides. */
  private async disagrees(node: BrokerNode): Promise<boolean> {
    const doubt = this.doubts.get(node.node);
    const lease = node.leaseUntil.getTime();
    if (doubt?.lease === lease) return false;
    const [row] = await this.database.across('devices connected at a broker node', (manager) =>
      manager.query<Array<{ connected: number }>>(
        'SELECT count(*)::int AS connected FROM core.device_connections WHERE node = $1 AND connected',
        [node.node],
      ),
    );
    const behind = node.appliedSequence < node.leaseSequence;
    const equal = (row?.connected ?? 0) + node.strangers === node.leaseConnected;
    const times = equal && !behind ? 0 : (doubt?.times ?? 0) + 1;
    this.doubts.set(node.node, { lease, times });
    const quiet = node.appliedSequence === node.leaseSequence;
    const recent = node.snapshotAt !== null && Date.now() - node.snapshotAt.getTime() < INTERVAL;
    return times > 0 && (quiet || times >= PATIENCE) && !recent;
  }

  private async take(node: string): Promise<void> {
    const seen = new Set<string>();
    let strangers = 0;
    let first: { epoch: number; sequence: number } | undefined;
    for (let after: string | undefined, last = false; !last;) {
      const page = await this.page(node, after);
      first ??= { epoch: page.epoch, sequence: page.sequence };
      if (page.epoch !== first.epoch) throw new Error('the node was started anew meanwhile');
      if (!(await this.nodes.admits(node, page.epoch))) throw new Error('a newer epoch of the node is known');
      for (const device of page.devices) seen.add(device.deviceId);
      strangers += await this.presences.apply({ node, epoch: page.epoch, kind: 'snapshot' }, page.devices);
      after = page.devices.at(-1)?.deviceId;
      last = page.last;
      if (!last && after === undefined) throw new Error('an empty page, and not the last one');
    }
    if (!first) return;
    const gone = await this.endMissing(node, first, seen);
    await this.nodes.snapshotTaken(node, first.epoch, first.sequence, strangers);
    this.log.info({ node, connected: seen.size, gone, strangers }, 'Presence was compared with the broker node.');
  }

  /** Of several nodes any may get the request; those that are not meant say so, and it is asked again. */
  private async page(node: string, after: string | undefined): Promise<PresenceSnapshot> {
    const deadline = performance.now() + ASK_FOR;
    for (;;) {
      try {
        return await this.bus.request(readPresence, { node, after });
      } catch (error) {
        const elsewhere = error instanceof AppError && error.code === 'unavailable';
        if (!elsewhere || !this.bus.connected || performance.now() > deadline) throw error;
        await pause(ASK_EVERY);
      }
    }
  }

  /**
   * Ends connections that the node no longer has. Those that changed after the first page was made are left alone: their
   * own event tells about them.
   */
  private async endMissing(
    node: string,
    { epoch, sequence }: { epoch: number; sequence: number },
    seen: ReadonlySet<string>,
  ): Promise<number> {
    const rows = await this.database.across('connections that a broker node may have lost', (manager) =>
      manager.query<Row[]>(
        `SELECT organisation_id AS "organisationId", device_id AS "deviceId" FROM core.device_connections
          WHERE node = $1 AND connected AND (epoch, sequence) <= ($2::bigint, $3::bigint)`,
        [node, epoch, sequence],
      ),
    );
    const missing = rows.filter((row) => !seen.has(row.deviceId));
    await this.presences.rederive(missing, {
      sql: `UPDATE core.device_connections
               SET connected = false, changed_at = now(), epoch = $4, sequence = $5
             WHERE organisation_id = $1 AND device_id = ANY($2::uuid[]) AND node = $3
               AND connected AND (epoch, sequence) <= ($4::bigint, $5::bigint)`,
      parameters: [node, epoch, sequence],
    });
    return missing.length;
  }
}

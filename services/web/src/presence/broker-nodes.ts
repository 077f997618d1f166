import { Injectable } from '@nestjs/common';
import type { PresenceLease } from '@muster/contracts';
import { Database } from '@muster/database';
import { BrokerNode } from './broker-node.entity';

/** Seconds that a node gets before its first lease is heard, or after this service was away itself. */
const GRACE_SECONDS = 30;

/** Broker nodes and their leases. All times are the database's. */
@Injectable()
export class BrokerNodes {
  constructor(private readonly database: Database) {}

  /**
   * Notes that a batch of this epoch arrived.
   * @returns false when the node has been started anew since: what an earlier epoch said is over
   */
  async admits(node: string, epoch: number): Promise<boolean> {
    return this.database.unscoped(async (manager) => {
      const known = await manager.findOneBy(BrokerNode, { node });
      if (known && known.epoch >= epoch) return known.epoch === epoch;
      const rows: Array<{ epoch: string }> = await manager.query(
        `INSERT INTO core.broker_nodes AS n (node, epoch, lease_until) VALUES ($1, $2, now() + make_interval(secs => $3))
         ON CONFLICT (node) DO UPDATE
            SET epoch = excluded.epoch, applied_sequence = 0, lease_sequence = 0, lease_connected = 0, snapshot_epoch = 0,
                lease_until = greatest(n.lease_until, excluded.lease_until), lapsed_at = NULL
          WHERE n.epoch < excluded.epoch
         RETURNING epoch`,
        [node, epoch, GRACE_SECONDS],
      );
      if (rows.length > 0) return true;
      return (await manager.findOneBy(BrokerNode, { node }))?.epoch === epoch;
    });
  }

  /** Notes that everything up to this sequence has been applied. */
  async applied(node: string, epoch: number, sequence: number): Promise<void> {
    await this.database.unscoped((manager) =>
      manager.query(
        `UPDATE core.broker_nodes SET applied_sequence = $3 WHERE node = $1 AND epoch = $2 AND applied_sequence < $3`,
        [node, epoch, sequence],
      ),
    );
  }

  /** A lease heard. A node that comes back after a lapse, or with a new epoch, is to be asked for a snapshot. */
  async renew({ node, epoch, sequence, connected, leaseSeconds }: PresenceLease): Promise<void> {
    await this.database.unscoped((manager) =>
      manager.query(
        `INSERT INTO core.broker_nodes AS n (node, epoch, lease_until, lease_sequence, lease_connected)
         VALUES ($1, $2, now() + make_interval(secs => $5), $3, $4)
         ON CONFLICT (node) DO UPDATE
            SET epoch = excluded.epoch, lease_until = excluded.lease_until, lapsed_at = NULL,
                lease_sequence = excluded.lease_sequence, lease_connected = excluded.lease_connected,
                applied_sequence = CASE WHEN n.epoch = excluded.epoch THEN n.applied_sequence ELSE 0 END,
                snapshot_epoch = CASE WHEN n.lapsed_at IS NULL THEN n.snapshot_epoch ELSE 0 END
          WHERE n.epoch <= excluded.epoch`,
        [node, epoch, sequence, connected, leaseSeconds],
      ),
    );
  }

  /** After this service was away, nodes get time to be heard again before their lease counts as lapsed. */
  async grantGrace(): Promise<void> {
    await this.database.unscoped((manager) =>
      manager.query(
        `UPDATE core.broker_nodes SET lease_until = greatest(lease_until, now() + make_interval(secs => $1))
          WHERE lapsed_at IS NULL`,
        [GRACE_SECONDS],
      ),
    );
  }

  /** Marks the nodes whose lease has run out; returns their names. */
  async markLapsed(): Promise<string[]> {
    const [rows] = await this.database.unscoped((manager) =>
      manager.query<[Array<{ node: string }>, number]>(
        `UPDATE core.broker_nodes SET lapsed_at = now() WHERE lapsed_at IS NULL AND lease_until < now() RETURNING node`,
      ),
    );
    return rows.map((row) => row.node);
  }

  async all(): Promise<BrokerNode[]> {
    return this.database.unscoped((manager) => manager.find(BrokerNode));
  }

  async snapshotTaken(node: string, epoch: number, sequence: number, strangers: number): Promise<void> {
    await this.database.unscoped((manager) =>
      manager.query(
        `UPDATE core.broker_nodes
            SET snapshot_epoch = $2, snapshot_at = now(), strangers = $4,
                applied_sequence = greatest(applied_sequence, $3)
          WHERE node = $1 AND epoch = $2`,
        [node, epoch, sequence, strangers],
      ),
    );
  }

  /** Forgets a node that did not come back. */
  async forget(node: string): Promise<void> {
    await this.database.unscoped((manager) =>
      manager.query('DELETE FROM core.broker_nodes WHERE node = $1 AND lapsed_at IS NOT NULL', [node]),
    );
  }
}

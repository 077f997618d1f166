import { Injectable } from '@nestjs/common';
import { Database } from '@muster/database';
import { WebConfig } from '../config';
import { BrokerNodes } from './broker-nodes';
import { Presences } from './presence.service';
import { Snapshots } from './snapshots';

interface Row {
  organisationId: string;
  deviceId: string;
}

/** One sweep. Safe to run at any time, also twice at once. */
@Injectable()
export class SweepSteps {
  constructor(
    private readonly database: Database,
    private readonly nodes: BrokerNodes,
    private readonly presences: Presences,
    private readonly snapshots: Snapshots,
    private readonly config: WebConfig,
  ) {}

  async all(): Promise<void> {
    await this.nodes.markLapsed();
    const nodes = await this.nodes.all();
    const lapsed = nodes.flatMap((node) => (node.lapsedAt ? [node.node] : []));
    if (lapsed.length > 0) await this.doubt(lapsed);
    for (const node of nodes) {
      if (node.lapsedAt) await this.giveUp(node.node);
      else await this.snapshots.check(node);
    }
    await this.endSilence();
  }

  /** Devices of nodes out of reach that still count as online become unknown. */
  private async doubt(nodes: readonly string[]): Promise<void> {
    const devices = await this.read(
      'online devices of lapsed broker nodes',
      `SELECT d.organisation_id AS "organisationId", d.id AS "deviceId"
         FROM core.device_connections c
         JOIN core.devices d ON d.organisation_id = c.organisation_id AND d.id = c.device_id
        WHERE c.node = ANY($1) AND c.connected AND d.presence = 'online'
          AND NOT EXISTS (SELECT FROM core.device_connections o JOIN core.broker_nodes n USING (node)
                           WHERE o.organisation_id = d.organisation_id AND o.device_id = d.id
                             AND o.connected AND n.lapsed_at IS NULL)`,
      [nodes],
    );
    await this.presences.rederive(devices);
  }

  /** A node out of reach for too long: its connections ended when its lease did. */
  private async giveUp(node: string): Promise<void> {
    const [late] = await this.database.unscoped((manager) =>
      manager.query<Array<{ lapsed_at: Date }>>(
        `SELECT lapsed_at FROM core.broker_nodes WHERE node = $1 AND lapsed_at < now() - make_interval(secs => $2)`,
        [node, this.config.PRESENCE_OFFLINE_SECONDS],
      ),
    );
    if (!late) return;
    const devices = await this.read(
      'devices of a broker node that is given up',
      `SELECT organisation_id AS "organisationId", device_id AS "deviceId"
         FROM core.device_connections WHERE node = $1 AND connected`,
      [node],
    );
    await this.presences.rederive(devices, {
      sql: `UPDATE core.device_connections SET connected = false, changed_at = $4
             WHERE organisation_id = $1 AND device_id = ANY($2::uuid[]) AND node = $3 AND connected`,
      parameters: [node, late.lapsed_at],
    });
    await this.nodes.forget(node);
  }

  private async endSilence(): Promise<void> {
    const silent = await this.read(
      'polling devices that fell silent',
      `SELECT organisation_id AS "organisationId", id AS "deviceId" FROM core.devices
        WHERE presence = 'polling' AND last_contact_at <= now() - make_interval(secs => $1)`,
      [this.config.PRESENCE_POLLING_SECONDS],
    );
    await this.presences.rederive(silent);
  }

  private read(name: string, sql: string, parameters: unknown[]): Promise<Row[]> {
    return this.database.across(name, (manager) => manager.query<Row[]>(sql, parameters));
  }
}

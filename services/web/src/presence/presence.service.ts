import { Injectable } from '@nestjs/common';
import type { PresenceBatch, PresenceChange } from '@muster/contracts';
import { Database } from '@muster/database';
import { WebConfig } from '../config';
import { Directory } from '../devices/device-directory';
import { LiveEvents } from '../live/live-events';
import { BrokerNodes } from './broker-nodes';
import { applyChanges, newestOf, type Origin } from './connections';
import { derivePresence, lockDevices } from './derived-presence';

/** Rows that one transaction changes at most. */
const PORTION = 2_000;

/** Keeps `core.devices.presence` true to what brokers and devices say. Consoles are told after each commit. */
@Injectable()
export class Presences {
  constructor(
    private readonly database: Database,
    private readonly directory: Directory,
    private readonly nodes: BrokerNodes,
    private readonly live: LiveEvents,
    private readonly config: WebConfig,
  ) {}

  /** Batches as they came from the stream, of any nodes. */
  async receive(batches: readonly PresenceBatch[]): Promise<void> {
    for (const { node, epoch, changes } of merged(batches)) {
      if (changes.length === 0 || !(await this.nodes.admits(node, epoch))) continue;
      await this.apply({ node, epoch, kind: 'event' }, newestOf(changes));
      await this.nodes.applied(node, epoch, Math.max(...changes.map((change) => change.sequence)));
    }
  }

  /** Applies changes, at most one per device. @returns how many devices are not known here */
  async apply(origin: Origin, changes: readonly PresenceChange[]): Promise<number> {
    const organisations = await this.directory.organisationsOf(changes.map((change) => change.deviceId));
    const known = changes.filter((change) => organisations.has(change.deviceId));
    await this.perOrganisation(
      known.map((change) => ({ ...change, organisationId: organisations.get(change.deviceId) ?? '' })),
      async (organisationId, portion) => {
        const changed = await this.database.inOrganisation(organisationId, (manager) =>
          applyChanges(manager, organisationId, origin, portion, this.config.PRESENCE_POLLING_SECONDS),
        );
        this.live.deviceChanged(organisationId, changed);
      },
    );
    return changes.length - known.length;
  }

  /** Works out the presence of these devices anew, after `facts` about them were changed in the same transaction. */
  async rederive(
    devices: ReadonlyArray<{ organisationId: string; deviceId: string }>,
    facts?: { sql: string; parameters: readonly unknown[] },
  ): Promise<void> {
    await this.perOrganisation(devices, async (organisationId, portion) => {
      const ids = portion.map((device) => device.deviceId);
      const changed = await this.database.inOrganisation(organisationId, async (manager) => {
        await lockDevices(manager, organisationId, ids);
        if (facts) await manager.query(facts.sql, [organisationId, ids, ...facts.parameters]);
        return derivePresence(manager, organisationId, ids, this.config.PRESENCE_POLLING_SECONDS);
      });
      this.live.deviceChanged(organisationId, changed);
    });
  }

  private async perOrganisation<T extends { organisationId: string }>(
    items: readonly T[],
    work: (organisationId: string, portion: T[]) => Promise<void>,
  ): Promise<void> {
    const groups = new Map<string, T[]>();
    for (const item of items) {
      const group = groups.get(item.organisationId);
      if (group) group.push(item);
      else groups.set(item.organisationId, [item]);
    }
    for (const [organisationId, group] of groups) {
      for (let from = 0; from < group.length; from += PORTION) {
        await work(organisationId, group.slice(from, from + PORTION));
      }
    }
  }
}

/** One batch per node and epoch, earlier epochs first. */
function merged(batches: readonly PresenceBatch[]): PresenceBatch[] {
  const groups = new Map<string, PresenceBatch>();
  for (const { node, epoch, changes } of batches) {
    const key = `${epoch} ${node}`;
    const group = groups.get(key);
    groups.set(key, { node, epoch, changes: group ? group.changes.concat(changes) : changes });
  }
  return [...groups.values()].sort((a, b) => a.epoch - b.epoch);
}

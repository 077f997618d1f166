import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Bus } from '@muster/bus';
import { liveFannedOut, type LiveFanOut, type LiveMessage } from '@muster/contracts';
import { Database } from '@muster/database';
import { Log } from '@muster/service-kit';
import { deviceSummaries } from '../devices/device-summaries.queries';
import { operationSummaries } from '../operations/operation-list.queries';

/** How long changes are collected before they are sent, in milliseconds. */
const COLLECT_MS = 150;
/** Above this many changes of one kind in one go, consoles are told to fetch their screen again instead. */
const MOST_AT_ONCE = 300;

interface Changes {
  devices: Set<string>;
  removed: Set<string>;
  operations: Set<string>;
  questions: Set<string>;
}

/**
 * Tells open consoles what changed. Call it after the transaction has committed: the rows are read again when the
 * message is made, so that many changes of one thing become one message with its newest state. Never throws; what is
 * lost with the bus is made up for by the `hello` that consoles get after a reconnect.
 */
@Injectable()
export class LiveEvents implements BeforeApplicationShutdown {
  private readonly collected = new Map<string, Changes>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly bus: Bus,
    private readonly log: Log,
  ) {}

  deviceChanged(organisationId: string, deviceIds: readonly string[]): void {
    this.collect(organisationId, 'devices', deviceIds);
  }

  deviceRemoved(organisationId: string, deviceIds: readonly string[]): void {
    this.collect(organisationId, 'removed', deviceIds);
  }

  mergeQuestionChanged(organisationId: string, questionId: string): void {
    this.collect(organisationId, 'questions', [questionId]);
  }

  operationsChanged(organisationId: string, operationIds: readonly string[]): void {
    this.collect(organisationId, 'operations', operationIds);
  }

  /** Sends what is collected at once. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const batch = [...this.collected];
    this.collected.clear();
    for (const [organisationId, changes] of batch) {
      try {
        await this.tell(organisationId, changes);
      } catch (error) {
        this.log.warn({ err: error, organisationId }, 'live changes were not sent');
      }
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.flush();
  }

  private collect(organisationId: string, kind: keyof Changes, ids: readonly string[]): void {
    if (ids.length === 0) return;
    let changes = this.collected.get(organisationId);
    if (!changes) {
      changes = { devices: new Set(), removed: new Set(), operations: new Set(), questions: new Set() };
      this.collected.set(organisationId, changes);
    }
    for (const id of ids) if (changes[kind].size <= MOST_AT_ONCE) changes[kind].add(id);
    this.timer ??= setTimeout(() => void this.flush(), COLLECT_MS);
  }

  private async tell(organisationId: string, changes: Changes): Promise<void> {
    const { devices, removed, operations, questions } = changes;
    if (Math.max(devices.size, removed.size, questions.size) > MOST_AT_ONCE) {
      await this.send(organisationId, 'devices.read', { type: 'hello' });
    } else {
      for (const id of removed) await this.send(organisationId, 'devices.read', { type: 'device.removed', id });
      for (const device of await this.summariesOf(organisationId, devices, deviceSummaries)) {
        await this.send(organisationId, 'devices.read', { type: 'device.changed', id: device.id, device });
      }
      for (const id of questions)
        await this.send(organisationId, 'devices.read', { type: 'merge-question.changed', id });
    }
    if (operations.size > MOST_AT_ONCE) {
      await this.send(organisationId, 'operations.read', { type: 'hello' });
    } else {
      for (const operation of await this.summariesOf(organisationId, operations, operationSummaries)) {
        const id = operation.id;
        await this.send(organisationId, 'operations.read', { type: 'operation.changed', id, operation });
      }
    }
  }

  private async summariesOf<T>(
    organisationId: string,
    ids: Set<string>,
    read: (manager: Parameters<typeof deviceSummaries>[0], organisationId: string, ids: string[]) => Promise<T[]>,
  ): Promise<T[]> {
    if (ids.size === 0) return [];
    return this.database.inOrganisation(organisationId, (manager) => read(manager, organisationId, [...ids]));
  }

  private async send(
    organisationId: string,
    permission: LiveFanOut['permission'],
    message: LiveMessage,
  ): Promise<void> {
    try {
      await this.bus.publish(liveFannedOut, { organisationId, permission, message });
    } catch (error) {
      this.log.debug({ err: error, type: message.type }, 'live message lost');
    }
  }
}

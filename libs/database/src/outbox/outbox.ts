import { type BusEvent, shape } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import { afterCommit } from '../after-commit';
import { newId } from '../identifier';
import { OUTBOX_ENTITY, type OutboxRecord } from './outbox.schema';

/** Adds events to the outbox in the caller's own transaction: they are published if, and only if, it commits. */
export class Outbox {
  private readonly listeners: Array<() => void> = [];

  constructor(private readonly correlationId: () => string | undefined = () => undefined) {}

  async add<T extends object>(manager: EntityManager, event: BusEvent<T>, payload: T): Promise<void> {
    if (event.delivery !== 'durable') throw new Error(`${event.subject} is ${event.delivery}: publish it, no outbox`);
    const row: Omit<OutboxRecord, 'sequence' | 'addedAt'> = {
      id: newId(),
      subject: event.subject,
      payload: shape(event.payload, payload),
      correlationId: this.correlationId() ?? null,
    };
    await manager.createQueryBuilder().insert().into(OUTBOX_ENTITY).values(row).updateEntity(false).execute();
    afterCommit(manager, () => this.listeners.forEach((listener) => listener()));
  }

  /** Calls the listener after each commit that added something. */
  onCommitted(listener: () => void): void {
    this.listeners.push(listener);
  }
}

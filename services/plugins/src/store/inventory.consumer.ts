import { Injectable } from '@nestjs/common';
import { ConsumesEvent } from '@muster/bus';
import { type InventoryReported, inventoryReported } from '@muster/contracts';
import { isMissingPartition } from '@muster/database';
import { Housekeeping } from '../housekeeping/housekeeping';
import { InventoryStore } from './inventory-store';

/** Most events in hand at once, each at most one report of 600 KB. */
const BATCH = 50;
/** Items after which a transaction is enough. */
const TRANSACTION_ITEMS = 20_000;

/** Takes what devices reported out of the service's work queue. */
@Injectable()
export class InventoryConsumer {
  constructor(
    private readonly inventory: InventoryStore,
    private readonly housekeeping: Housekeeping,
  ) {}

  @ConsumesEvent(inventoryReported, { batch: BATCH })
  async store(events: InventoryReported[]): Promise<void> {
    for (const organisationId of new Set(events.map((event) => event.organisationId))) {
      const own = events.filter((event) => event.organisationId === organisationId);
      for (const portion of portionsOf(own)) await this.storePortion(organisationId, portion);
    }
  }

  /** Where there is no month yet, as after a start without a database, it is made, and nothing becomes a dead letter. */
  private async storePortion(organisationId: string, portion: readonly InventoryReported[]): Promise<void> {
    try {
      await this.inventory.store(organisationId, portion);
    } catch (error) {
      if (!isMissingPartition(error)) throw error;
      await this.housekeeping.keepMonths();
      await this.inventory.store(organisationId, portion);
    }
  }
}

/** In order, each a transaction of bounded size. What is committed when a later one fails is known as repeated then. */
function portionsOf(events: readonly InventoryReported[]): InventoryReported[][] {
  const portions: InventoryReported[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const event of events) {
    const items = event.inventory.reduce((sum, one) => sum + one.items.length + one.gone.length, 1);
    if (size + items > TRANSACTION_ITEMS) {
      portions.push([]);
      size = 0;
    }
    portions.at(-1)?.push(event);
    size += items;
  }
  return portions;
}

import { Injectable } from '@nestjs/common';
import { ConsumesEvent } from '@muster/bus';
import { type InventoryFacts, inventoryFactsChanged } from '@muster/contracts';
import { InventoryFactsKeeper } from './inventory-facts.service';

/** Hears what changed in the inventories that another service keeps. */
@Injectable()
export class InventoryFactsConsumer {
  constructor(private readonly keeper: InventoryFactsKeeper) {}

  @ConsumesEvent(inventoryFactsChanged, { batch: 500 })
  changed(events: InventoryFacts[]): Promise<void> {
    return this.keeper.take(events);
  }
}

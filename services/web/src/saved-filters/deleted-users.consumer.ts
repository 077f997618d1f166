import { Injectable } from '@nestjs/common';
import { ConsumesEvent } from '@muster/bus';
import { userDeleted, type UserFact } from '@muster/contracts';
import { SavedFilters } from './saved-filters.service';

/** What a person kept goes with the person. */
@Injectable()
export class DeletedUsersConsumer {
  constructor(private readonly filters: SavedFilters) {}

  @ConsumesEvent(userDeleted, { batch: 50 })
  async deleted(events: UserFact[]): Promise<void> {
    for (const { organisationId, userId } of events) await this.filters.forget(organisationId, userId);
  }
}

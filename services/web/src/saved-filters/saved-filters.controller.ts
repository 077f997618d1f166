import { Controller } from '@nestjs/common';
import { deleteSavedFilter, listSavedFilters, type RouteCall, type RouteReply, saveFilter } from '@muster/contracts';
import { Handles } from '@muster/service-kit';
import { SavedFilters } from './saved-filters.service';

@Controller()
export class SavedFiltersController {
  constructor(private readonly filters: SavedFilters) {}

  @Handles(listSavedFilters)
  async list({ principal }: RouteCall<typeof listSavedFilters>): Promise<RouteReply<typeof listSavedFilters>> {
    return { filters: await this.filters.list(principal) };
  }

  @Handles(saveFilter)
  save({ principal, body }: RouteCall<typeof saveFilter>): Promise<RouteReply<typeof saveFilter>> {
    return this.filters.save(principal, body);
  }

  @Handles(deleteSavedFilter)
  remove({ principal, params }: RouteCall<typeof deleteSavedFilter>): Promise<void> {
    return this.filters.remove(principal, params.id);
  }
}

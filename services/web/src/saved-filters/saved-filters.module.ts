import { Module } from '@nestjs/common';
import { DeletedUsersConsumer } from './deleted-users.consumer';
import { SavedFilters } from './saved-filters.service';
import { SavedFiltersController } from './saved-filters.controller';

/** Filters of lists that people keep: the manager face. */
@Module({ controllers: [SavedFiltersController], providers: [SavedFilters, DeletedUsersConsumer] })
export class SavedFiltersModule {}

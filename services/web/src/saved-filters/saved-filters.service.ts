import { Injectable } from '@nestjs/common';
import { AppError, type Principal, type SavedFilter, type SaveFilter } from '@muster/contracts';
import { Database, newId } from '@muster/database';
import type { EntityManager } from 'typeorm';
import { WebConfig } from '../config';
import { SavedFilterRow } from './saved-filter.entity';

/** The saved filters of people: each one's own, also for the tokens that act for them. */
@Injectable()
export class SavedFilters {
  constructor(
    private readonly database: Database,
    private readonly config: WebConfig,
  ) {}

  list({ organisationId, id: userId }: Principal): Promise<SavedFilter[]> {
    return this.database.inOrganisation(organisationId, (manager) =>
      manager.query<SavedFilter[]>(
        `SELECT id, list, name, query FROM core.saved_filters
          WHERE organisation_id = $1 AND user_id = $2 ORDER BY list, lower(name), id`,
        [organisationId, userId],
      ),
    );
  }

  /** One with the same list and name is replaced. @throws AppError `conflict` when the person has too many */
  save({ organisationId, id: userId }: Principal, { list, name, query }: SaveFilter): Promise<SavedFilter> {
    const title = titleOf(name);
    return this.database.inOrganisation(organisationId, async (manager) => {
      // Two at once must not both be the last one that is allowed.
      await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended('saved filters ' || $1, 0))`, [userId]);
      const [saved]: SavedFilter[] = await manager.query(
        `INSERT INTO core.saved_filters (organisation_id, id, user_id, list, name, query)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (organisation_id, user_id, list, name) DO UPDATE SET query = excluded.query
         RETURNING id, list, name, query`,
        [organisationId, newId(), userId, list, title, query],
      );
      if (!saved) throw new Error('a filter was not saved');
      await this.requireRoom(manager, organisationId, userId);
      return saved;
    });
  }

  /** @throws AppError `not-found` when there is none, or it is somebody else's */
  async remove({ organisationId, id: userId }: Principal, id: string): Promise<void> {
    const { affected } = await this.database.inOrganisation(organisationId, (manager) =>
      manager.delete(SavedFilterRow, { organisationId, id, userId }),
    );
    if (!affected) throw new AppError('not-found', 'There is no such filter among your own.');
  }

  /** Forgets what somebody kept who is no longer there. */
  async forget(organisationId: string, userId: string): Promise<void> {
    await this.database.inOrganisation(organisationId, (manager) =>
      manager.delete(SavedFilterRow, { organisationId, userId }),
    );
  }

  private async requireRoom(manager: EntityManager, organisationId: string, userId: string): Promise<void> {
    const most = this.config.SAVED_FILTERS_PER_PERSON;
    if ((await manager.countBy(SavedFilterRow, { organisationId, userId })) <= most) return;
    throw new AppError('conflict', `You have ${most} saved filters, which is the most. Delete one first.`);
  }
}

function titleOf(name: string): string {
  const title = name.trim();
  if (title !== '') return title;
  const faults = [{ field: 'name', problem: 'must not be blank' }];
  throw new AppError('invalid-input', 'A filter needs a name.', { faults });
}

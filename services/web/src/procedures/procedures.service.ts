import { Injectable } from '@nestjs/common';
import {
  AppError,
  type Caller,
  factBy,
  type PlaceQuery,
  procedureChanged,
  procedureCreated,
  procedureDeleted,
  type ProcedurePage,
  type SaveProcedure,
} from '@muster/contracts';
import { Database, isUniqueViolation, newId, Outbox } from '@muster/database';
import type { EntityManager } from 'typeorm';
import { containing } from '../devices/search';
import { cursorOf, isText, placeOf } from '../lists/place';
import { ProcedureRow, ProcedureVersionRow, StarterSetRow } from './procedure.entity';
import { procedureChanges } from './procedure-changes';
import { STARTER_SET } from './starter-set';

const SUITE = 'Muster';

/** The stored scripts of an organisation. Each change makes a version; versions are kept for what ran. */
@Injectable()
export class Procedures {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
  ) {}

  list(organisationId: string, query: PlaceQuery): Promise<ProcedurePage> {
    return this.within(organisationId, async (manager) => {
      const size = query.size ?? 50;
      const select = manager
        .createQueryBuilder(ProcedureRow, 'p')
        .where('p.organisationId = :organisationId AND p.deletedAt IS NULL', { organisationId });
      if (query.search?.trim()) {
        const pattern = containing(query.search);
        select.andWhere('(lower(p.name) LIKE :pattern OR lower(p.description) LIKE :pattern)', { pattern });
      }
      const total = await select.getCount();
      const direction = query.direction === 'descending' ? 'DESC' : 'ASC';
      if (query.after === undefined) select.offset(((query.page ?? 1) - 1) * size);
      else {
        // No two procedures have a name in common: where one is, is a place.
        const [place] = placeOf(query.after, isText);
        select.andWhere(`lower(p.name) ${direction === 'DESC' ? '<' : '>'} :place`, { place });
      }
      const { entities, raw } = await select
        .addSelect('lower(p.name)', 'place')
        .orderBy('lower(p.name)', direction)
        .limit(size)
        .getRawAndEntities<{ place: string }>();
      const last = raw.length === size ? raw.at(-1) : undefined;
      return { procedures: entities.map(procedureOf), total, ...(last ? { next: cursorOf(last.place) } : {}) };
    });
  }

  read(organisationId: string, id: string) {
    return this.within(organisationId, async (manager) =>
      procedureOf(await findProcedure(manager, organisationId, id)),
    );
  }

  create(caller: Caller, save: SaveProcedure) {
    checkParameters(save);
    const { organisationId, name: by } = caller.principal;
    return this.within(organisationId, async (manager) => {
      const now = new Date();
      const row = manager.create(ProcedureRow, {
        organisationId,
        id: newId(),
        ...fieldsOf(save),
        version: 1,
        createdAt: now,
        updatedAt: now,
        updatedBy: by,
        deletedAt: null,
      });
      await store(manager, row);
      await this.outbox.add(manager, procedureCreated, { ...factBy(caller), ...namedIn(row) });
      return procedureOf(row);
    });
  }

  update(caller: Caller, id: string, save: SaveProcedure) {
    checkParameters(save);
    const { organisationId, name: by } = caller.principal;
    return this.within(organisationId, async (manager) => {
      const row = await findProcedure(manager, organisationId, id, 'for update');
      const before = fieldsOf(procedureOf(row));
      Object.assign(row, fieldsOf(save), { version: row.version + 1, updatedAt: new Date(), updatedBy: by });
      await store(manager, row);
      const fields = procedureChanges(before, fieldsOf(save));
      await this.outbox.add(manager, procedureChanged, { ...factBy(caller), ...namedIn(row), fields });
      return procedureOf(row);
    });
  }

  remove(caller: Caller, id: string): Promise<void> {
    const { organisationId, name: by } = caller.principal;
    return this.within(organisationId, async (manager) => {
      const row = await findProcedure(manager, organisationId, id, 'for update');
      const now = new Date();
      Object.assign(row, { deletedAt: now, updatedAt: now, updatedBy: by });
      await manager.save(row);
      await this.outbox.add(manager, procedureDeleted, { ...factBy(caller), ...namedIn(row) });
    });
  }

  private async within<T>(organisationId: string, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    try {
      return await this.database.inOrganisation(organisationId, async (manager) => {
        await insertStarterSet(manager, organisationId);
        return work(manager);
      });
    } catch (error) {
      if (isUniqueViolation(error, 'ux_procedures_name')) {
        throw new AppError('conflict', 'A procedure with this name exists already.', { cause: error });
      }
      throw error;
    }
  }
}

/** @throws AppError `not-found` */
export async function findProcedure(
  manager: EntityManager,
  organisationId: string,
  id: string,
  lock?: 'for update',
): Promise<ProcedureRow> {
  const row = await manager.findOne(ProcedureRow, {
    where: { organisationId, id },
    ...(lock ? { lock: { mode: 'pessimistic_write' as const } } : {}),
  });
  if (!row || row.deletedAt) throw new AppError('not-found', 'There is no such procedure.');
  return row;
}

async function store(manager: EntityManager, row: ProcedureRow): Promise<void> {
  await manager.save(row);
  const { organisationId, id: procedureId, version, updatedAt: savedAt, updatedBy: savedBy } = row;
  await manager.insert(ProcedureVersionRow, {
    ...fieldsOf(row),
    organisationId,
    procedureId,
    version,
    savedAt,
    savedBy,
  });
}

/** Once per organisation, when its procedures are first asked for; two at the same time insert it once. */
async function insertStarterSet(manager: EntityManager, organisationId: string): Promise<void> {
  if (await manager.existsBy(StarterSetRow, { organisationId })) return;
  const marked: unknown[] = await manager.query(
    'INSERT INTO core.starter_sets (organisation_id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING 1',
    [organisationId],
  );
  if (marked.length === 0) return;
  const now = new Date();
  for (const save of STARTER_SET) {
    const about = { version: 1, createdAt: now, updatedAt: now, updatedBy: SUITE, deletedAt: null };
    await store(manager, manager.create(ProcedureRow, { organisationId, id: newId(), ...fieldsOf(save), ...about }));
  }
}

const fieldsOf = (save: SaveProcedure) => ({
  name: save.name.trim(),
  description: save.description ?? '',
  language: save.language,
  script: save.script,
  parameters: save.parameters,
  timeLimitSeconds: save.timeLimitSeconds,
});

const namedIn = ({ id, name, version }: ProcedureRow) => ({ procedureId: id, name, version });

const procedureOf = (row: ProcedureRow) => ({
  ...fieldsOf(row),
  id: row.id,
  version: row.version,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
  updatedBy: row.updatedBy,
});

function checkParameters(save: SaveProcedure): void {
  const faults = save.parameters.flatMap(({ name }, index, all) =>
    all.findIndex((other) => other.name === name) < index
      ? [{ field: `parameters.${index}.name`, problem: `"${name}" is there twice` }]
      : [],
  );
  if (!save.name.trim()) faults.push({ field: 'name', problem: 'must not be blank' });
  if (faults.length > 0) throw new AppError('invalid-input', 'This procedure cannot be saved.', { faults });
}

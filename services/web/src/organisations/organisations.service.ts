import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Bus } from '@muster/bus';
import {
  AppError,
  type Caller,
  type CreatedOrganisation,
  type CreateOrganisation,
  createOrganisationOwner,
  DEFAULT_ORGANISATION_ID,
  factBy,
  organisationCreated,
  type OrganisationList,
  type Principal,
} from '@muster/contracts';
import { Database, newId, Outbox } from '@muster/database';
import type { EntityManager } from 'typeorm';
import { Organisation } from './organisation.entity';

const MOST_LISTED = 1000;

/** Organisations. Those who own the default one look after the whole suite; everybody else sees the own one only. */
@Injectable()
export class Organisations implements OnApplicationBootstrap {
  constructor(
    private readonly database: Database,
    private readonly bus: Bus,
    private readonly outbox: Outbox,
  ) {}

  /** Whichever process of the suite starts first makes the default organisation. */
  async onApplicationBootstrap(): Promise<void> {
    await this.database.inOrganisation(DEFAULT_ORGANISATION_ID, (manager) =>
      manager.query(`INSERT INTO core.organisations (id, name) VALUES ($1, 'Default') ON CONFLICT DO NOTHING`, [
        DEFAULT_ORGANISATION_ID,
      ]),
    );
  }

  list(principal: Principal): Promise<OrganisationList> {
    const { organisationId } = principal;
    return looksAfterAll(principal)
      ? this.database.across('organisations for those who look after all', (manager) => read(manager, {}))
      : this.database.inOrganisation(organisationId, (manager) => read(manager, { id: organisationId }));
  }

  /**
   * The row is written before its owner is made and committed after, so that a refused owner (an e-mail address that is
   * taken, a missing permission) leaves no organisation behind.
   */
  create(caller: Caller, { name, ownerEmail, ownerName }: CreateOrganisation): Promise<CreatedOrganisation> {
    const { principal } = caller;
    if (!looksAfterAll(principal)) {
      throw new AppError('permission-denied', 'Only owners of the default organisation create organisations.');
    }
    if (name.trim() === '') {
      const faults = [{ field: 'name', problem: 'must not be blank' }];
      throw new AppError('invalid-input', 'An organisation needs a name.', { faults });
    }
    const organisation = { id: newId(), name: name.trim(), createdAt: new Date() };
    return this.database.inOrganisation(organisation.id, async (manager) => {
      await manager.insert(Organisation, organisation);
      const { id: createdId, name: title } = organisation;
      await this.outbox.add(manager, organisationCreated, { ...factBy(caller), createdId, name: title });
      const owner = await this.bus.request(createOrganisationOwner, {
        credential: principal.credential ?? '',
        organisationId: organisation.id,
        email: ownerEmail,
        name: ownerName,
      });
      return { ...organisationOf(organisation), ownerOneTimePassword: owner.oneTimePassword };
    });
  }
}

async function read(manager: EntityManager, where: { id?: string }): Promise<OrganisationList> {
  const rows = await manager.find(Organisation, { where, order: { name: 'ASC', id: 'ASC' }, take: MOST_LISTED });
  return { organisations: rows.map(organisationOf) };
}

const looksAfterAll = (principal: Principal): boolean =>
  principal.organisationId === DEFAULT_ORGANISATION_ID && principal.permissions.includes('organisations.write');

const organisationOf = ({ id, name, createdAt }: Organisation) => ({ id, name, createdAt: createdAt.toISOString() });

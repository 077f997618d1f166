import { Email, Instant, List, nested, Text, Uuid } from '../schema/fields';
import { PersonFact } from '../audit/action-facts';
import { defineEvent } from '../wire/bus';
import { defineRoute, may } from '../wire/route';
import { userCreated } from '../identity/identity-events';

/** The organisation that exists from the first start. */
export const DEFAULT_ORGANISATION_ID = '01900000-0000-7000-8000-000000000001';

const own = { service: 'web', face: 'manager' } as const;

export class Organisation {
  @Uuid() id: string;
  @Text({ max: 200 }) name: string;
  @Instant() createdAt: string;
}
export class OrganisationList {
  @List(nested(() => Organisation), { max: 1000 }) organisations: Organisation[];
}
export const listOrganisations = defineRoute({
  ...own,
  method: 'GET',
  path: '/api/organisations',
  access: may('organisations.read'),
  summary: 'The own organisation; all of them for owners of the default organisation',
  reply: OrganisationList,
  list: 'organisations',
});
export class CreateOrganisation {
  @Text({ min: 1, max: 200 }) name: string;
  @Email() ownerEmail: string;
  @Text({ min: 1, max: 200 }) ownerName: string;
}
export class CreatedOrganisation extends Organisation {
  @Text({ max: 64, about: 'Shown once; to be changed at the first sign-in.' }) ownerOneTimePassword: string;
}
export class OrganisationCreated extends PersonFact {
  @Uuid() createdId: string;
  @Text({ max: 200 }) name: string;
}
export const organisationCreated = defineEvent({
  subject: 'organisation.created.v1',
  delivery: 'durable',
  payload: OrganisationCreated,
  publishers: ['web'],
  consumers: ['audit-logs'],
});
export const createOrganisation = defineRoute({
  ...own,
  method: 'POST',
  path: '/api/organisations',
  access: may('organisations.write'),
  summary: 'Create an organisation with its first owner; for owners of the default organisation',
  body: CreateOrganisation,
  reply: CreatedOrganisation,
  causes: [organisationCreated, userCreated],
});

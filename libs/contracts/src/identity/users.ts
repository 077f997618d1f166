import { Email, Flag, Instant, List, nested, oneOf, OneOf, Text, Uuid } from '../schema/fields';
import { defineRequest } from '../wire/bus';
import { ById } from '../wire/page';
import { PERMISSIONS, type Permission, ROLES, type Role } from '../wire/permissions';
import { defineRoute, may, signedIn } from '../wire/route';
import {
  apiTokenCreated,
  apiTokenRevoked,
  passwordChanged,
  sessionEnded,
  userChanged,
  userCreated,
  userDeleted,
} from './identity-events';

const own = { service: 'key-manager', face: 'manager' } as const;

export class User {
  @Uuid() id: string;
  @Email() email: string;
  @Text({ max: 200 }) name: string;
  @OneOf(ROLES) role: Role;
  @Flag() disabled: boolean;
  @Flag() mustChangePassword: boolean;
  @Instant() createdAt: string;
  @Instant({ optional: true }) lastSignInAt?: string;
  @Instant({ optional: true, about: 'Refused until then, after too many failures.' }) lockedUntil?: string;
}
export class UserList {
  @List(nested(() => User), { max: 1000 }) users: User[];
}
export const listUsers = defineRoute({
  ...own,
  method: 'GET',
  path: '/auth/users',
  access: may('users.read'),
  summary: 'Users of the organisation',
  reply: UserList,
  list: 'users',
});
export class CreateUser {
  @Email() email: string;
  @Text({ min: 1, max: 200 }) name: string;
  @OneOf(ROLES) role: Role;
}
/** The password is shown once and must be changed at the first sign-in. */
export class CreatedUser extends User {
  @Text({ max: 64 }) oneTimePassword: string;
}
export const createUser = defineRoute({
  ...own,
  method: 'POST',
  path: '/auth/users',
  access: may('users.write'),
  summary: 'Create a user with a one-time password',
  body: CreateUser,
  reply: CreatedUser,
  causes: [userCreated],
});
export class UpdateUser {
  @Text({ min: 1, max: 200, optional: true }) name?: string;
  @OneOf(ROLES, { optional: true }) role?: Role;
  @Flag({ optional: true }) disabled?: boolean;
}
export const updateUser = defineRoute({
  ...own,
  method: 'PATCH',
  path: '/auth/users/:id',
  access: may('users.write'),
  summary: "Change a user's name, role or whether they may sign in",
  params: ById,
  body: UpdateUser,
  reply: User,
  causes: [userChanged, sessionEnded],
});
export const resetPassword = defineRoute({
  ...own,
  method: 'POST',
  path: '/auth/users/:id/password-reset',
  access: may('users.write'),
  summary: 'Give a user a new one-time password and end their sessions',
  params: ById,
  reply: CreatedUser,
  causes: [passwordChanged, sessionEnded],
});
export const deleteUser = defineRoute({
  ...own,
  method: 'DELETE',
  path: '/auth/users/:id',
  access: may('users.write'),
  summary: 'Delete a user; their sessions and tokens end at once',
  params: ById,
  causes: [userDeleted, sessionEnded, apiTokenRevoked],
});

export class RoleDescription {
  @OneOf(ROLES) name: Role;
  @List(oneOf(PERMISSIONS), { max: 200 }) permissions: Permission[];
}
export class RoleList {
  @List(nested(() => RoleDescription), { max: 100 }) roles: RoleDescription[];
}
export const listRoles = defineRoute({
  ...own,
  method: 'GET',
  path: '/auth/roles',
  access: signedIn,
  summary: 'Roles and the permissions they are made of',
  reply: RoleList,
});

export class ApiToken {
  @Uuid() id: string;
  @Text({ max: 200 }) name: string;
  @Uuid() ownerId: string;
  @Email() ownerEmail: string;
  @List(oneOf(PERMISSIONS), { max: 200 }) permissions: Permission[];
  @Instant() createdAt: string;
  @Instant() expiresAt: string;
  @Instant({ optional: true }) lastUsedAt?: string;
}
export class ApiTokenList {
  @List(nested(() => ApiToken), { max: 1000 }) tokens: ApiToken[];
}
export class CreateApiToken {
  @Text({ min: 1, max: 200 }) name: string;
  @List(oneOf(PERMISSIONS), { min: 1, max: 200, about: "At most the owner's own." }) permissions: Permission[];
  @Instant({ about: 'At most a year from now.' }) expiresAt: string;
}
/** The secret is shown once. */
export class CreatedApiToken extends ApiToken {
  @Text({ max: 128, about: 'Send as `Authorization: Bearer …`.' }) secret: string;
}
export const listApiTokens = defineRoute({
  ...own,
  method: 'GET',
  path: '/auth/tokens',
  access: signedIn,
  summary: "Own API tokens; everybody's with tokens.manage",
  reply: ApiTokenList,
  list: 'tokens',
});
export const createApiToken = defineRoute({
  ...own,
  method: 'POST',
  path: '/auth/tokens',
  access: signedIn,
  summary: 'Create an API token',
  body: CreateApiToken,
  reply: CreatedApiToken,
  causes: [apiTokenCreated],
});
export const revokeApiToken = defineRoute({
  ...own,
  method: 'DELETE',
  path: '/auth/tokens/:id',
  access: signedIn,
  summary: 'Revoke an own API token; any with tokens.manage',
  params: ById,
  causes: [apiTokenRevoked],
});

/** Makes the owner of a new organisation. Checks `organisations.write` for itself. */
export class CreateOrganisationOwner {
  @Text({ max: 512 }) credential: string;
  @Uuid() organisationId: string;
  @Email() email: string;
  @Text({ min: 1, max: 200 }) name: string;
}
export class OrganisationOwner {
  @Uuid() userId: string;
  @Text({ max: 64 }) oneTimePassword: string;
}
export const createOrganisationOwner = defineRequest({
  subject: 'organisation-owner.create.v1',
  server: 'key-manager',
  callers: ['web'],
  request: CreateOrganisationOwner,
  reply: OrganisationOwner,
});

import { AppError, type Permission, type Principal, type Role, ROLE_PERMISSIONS } from '@muster/contracts';

/** Permissions of these that the principal lacks. */
export const beyond = (principal: Principal, permissions: readonly Permission[]): Permission[] =>
  permissions.filter((permission) => !principal.permissions.includes(permission));

/**
 * The one rule of who may change whom: nobody touches, makes or becomes what can do more than they can. So an
 * administrator leaves owners alone, and a token with few permissions cannot make a user with many.
 * @throws AppError `permission-denied`
 */
export function requireReach(principal: Principal, role: Role): void {
  const lacking = beyond(principal, ROLE_PERMISSIONS[role]);
  if (lacking.length === 0) return;
  throw new AppError(
    'permission-denied',
    `The role ${role} may do more than you may (${lacking.join(', ')}). Ask somebody who has it.`,
  );
}

/** For what only a person may do for themselves. @throws AppError `permission-denied` for API tokens */
export function requirePerson(principal: Principal): void {
  if (principal.kind === 'person') return;
  throw new AppError('permission-denied', 'This needs a signed-in person; an API token cannot do it.');
}

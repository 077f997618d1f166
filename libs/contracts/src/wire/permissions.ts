/** What a person or a token may be allowed to do, one action each. Roles are made of these. */
export const PERMISSIONS = [
  'devices.read',
  'devices.write',
  'devices.retire',
  'operations.read',
  'operations.run',
  'operations.cancel',
  'procedures.read',
  'procedures.write',
  'groups.read',
  'groups.write',
  'registration-keys.read',
  'registration-keys.write',
  'users.read',
  'users.write',
  'sessions.manage',
  'tokens.manage',
  'monitoring.read',
  'inventory.read',
  'releases.read',
  'releases.write',
  'audit.read',
  'audit.write',
  'organisations.read',
  'organisations.write',
  'email.manage',
  'dead-letters.read',
  'dead-letters.replay',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

export const ROLES = ['owner', 'administrator', 'technician', 'read-only'] as const;
export type Role = (typeof ROLES)[number];

/** Reading that says who did what, or concerns the suite itself. */
const privileged: readonly Permission[] = ['dead-letters.read', 'users.read', 'audit.read'];
const reading = PERMISSIONS.filter((permission) => permission.endsWith('.read') && !privileged.includes(permission));

/**
 * The built-in roles. Only an owner makes organisations, other owners, sets how mail is sent, or touches the dead letters
 * of the suite.
 */
export const ROLE_PERMISSIONS: Readonly<Record<Role, readonly Permission[]>> = {
  owner: PERMISSIONS,
  administrator: PERMISSIONS.filter(
    (permission) =>
      permission !== 'organisations.write' && permission !== 'email.manage' && !permission.startsWith('dead-letters.'),
  ),
  technician: [...reading, 'devices.write', 'operations.run', 'operations.cancel', 'procedures.write', 'groups.write'],
  'read-only': reading,
};

import { type Role, ROLES } from '@muster/contracts';
import { useSession } from '../session/session-context';

/** Roles that this person may give: only an owner makes other owners. */
export function useAssignableRoles(): readonly Role[] {
  const { user } = useSession();
  return ROLES.filter((role) => role !== 'owner' || user.role === 'owner');
}

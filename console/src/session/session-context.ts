import { createContext, useCallback, useContext } from 'react';
import type { Permission, Route, Session } from '@muster/contracts';

export const SessionContext = createContext<Session | undefined>(undefined);

/** The session of the signed-in person. @throws outside of the signed-in part of the console */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('only inside of the signed-in console');
  return session;
}

/** Whether this session may call a route: the route's own contract says which permission that needs. */
export type May = (route: Pick<Route, 'access'>) => boolean;

export function useMay(): May {
  const { permissions } = useSession();
  return useCallback((route) => allows(permissions, route), [permissions]);
}

export function allows(permissions: readonly Permission[], route: Pick<Route, 'access'>): boolean {
  if (route.access.kind === 'permission') return permissions.includes(route.access.permission);
  return route.access.kind !== 'device';
}

import { changePassword, currentSession, type Session, signIn, signOut } from '@muster/contracts';
import { type QueryClient, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ApiError } from '../api/api-error';
import { api, type CallArgs } from '../api/client';
import { clearSelection } from '../devices/selection';
import { rememberSignedIn, signedInBefore } from './signed-in-before';

export const SESSION_KEY = ['session'] as const;

/** Remembers the token that proves that a change was asked for by this page. */
function keep(session: Session): Session {
  api.csrfToken = session.csrfToken;
  rememberSignedIn(true);
  return session;
}

/** What the person before saw and chose. The session's own entry stays: the gate watches it. */
function forgetAll(cache: QueryClient): void {
  cache.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION_KEY[0] });
  clearSelection();
}

async function readSession(): Promise<Session | null> {
  if (!signedInBefore()) return null;
  try {
    return keep(await api.call(currentSession, {}));
  } catch (error) {
    if (error instanceof ApiError && error.code === 'not-signed-in') return null;
    throw error;
  }
}

/** The current session; `null` when nobody is signed in. */
export const useSessionQuery = () =>
  useQuery<Session | null, ApiError>({ queryKey: SESSION_KEY, queryFn: readSession, staleTime: Infinity });

export function useSignIn() {
  const cache = useQueryClient();
  return useMutation<Session, ApiError, CallArgs<typeof signIn>>({
    mutationFn: (args) => api.call(signIn, args).then(keep),
    onSuccess: (session) => {
      // Whoever was signed in before may have seen more.
      forgetAll(cache);
      cache.setQueryData(SESSION_KEY, session);
    },
  });
}

export function useChangePassword() {
  const cache = useQueryClient();
  return useMutation<Session, ApiError, CallArgs<typeof changePassword>>({
    mutationFn: (args) => api.call(changePassword, args).then(keep),
    onSuccess: (session) => cache.setQueryData(SESSION_KEY, session),
  });
}

/** Forgets everything that was shown, also when the server could not be told. */
export function useSignOut() {
  const cache = useQueryClient();
  return useMutation<unknown, ApiError>({
    mutationFn: () => api.call(signOut, {}),
    onSuccess: () => rememberSignedIn(false),
    onSettled: () => {
      api.csrfToken = '';
      forgetAll(cache);
      cache.setQueryData(SESSION_KEY, null);
    },
  });
}

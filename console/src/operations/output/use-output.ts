import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { type OperationState, readOutput } from '@muster/contracts';
import { api } from '../../api/client';
import { useLive } from '../../live/live-context';
import { hasEnded } from '../state';
import { OutputFeed } from './output-feed';

/** Follows an operation's output. Give each operation a component of its own (`key`). */
export function useOutput(operationId: string, state: OperationState): { feed: OutputFeed; version: number } {
  const { watchOutput } = useLive();
  const feed = useMemo(
    () => new OutputFeed((from) => api.call(readOutput, { params: { id: operationId }, query: { from } })),
    [operationId],
  );
  const version = useSyncExternalStore(feed.subscribe, () => feed.version);
  const ended = hasEnded(state);

  useEffect(() => {
    // First watch, then read: what arrives in between is known twice rather than missed.
    const stop = watchOutput(operationId, {
      pieces: (pieces) => feed.receive(pieces),
      gap: () => void feed.catchUp(),
    });
    return stop;
  }, [feed, operationId, watchOutput]);
  useEffect(() => {
    void feed.catchUp();
  }, [feed, ended]);
  return { feed, version };
}

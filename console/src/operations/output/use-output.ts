import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { type Operation, readOutput } from '@muster/contracts';
import { api } from '../../api/client';
import { useLive } from '../../live/live-context';
import { hasEnded } from '../state';
import { type Arrival, isIncomplete, LOOKS } from './arrival';
import { OutputFeed } from './output-feed';

export type { Arrival };

/** Follows an operation's output. Give each operation a component of its own (`key`). */
export function useOutput(operation: Operation): { feed: OutputFeed; version: number; arrival: Arrival } {
  const { id, deviceId, outputPieces } = operation;
  const { watchOutput } = useLive();
  const feed = useMemo(
    () =>
      new OutputFeed((from) => api.call(readOutput, { params: { id: deviceId, operationId: id }, query: { from } })),
    [id, deviceId],
  );
  const version = useSyncExternalStore(feed.subscribe, () => feed.version);
  const ended = hasEnded(operation.state);

  useEffect(() => {
    // First watch, then read: what arrives in between is known twice rather than missed.
    const stop = watchOutput(id, {
      pieces: (pieces) => feed.receive(pieces),
      gap: () => void feed.catchUp(),
    });
    return stop;
  }, [feed, id, watchOutput]);
  useEffect(() => {
    void feed.catchUp();
  }, [feed, ended]);
  const incomplete = ended && isIncomplete(feed, outputPieces);
  const looking = useLooks(feed, incomplete);
  return { feed, version, arrival: !incomplete ? 'complete' : looking ? 'arriving' : 'late' };
}

/** Looks again for what has not arrived, for a while. False when it was given up. */
function useLooks(feed: OutputFeed, incomplete: boolean): boolean {
  const [looks, setLooks] = useState(0);
  const pause = LOOKS[looks];
  useEffect(() => {
    if (!incomplete || pause === undefined) return;
    const timer = setTimeout(() => void feed.catchUp().then(() => setLooks((count) => count + 1)), pause);
    return () => clearTimeout(timer);
  }, [feed, incomplete, pause, looks]);
  return pause !== undefined;
}

import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { listLogs } from '@muster/contracts';
import { api } from '../api/client';
import { useLive } from '../live/live-context';
import { accepts, type LogFilter } from './log-filter';
import { LogFeed } from './log-feed';

/** Lines that are read at once. */
const PAGE = 200;
/** Milliseconds between looks for new lines of the whole fleet, which are not sent live. */
const LOOK_EVERY = 5000;

/** The log lines that a filter lets through; one device's follow live, the fleet's are looked for while `follow` is on. */
export function useLogFeed(filter: LogFilter, follow: boolean): { feed: LogFeed; version: number } {
  const { watchLogs } = useLive();
  const { deviceId, level, search, from, to } = filter;
  const feed = useMemo(() => {
    const query = { deviceId, level, search, from, to };
    return new LogFeed({
      read: (after) => api.call(listLogs, { query: { ...query, after, size: PAGE } }),
      accepts: (entry) => accepts(query, entry),
    });
  }, [deviceId, level, search, from, to]);
  const version = useSyncExternalStore(feed.subscribe, () => feed.version);

  useEffect(() => void feed.refresh(), [feed]);
  useEffect(() => {
    if (deviceId === undefined || to !== undefined) return;
    return watchLogs(deviceId, {
      pieces: (entries) => feed.receive(entries),
      gap: () => void feed.refresh(),
    });
  }, [feed, deviceId, to, watchLogs]);
  useEffect(() => {
    if (deviceId !== undefined || to !== undefined || !follow) return;
    const timer = setInterval(() => document.visibilityState === 'visible' && void feed.refresh(), LOOK_EVERY);
    return () => clearInterval(timer);
  }, [feed, deviceId, to, follow]);
  return { feed, version };
}

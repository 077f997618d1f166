import type { XmppServer } from './server';
import type { Session } from './session';

/** Parts of a round. */
const PARTS = 64;
const SHORTEST_PART_MS = 10;

/**
 * Goes round all sessions that have a connection, each once in `roundMs` milliseconds, a few at a time: nobody waits while
 * thousands are looked at, and a crowd that came at once is not dealt with at once. One timer for all, since one for each would
 * be a part of what an idle connection costs; none while nobody is there.
 */
export function goRound(server: XmppServer, roundMs: number, consider: (session: Session) => void): void {
  const online = new Set<Session>();
  let timer: NodeJS.Timeout | undefined;
  let round = online.values();
  let lookedAt = 0;

  const look = (): void => {
    const now = performance.now();
    const share = Math.ceil(online.size * Math.min(1, (now - lookedAt) / roundMs));
    lookedAt = now;
    for (let left = share; left > 0; left--) {
      let next = round.next();
      if (next.done) next = (round = online.values()).next();
      if (next.done) return;
      consider(next.value);
    }
  };
  server.events.on('online', (session) => {
    online.add(session);
    if (timer) return;
    lookedAt = performance.now();
    timer = setInterval(look, Math.max(SHORTEST_PART_MS, roundMs / PARTS)).unref();
  });
  server.events.on('offline', (session) => {
    online.delete(session);
    if (online.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  });
}

import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { LIVE_PATH, type LogEntry, type OutputPiece } from '@muster/contracts';
import { useQueryClient } from '@tanstack/react-query';
import { updateSelected } from '../devices/selection';
import { SESSION_KEY } from '../session/use-session';
import { LiveConnection, type LiveState, type OpenSocket } from './live-connection';
import { LiveContext } from './live-context';
import { LiveWatcher } from './live-watcher';
import { patchCache } from './patch-cache';
import { Refresher } from './refresher';

const openSocket: OpenSocket = (received, closed) => {
  const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${LIVE_PATH}`);
  socket.onmessage = ({ data }) => received(data);
  socket.onclose = closed;
  return socket;
};

/** The one WebSocket of the page. Keeps cached replies current while somebody is signed in. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const cache = useQueryClient();
  const [state, setState] = useState<LiveState>('connecting');
  const { connection, outputs, logs, refresher } = useMemo(() => {
    const refresher = new Refresher(cache);
    const outputs: LiveWatcher<OutputPiece> = new LiveWatcher((operationIds) =>
      connection.watch({ type: 'watch-output', operationIds }),
    );
    const logs: LiveWatcher<LogEntry> = new LiveWatcher((deviceIds) =>
      connection.watch({ type: 'watch-logs', deviceIds }),
    );
    const connection: LiveConnection = new LiveConnection(openSocket, {
      state: setState,
      gap() {
        // Also the session: rights may have changed meanwhile.
        refresher.soon([]);
        outputs.gap();
        logs.gap();
      },
      message(message) {
        if (message.type === 'signed-out') void cache.resetQueries({ queryKey: SESSION_KEY });
        else if (message.type === 'output.appended') outputs.deliver(message.id ?? '', message.pieces ?? []);
        else if (message.type === 'logs.appended') logs.deliver(message.id ?? '', message.entries ?? []);
        else patchCache(cache, refresher, message);
        if (message.type === 'device.changed' && message.device) updateSelected(message.device);
      },
    });
    return { connection, outputs, logs, refresher };
  }, [cache]);

  useEffect(() => {
    const hurry = () => document.visibilityState === 'visible' && connection.hurry();
    connection.start();
    window.addEventListener('online', hurry);
    document.addEventListener('visibilitychange', hurry);
    return () => {
      window.removeEventListener('online', hurry);
      document.removeEventListener('visibilitychange', hurry);
      connection.stop();
      refresher.stop();
    };
  }, [connection, refresher]);

  const live = useMemo(() => ({ state, watchOutput: outputs.add, watchLogs: logs.add }), [state, outputs, logs]);
  return <LiveContext value={live}>{children}</LiveContext>;
}

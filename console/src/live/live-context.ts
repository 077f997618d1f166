import { createContext, useContext } from 'react';
import type { LogEntry, OutputPiece } from '@muster/contracts';
import type { LiveState } from './live-connection';

export interface LiveListener<T> {
  pieces(pieces: T[]): void;
  /** Messages may have been missed: fetch from where you are. */
  gap(): void;
}
export interface Live {
  state: LiveState;
  /** Asks for an operation's output as it arrives. Call the result to stop. */
  watchOutput(operationId: string, listener: LiveListener<OutputPiece>): () => void;
  /** Asks for a device's log lines as they arrive, oldest first. Call the result to stop. */
  watchLogs(deviceId: string, listener: LiveListener<LogEntry>): () => void;
}

export const LiveContext = createContext<Live | undefined>(undefined);

/** @throws outside of the signed-in part of the console */
export function useLive(): Live {
  const live = useContext(LiveContext);
  if (!live) throw new Error('only inside of the signed-in console');
  return live;
}

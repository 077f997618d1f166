import { type ChildProcess, spawn } from 'node:child_process';

/**
 * A shell that reads from a pipe which closes when this process ends, however it ends, and then does what is left to do.
 * Test runners kill their workers, so hooks within this process would not run. What a killed server's own children
 * still write makes a second removal necessary.
 */
const REAP = 'cat >/dev/null; [ -z "$1" ] || kill -KILL "$1"; [ -z "$2" ] || rm -rf "$2" || { sleep 1; rm -rf "$2"; }';

/** Kills a process and removes a folder when this process ends; the returned shell is killed when that is not needed. */
export function reapAtEnd(what: { pid?: number; folder?: string }): ChildProcess {
  const reaper = spawn('sh', ['-c', REAP, 'reaper', String(what.pid ?? ''), what.folder ?? ''], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  reaper.unref();
  return reaper;
}

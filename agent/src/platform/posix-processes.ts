import { spawnSync } from 'node:child_process';

/**
 * When a process started, as POSIX' `ps` tells it to the second; undefined when there is none, or only what is left of
 * one that nobody waited for.
 */
export function posixProcessStart(pid: number): string | undefined {
  const env = { LC_ALL: 'C', TZ: 'UTC' };
  const { stdout } = spawnSync('/bin/ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { env, encoding: 'utf8' });
  const [state, ...started] = (stdout ?? '').trim().split(/\s+/);
  return state && !state.startsWith('Z') ? started.join(' ') : undefined;
}

/** Signals a process group; 0 only looks. False when nobody is left in it. */
export function signalPosixGroup(leader: number, signal: 'SIGTERM' | 'SIGKILL' | 0): boolean {
  try {
    process.kill(-leader, signal);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ESRCH') return false;
    // EPERM: somebody is there whom this user may not signal (a script that changed its user).
    if (code === 'EPERM') return true;
    throw error;
  }
}

export const POSIX_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

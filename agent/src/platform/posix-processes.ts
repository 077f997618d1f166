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

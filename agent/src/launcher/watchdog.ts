import { InstallFolder, MOST_ATTEMPTS } from './install-folder';

export interface WatchdogOrder {
  install: string;
  version: string;
  limitMs: number;
}

/**
 * Ends the process when a version on trial is not green in time. Runs in a thread of its own, so that a version that
 * keeps the main thread busy for ever does not escape.
 */
export function watch({ install, version, limitMs }: WatchdogOrder): void {
  setTimeout(() => {
    const folder = new InstallFolder(install);
    const { trial } = folder;
    if (trial?.version !== version || folder.current === version) return;
    const why = `it was not green within ${limitMs / 1000} seconds`;
    try {
      folder.trial = { ...trial, attempts: MOST_ATTEMPTS, why };
    } finally {
      process.kill(process.pid, 'SIGKILL');
    }
  }, limitMs);
}

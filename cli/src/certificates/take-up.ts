import type { X509Certificate } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { CliError, EXIT } from '../core/exit-codes';
import type { Terminal } from '../core/terminal';
import type { Stack } from '../stack/stack';
import { type FileChange, KeptFiles } from './kept-files';
import { shownBy, type TlsPlace } from './served';

const EVERY_MS = 500;
/** So long it may take until what was put back is served again. */
const BACK_SECONDS = 30;

export interface TakeUp {
  /** Files to replace, in this order. */
  changes: readonly FileChange[];
  /** What is to be served then. */
  leaf: X509Certificate;
  place: TlsPlace;
  /** Folder for the files from before. */
  aside: string;
  /** The part that serves it, for its log. */
  part: string;
  stack: Stack;
  waitSeconds: number;
  terminal: Terminal;
}

export interface TakenUp {
  /** The server showed the new certificate; else it does not run, and will show it when it does. */
  served: boolean;
  /** Where the files from before are. */
  kept?: string;
}

/**
 * Replaces the files of a server that runs on and looks at them by itself: connections stay as they are, new ones get what
 * is new. When the server does not take it, everything is put back.
 * @throws CliError saying so, with the server's own last words
 */
export async function takeUp(work: TakeUp): Promise<TakenUp> {
  const { changes, leaf, place, aside, part, waitSeconds, terminal } = work;
  const before = await shownBy(place).catch(() => undefined);
  const kept = replaceFiles(changes, aside);
  const outcome = kept.folder ? { kept: kept.folder } : {};
  if (!before) return { ...outcome, served: false };
  terminal.progress(`Waiting until ${part} serves it …`);
  if (await isShown(place, leaf.fingerprint256, waitSeconds)) return { ...outcome, served: true };
  kept.putBack();
  const back = await isShown(place, before.fingerprint256, BACK_SECONDS);
  const words = await work.stack.lastLines(part, 3).catch(() => '');
  throw new CliError(
    EXIT.unavailable,
    `${part} did not take the new certificate within ${waitSeconds} seconds; the files from before are back${back ? ' and served' : ''}.`,
    [`See "muster logs ${part}".`, ...(words.trim() ? [`It said last: ${words.trim().split('\n').at(-1)}`] : [])].join(
      ' ',
    ),
  );
}

function replaceFiles(changes: readonly FileChange[], aside: string): KeptFiles {
  try {
    return KeptFiles.replace(changes, aside);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
      throw new CliError(EXIT.noPermission, `The certificates cannot be written: ${message}.`, 'Run muster as root.');
    }
    throw new CliError(EXIT.cannotCreate, `The certificates cannot be written: ${message}; all is as it was.`);
  }
}

/** Waits until a certificate is shown. */
export async function isShown(place: TlsPlace, fingerprint: string, seconds: number): Promise<boolean> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const shown = await shownBy(place).catch(() => undefined);
    if (shown?.fingerprint256 === fingerprint) return true;
    if (Date.now() > end) return false;
    await pause(EVERY_MS);
  }
}

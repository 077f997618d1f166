import { run } from '../core/run';
import '../verbs';
import { CapturedTerminal } from './captured-terminal';

/** Runs one command line as where standard output is no terminal. */
export async function muster(...words: string[]): Promise<{ code: number; printed: string; told: string }> {
  const terminal = new CapturedTerminal();
  const code = await run(words, terminal, { MUSTER_VERSION: '1.2.3' });
  return { code, printed: terminal.printed, told: terminal.told };
}

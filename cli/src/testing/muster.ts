import { run } from '../core/run';
import '../verbs';
import { CapturedTerminal } from './captured-terminal';

/** Runs one command line as where standard output is no terminal. */
export const muster = (...words: string[]): Promise<{ code: number; printed: string; told: string }> =>
  musterWith({}, ...words);

/** The same with variables of the environment. */
export async function musterWith(
  environment: Readonly<Record<string, string>>,
  ...words: string[]
): Promise<{ code: number; printed: string; told: string }> {
  const terminal = new CapturedTerminal();
  const code = await run(words, terminal, { MUSTER_VERSION: '1.2.3', ...environment });
  return { code, printed: terminal.printed, told: terminal.told };
}

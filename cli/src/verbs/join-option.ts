import { existsSync, readFileSync } from 'node:fs';
import { stdin } from 'node:process';
import { text as readAll } from 'node:stream/consumers';
import type { Terminal } from '../core/terminal';
import { decodeJoin, type Join } from '../setup/join-token';

/** What `--join` names: a token, a file that holds one, or `-` for standard input. @throws CliError as `decodeJoin` */
export async function givenJoin(given: string): Promise<Join> {
  if (given === '-') return decodeJoin(await readAll(stdin));
  return decodeJoin(existsSync(given) ? readFileSync(given, 'utf8') : given);
}

/** The line that the XMPP server takes. The token is shown to a person and never to a pipe, which may be a log. */
export const joinLine = (command: string, file: string, terminal: Terminal): string =>
  terminal.interactive
    ? `  ${command} --join ${readFileSync(file, 'utf8').trim()}`
    : `  ${command} --join ${file}   (after copying that file there; it holds a password and a key)`;

import { CliError, EXIT } from '../core/exit-codes';
import type { Terminal } from '../core/terminal';
import { Commands, composeCommand } from '../site/commands';
import { isWell, type Part, type Stack } from '../stack/stack';

const EVERY_MS = 2_000;

/** `up --detach`. @throws CliError with what compose said last */
export async function startStack(folder: string, commands: Commands, terminal: Terminal): Promise<void> {
  const compose = await composeCommand(commands);
  if (!compose) {
    throw new CliError(EXIT.unavailable, 'Neither "docker compose" nor "docker-compose" is there.');
  }
  const reply = await commands.try(
    { file: compose.file, args: [...compose.args, 'up', '--detach', '--remove-orphans'], cwd: folder },
    { timeoutMs: 0, onErrors: (text) => terminal.progress(text.trimEnd()) },
  );
  if (reply.code === 0) return;
  const lines = reply.errors.split('\n').filter((line) => line.trim() !== '');
  // docker-compose 1.29 names the reason somewhere above its last line.
  const reason = lines.find((line) => /^(ERROR|Error)/.test(line)) ?? lines.at(-1) ?? `exit code ${reply.code}`;
  throw new CliError(EXIT.unavailable, `The stack could not be started: ${reason}`, 'What came before says more.');
}

/** Waits until every part is well. @throws CliError naming those that are not after the time */
export async function waitForHealth(
  stack: Stack,
  seconds: number,
  terminal: Terminal,
  everyMs = EVERY_MS,
): Promise<void> {
  const end = Date.now() + seconds * 1000;
  let told = '';
  for (;;) {
    const waiting = (await stack.parts()).filter((part) => !isReady(part));
    if (waiting.length === 0) return;
    const names = waiting.map(({ name }) => name).join(', ');
    if (Date.now() > end) {
      throw new CliError(
        EXIT.later,
        `After ${seconds} seconds these are not ready: ${waiting.map(describe).join('; ')}.`,
        `Look at "muster logs ${waiting[0]?.name}", and run "muster doctor".`,
      );
    }
    if (names !== told) terminal.progress(`Waiting for ${names} …`);
    told = names;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

const isReady = (part: Part): boolean => isWell(part) && part.state !== 'starting';
const describe = ({ name, state, reason }: Part): string => `${name} (${state}${reason ? `: ${reason}` : ''})`;

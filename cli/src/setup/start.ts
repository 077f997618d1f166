import { CliError, EXIT } from '../core/exit-codes';
import type { Terminal } from '../core/terminal';
import { FAULTY, faultsIn } from '../checks/configuration';
import { Commands, composeCommand } from '../site/commands';
import { endedWith } from '../stack/docker-facts';
import { isWell, type Part, type Stack } from '../stack/stack';

const EVERY_MS = 2_000;

/**
 * `up --detach`. @param more other words for `up`: names of services, when not all are meant, or options
 * @throws CliError with what compose said last
 */
export async function startStack(
  folder: string,
  commands: Commands,
  terminal: Terminal,
  more: readonly string[] = ['--detach', '--remove-orphans'],
): Promise<void> {
  const compose = await composeCommand(commands);
  if (!compose) {
    throw new CliError(EXIT.unavailable, 'Neither "docker compose" nor "docker-compose" is there.');
  }
  const reply = await commands.try(
    { file: compose.file, args: [...compose.args, 'up', ...more], cwd: folder },
    { timeoutMs: 0, onErrors: (text) => terminal.progress(text.trimEnd()) },
  );
  if (reply.code === 0) return;
  const lines = reply.errors.split('\n').filter((line) => line.trim() !== '');
  // docker-compose 1.29 names the reason somewhere above its last line.
  const reason = lines.find((line) => /^(ERROR|Error)/.test(line)) ?? lines.at(-1) ?? `exit code ${reply.code}`;
  throw new CliError(EXIT.unavailable, `The stack could not be started: ${reason}`, remedyFor(reply.errors));
}

/** What engine and compose say, and what to do about it. */
const KNOWN_FAILURES: readonly [RegExp, string][] = [
  [
    /pull access denied|manifest (for .* )?(unknown|not found)|repository does not exist|No such image|registry.*(no such host|timeout)/i,
    'The images are not here: load or build them, or name the registry that has them with --image-prefix (MUSTER_IMAGE_PREFIX in .env).',
  ],
  [
    /port is already allocated|address already in use/i,
    'Another program has a port of the stack: end it, or change the port in .env (EDGE_PUBLISH, XMPP_PUBLISH and so on).',
  ],
  [
    /setting rlimit/i,
    'Docker may open fewer files than the stack needs: raise LimitNOFILE of docker.service to 131072 or more.',
  ],
  [/no space left on device/i, 'The disk is full: free some space, then run setup again.'],
  [
    /bind source path does not exist|invalid mount config|secret.*not found/i,
    'A file or folder that the stack mounts is not there: run setup again, it makes what is missing.',
  ],
];

export const remedyFor = (words: string): string =>
  KNOWN_FAILURES.find(([pattern]) => pattern.test(words))?.[1] ?? 'What came before says more.';

/** Waits until every part is well. @throws CliError naming those that are not after the time, or one that never will be */
export async function waitForHealth(
  stack: Pick<Stack, 'parts'> & Partial<Pick<Stack, 'lastLines'>>,
  seconds: number,
  terminal: Terminal,
  everyMs = EVERY_MS,
): Promise<void> {
  const end = Date.now() + seconds * 1000;
  let told = '';
  for (;;) {
    const waiting = (await stack.parts()).filter((part) => !isReady(part));
    if (waiting.length === 0) return;
    const faulty = waiting.find(({ reason }) => reason === endedWith(FAULTY));
    if (faulty) throw await refusedConfiguration(stack, faulty.name);
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

/** Starting again does not help: the log names every variable that is wrong. */
async function refusedConfiguration(stack: Partial<Pick<Stack, 'lastLines'>>, name: string): Promise<CliError> {
  const words = (await stack.lastLines?.(name, 50).catch(() => '')) ?? '';
  return new CliError(
    EXIT.config,
    `The service ${name} does not start: ${faultsIn(words)}.`,
    'Correct these variables in the .env file, then run setup again.',
  );
}

const isReady = (part: Part): boolean => isWell(part) && part.state !== 'starting';
const describe = ({ name, state, reason }: Part): string => `${name} (${state}${reason ? `: ${reason}` : ''})`;

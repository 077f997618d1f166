import { exitCodeOf, inWords, runChecks } from '../checks/run-checks';
import { CliError, EXIT } from '../core/exit-codes';
import type { Finding } from '../checks/finding';
import type { Terminal } from '../core/terminal';
import type { SetupContext } from './context';
import { type Ground, groundChecks } from './ground';
import type { Names } from './plan';
import type { Variables } from './env-file';

/** Looks at the ground before anything is written. @throws CliError when it has a fault and nobody insists */
export async function checkGround(
  context: SetupContext,
  facts: { names: Names; turn: boolean; variables: Variables },
): Promise<Finding[]> {
  const { server, folder, commands, options, terminal } = context;
  terminal.progress('Checking this server …');
  const parts = await context.stack.parts().catch(() => []);
  const running = parts.some(({ state, reason }) => state !== 'stopped' || reason !== 'it has no container');
  const ownPorts = parts.filter(({ state }) => state !== 'stopped').flatMap(({ ports = [] }) => ports);
  const startsAgain = running && (options.start || options.checkOnly);
  const lookup = context.lookup ? { lookup: context.lookup } : {};
  const ground: Ground = { server, folder, commands, running, startsAgain, ownPorts, ...lookup, ...facts };
  const findings = await runChecks(groundChecks(ground));
  tell(findings, terminal);
  if (exitCodeOf(findings) !== EXIT.ok && !options.force && !options.checkOnly) {
    throw new CliError(
      EXIT.config,
      'This server is not ready; nothing was changed.',
      'Do what stands above, or go on in spite of it with --force.',
    );
  }
  return findings;
}

/** Shows what is not well. */
export function tell(findings: readonly Finding[], terminal: Terminal): void {
  const words = inWords(findings, terminal, { all: false });
  if (words) terminal.progress(words);
}

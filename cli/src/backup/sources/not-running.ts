import { CliError, EXIT } from '../../core/exit-codes';

export const notRunning = (part: string): CliError =>
  new CliError(
    EXIT.unavailable,
    `${part} does not run, and a backup needs it.`,
    'Start the stack; see "muster status".',
  );

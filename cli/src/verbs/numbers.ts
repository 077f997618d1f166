import { CliError, EXIT } from '../core/exit-codes';

/** The value of an option that is a whole number. @throws CliError */
export function wholeNumber(name: string, text: string | undefined, usual: number): number {
  if (text === undefined) return usual;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new CliError(EXIT.usage, `--${name} must be a whole number, not "${text}".`);
}

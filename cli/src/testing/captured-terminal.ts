import { Terminal } from '../core/terminal';

/** A terminal that keeps what was written. */
export class CapturedTerminal extends Terminal {
  printed = '';
  told = '';

  constructor(isTTY = false, environment: Record<string, string> = {}) {
    super(
      { isTTY, write: (text) => void (this.printed += text) },
      { write: (text) => void (this.told += text) },
      environment,
    );
  }
}

import { appendFileSync, renameSync, statSync } from 'node:fs';

export type LogFields = Record<string, unknown>;

/** Structured log: one JSON object per line. ERROR means that somebody must act. */
export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

/** Where lines go: standard error, or a file that is kept below twice `maxBytes` by one predecessor (`<path>.1`). */
export function openLog(path?: string, maxBytes = 5_000_000): Log {
  const write = path ? fileWriter(path, maxBytes) : (line: string): void => void process.stderr.write(line);
  const at =
    (level: string) =>
    (event: string, fields: LogFields = {}): void =>
      write(`${JSON.stringify({ time: new Date().toISOString(), level, event, ...fields })}\n`);
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

/** What went wrong, with its causes, on one line: `what was being done: what the system said`. */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${reason(error.cause)}`;
}

function fileWriter(path: string, maxBytes: number): (line: string) => void {
  let size = sizeOf(path);
  return (line) => {
    try {
      if (size + line.length > maxBytes) {
        renameSync(path, `${path}.1`);
        size = 0;
      }
      appendFileSync(path, line, { mode: 0o600 });
      size += Buffer.byteLength(line);
    } catch (error) {
      // A full disk must not end the agent; the line is the less important loss.
      process.stderr.write(`log file ${path}: ${reason(error)}\n${line}`);
    }
  };
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}

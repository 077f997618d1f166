import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';

const MOST_BYTES = 4000;

/** Size in bytes; 0 when it is not there yet. */
export const sizeOf = (file: string): number => (existsSync(file) ? statSync(file).size : 0);

/** Up to `count` last lines of what was written to a file after its byte `from`. */
export function lastLines(file: string, from: number, count = 10): string {
  const size = sizeOf(file);
  const start = Math.max(from, size - MOST_BYTES);
  if (start >= size) return '(nothing)';
  const buffer = Buffer.alloc(size - start);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, buffer, 0, buffer.length, start);
  } finally {
    closeSync(descriptor);
  }
  return buffer.toString().trimEnd().split('\n').slice(-count).join('\n');
}

import type { IncomingMessage } from 'node:http';
import { AppError } from '@muster/contracts';

/** @throws AppError `too-large`, after which the connection cannot be used again; `invalid-input` when it broke off */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const tooLarge = (): AppError => new AppError('too-large', `A body may have ${maxBytes} bytes.`);
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let length = 0;
    request.on('data', (piece: Buffer) => {
      length += piece.length;
      if (length > maxBytes) {
        request.pause();
        return reject(tooLarge());
      }
      pieces.push(piece);
    });
    request.on('end', () => resolve(pieces.length === 1 ? (pieces[0] ?? Buffer.alloc(0)) : Buffer.concat(pieces)));
    const brokenOff = (cause?: unknown): void =>
      reject(new AppError('invalid-input', 'The request broke off.', { cause }));
    request.on('error', brokenOff);
    request.on('close', () => (request.complete ? undefined : brokenOff()));
  });
}

/** @throws AppError when it is not JSON */
export function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new AppError('invalid-input', 'The request cannot be read: it is not well-formed.', { cause });
  }
}

import { AppError } from '@muster/contracts';

export const MAX_BODY_BYTES = 1024 * 1024;

/** A body for the wire. @throws AppError `too-large` where the other end, or a dead letter, could not hold it */
export function encode(subject: string, value: unknown): string {
  const body = JSON.stringify(value);
  if (Buffer.byteLength(body) > MAX_BODY_BYTES)
    throw new AppError('too-large', `${subject} is limited to ${MAX_BODY_BYTES} bytes on the bus.`);
  return body;
}

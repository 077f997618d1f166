import { ALLOCATION_SECONDS, ATTRIBUTE, MAX_ALLOCATION_SECONDS } from '../stun/constants';
import type { MessageReader } from '../stun/message-reader';

/** Seconds that an allocation gets: what the client asks for, between the default and an hour (RFC 8656, sections 7.2 and 8.2). */
export function lifetimeOf(request: MessageReader): number {
  const asked = request.value(ATTRIBUTE.lifetime);
  if (asked?.length !== 4) return ALLOCATION_SECONDS;
  return Math.min(MAX_ALLOCATION_SECONDS, Math.max(ALLOCATION_SECONDS, asked.readUInt32BE(0)));
}

/** Whether the client wants its allocation gone. */
export function asksForEnd(request: MessageReader): boolean {
  const asked = request.value(ATTRIBUTE.lifetime);
  return asked?.length === 4 && asked.readUInt32BE(0) === 0;
}

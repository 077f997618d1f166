import { ATTRIBUTE } from '../stun/constants';
import type { Method } from './exchange';
import { asksForEnd, lifetimeOf } from './lifetime';

/** RFC 8656, section 8.2. */
export const refresh: Method = ({ request, allocation, now, success }, { allocations }) => {
  if (!allocation?.relay) return 437;
  const family = request.value(ATTRIBUTE.requestedAddressFamily);
  if (family && (family.length !== 4 || family[0] !== (allocation.family === 4 ? 1 : 2))) return 443;
  const seconds = asksForEnd(request) ? 0 : lifetimeOf(request);
  if (seconds === 0) allocations.remove(allocation);
  else allocation.expires = now + seconds * 1000;
  return success().number(ATTRIBUTE.lifetime, seconds);
};

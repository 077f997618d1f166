import type { AuditFault, AuditHead, AuditVerdict, VerifyAudit } from '@muster/contracts';
import { numberOf } from './heads-file';

/** Bytes of heads in one request: well below what the route takes. */
const MOST_BYTES = 6_000_000;
const MOST_HEADS = 5000;

export interface Verification {
  checkedFrom: number;
  checkedTo: number;
  headsChecked: number;
  faults: AuditFault[];
  /** The whole chain was gone through. */
  complete: boolean;
}

/**
 * Goes along a chain, call after call, until the server says that it ends. Each call compares those heads that belong to
 * its stretch; where they are too many for one request the stretch is asked about again with the next of them.
 */
export async function verifyChain(
  call: (body: VerifyAudit) => Promise<AuditVerdict>,
  heads: readonly AuditHead[],
  progress: (sofar: Verification) => void,
  stopped: () => boolean,
): Promise<Verification> {
  let waiting = [...heads].sort((a, b) => numberOf(a) - numberOf(b));
  let from: number | undefined;
  const result: Verification = { checkedFrom: 0, checkedTo: 0, headsChecked: 0, faults: [], complete: false };
  while (!stopped()) {
    const sent = waiting.slice(0, fitting(waiting));
    const verdict = await call({ from, heads: sent.length > 0 ? sent : undefined });
    take(result, verdict);
    const { next } = verdict;
    const compared = new Set(sent.filter((head) => next === undefined || numberOf(head) < next));
    waiting = waiting.filter((head) => !compared.has(head));
    const again = compared.size > 0 && waiting.some((head) => next === undefined || numberOf(head) < next);
    result.complete = next === undefined && !again;
    progress({ ...result, faults: [...result.faults] });
    if (result.complete) break;
    // A server that does not get on must not be asked for ever.
    if (!again && next !== undefined && from !== undefined && next <= from) break;
    if (!again) from = next;
  }
  return result;
}

function take(result: Verification, verdict: AuditVerdict): void {
  result.checkedFrom ||= verdict.checkedFrom;
  result.checkedTo = Math.max(result.checkedTo, verdict.checkedTo);
  result.headsChecked += verdict.headsChecked;
  for (const fault of verdict.faults) {
    const known = result.faults.some((one) => one.number === fault.number && one.problem === fault.problem);
    if (!known) result.faults.push(fault);
  }
}

/** How many of them one request carries. */
function fitting(heads: readonly AuditHead[]): number {
  let bytes = 0;
  const count = heads.slice(0, MOST_HEADS).findIndex((head) => {
    bytes += JSON.stringify(head).length;
    return bytes > MOST_BYTES;
  });
  return count === -1 ? Math.min(heads.length, MOST_HEADS) : Math.max(1, count);
}

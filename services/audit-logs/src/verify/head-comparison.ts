import type { AuditFault, AuditHead } from '@muster/contracts';
import type { StoredHead } from '../heads/head.queries';
import { type HeadChecker, payloadOf } from '../heads/signed-head';

/** What is known of the chain where heads are compared with it. */
export interface Stretch {
  /** Oldest entry kept, and newest. */
  first: number;
  last: number;
  /** Hash of an entry; undefined when it is not in this stretch or not there. */
  hashOf(number: number): string | undefined;
}

export interface Comparison {
  faults: AuditFault[];
  checked: number;
  /** The highest entry that a good head beyond the end covers, and when it was signed. */
  beyond?: { number: number; at: string };
}

/**
 * Compares heads with a stretch of the chain. `number` is where a head is stored; absent for heads that somebody kept.
 * Of heads that differ the first is named: those after it differ because of it.
 */
export function compareHeads(
  heads: ReadonlyArray<AuditHead & Partial<StoredHead>>,
  checker: HeadChecker,
  stretch: Stretch,
): Comparison {
  const faults: AuditFault[] = [];
  const differing: Array<{ number: number; at: string }> = [];
  let agreed = stretch.first - 1;
  let beyond: Comparison['beyond'];
  for (const head of heads) {
    const verdict = checker.check(head);
    const named = head.number ?? payloadOf(head.payload)?.number ?? 0;
    if ('problem' in verdict) {
      faults.push({ fault: 'head-forged', number: named, problem: `A head counts for nothing: ${verdict.problem}.` });
      continue;
    }
    const { number, hash, at } = verdict.payload;
    if (number !== named) {
      const problem = `The head that is stored here is the one of entry ${number}.`;
      faults.push({ fault: 'head-forged', number: named, problem });
      continue;
    }
    const found = stretch.hashOf(number);
    if (number > stretch.last) beyond = !beyond || beyond.number < number ? { number, at } : beyond;
    else if (found === hash) agreed = Math.max(agreed, number);
    else if (found !== undefined) differing.push({ number, at });
  }
  differing.sort((one, other) => one.number - other.number);
  const [earliest] = differing;
  if (earliest) faults.push(differs(earliest, agreed < earliest.number ? agreed + 1 : undefined, differing.length));
  return { faults, checked: heads.length, ...(beyond ? { beyond } : {}) };
}

function differs({ number, at }: { number: number; at: string }, since: number | undefined, count: number): AuditFault {
  const which = since === undefined ? `up to ${number}` : since === number ? `${number}` : `from ${since} to ${number}`;
  const more = count > 1 ? ` ${count - 1} later heads differ too.` : '';
  const problem = `The chain was another when this head was signed at ${at}: an entry ${which} was changed afterwards, and the hashes after it made anew.${more}`;
  return { fault: 'head-differs', number, problem };
}

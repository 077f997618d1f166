import { allEvents, deviceDescribed } from '@muster/contracts';
import { describe, expect, it } from 'vitest';
import { FACTS } from './all-facts';

/** Events that audit-logs consumes without making an entry of each, and where they go instead. */
const ELSEWHERE = new Map<string, string>([
  [deviceDescribed.subject, 'names of devices'],
  ['report.audit.v1', 'an entry for each report in it'],
]);

const consumed = allEvents().filter(
  ({ delivery, consumers }) => delivery !== 'ephemeral' && consumers.includes('audit-logs'),
);

describe('every event that audit-logs consumes', () => {
  it.each(consumed.map((event) => [event.subject] as const))('%s has a mapping, and one', (subject) => {
    const mapped = FACTS.filter(({ event }) => event.subject === subject);
    expect(mapped).toHaveLength(ELSEWHERE.has(subject) ? 0 : 1);
  });

  it('is all that is mapped', () => {
    const known = new Set(consumed.map(({ subject }) => subject));
    expect(FACTS.map(({ event }) => event.subject).filter((subject) => !known.has(subject))).toEqual([]);
  });
});

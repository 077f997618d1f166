import { createHash } from 'node:crypto';
import { INVENTORY_SECTIONS, fieldsOf, SECTION_NAMES, sectionText } from '@muster/contracts';
import { describe, expect, it } from 'vitest';
import { changeId, firstIdAt, momentOf } from '../changes/change-id';
import { applyItems } from './apply-items';
import { bytewise, sectionDigest } from './bytewise';
import { HISTORY_RULES } from './history-rules';
import { itemChange } from './item-changes';
import { nextStep, type SectionState, type SpooledReport } from './section-state';

const report = (fields: Partial<SpooledReport>): SpooledReport => ({
  ...{ spool: 's', sequence: 10, at: '2026-01-01T00:00:10.000Z', section: 'software', part: 1, parts: 1 },
  ...{ items: [], gone: [], digest: 'new', unreadable: [], ...fields },
});
const state = (fields: Partial<SectionState>): SectionState => ({
  ...{ at: '2026-01-01T00:00:05.000Z', spool: 's', sequence: 5, complete: true, ...fields },
});

describe('what to do with a report', () => {
  it('takes a snapshot whatever is stored', () => {
    expect(nextStep(undefined, report({ snapshot: 'x' }))).toMatchObject({
      kind: 'apply',
      removesOthers: true,
      expected: 'new',
    });
    expect(nextStep(state({}), report({ snapshot: 'x' }))).toMatchObject({
      kind: 'apply',
      state: { digest: 'new', complete: true },
    });
  });

  it('takes a difference only to what is stored', () => {
    expect(nextStep(state({ digest: 'old' }), report({ base: 'old' }))).toMatchObject({
      kind: 'apply',
      state: { digest: 'new' },
    });
    for (const stored of [undefined, state({}), state({ digest: 'other' })]) {
      const step = nextStep(stored, report({ base: 'old' }));
      expect(step).toMatchObject({ kind: 'unfit' });
      expect(step.kind === 'unfit' && 'digest' in step.state).toBe(false);
    }
  });

  it('leaves alone what is newer than the report', () => {
    expect(nextStep(state({ digest: 'old' }), report({ base: 'x', sequence: 4 })).kind).toBe('stale');
    expect(
      nextStep(state({ digest: 'old' }), report({ snapshot: 'x', spool: 't', at: '2026-01-01T00:00:01.000Z' })).kind,
    ).toBe('stale');
  });

  it('knows when the parts of a snapshot are all there, in any order', () => {
    let stored: SectionState | undefined = state({ digest: 'old' });
    for (const [part, whole] of [
      [3, false],
      [1, false],
      [1, false],
      [2, true],
    ] as const) {
      const step = nextStep(stored, report({ snapshot: 'x', part, parts: 3 }));
      expect(step).toMatchObject({ kind: 'apply', removesOthers: whole });
      stored = step.kind === 'stale' ? stored : step.state;
      expect(stored?.digest).toBe(whole ? 'new' : undefined);
    }
  });

  it('begins anew with another snapshot', () => {
    const first = nextStep(undefined, report({ snapshot: 'x', part: 1, parts: 2 }));
    const stored = first.kind === 'apply' ? first.state : undefined;
    expect(nextStep(stored, report({ snapshot: 'y', part: 1, parts: 2, sequence: 11 }))).toMatchObject({
      begins: true,
    });
  });

  it('takes the parts of a difference in their order only', () => {
    const step = nextStep(state({ digest: 'old' }), report({ base: 'old', part: 1, parts: 3 }));
    const stored = step.kind === 'apply' ? step.state : undefined;
    expect(stored).toMatchObject({ series: { kind: 'difference', next: 2 } });
    expect(nextStep(stored, report({ base: 'old', part: 2, parts: 3, sequence: 11 })).kind).toBe('apply');
    expect(nextStep(stored, report({ base: 'old', part: 3, parts: 3, sequence: 12 })).kind).toBe('unfit');
  });
});

describe('history', () => {
  it('tells of fields that exist only', () => {
    for (const section of SECTION_NAMES) {
      const rule = HISTORY_RULES[section];
      const known = [...fieldsOf(INVENTORY_SECTIONS[section]).keys()];
      expect(known, section).toEqual(expect.arrayContaining([...(rule?.fields ?? []), ...(rule?.title ?? [])]));
    }
  });

  it.each([
    ['services', { state: 'running' }, { state: 'stopped' }],
    ['antivirus', { signatures: '1' }, { signatures: '2' }],
    ['networks', { addresses: ['2001:db8::1/64'] }, { addresses: ['2001:db8::2/64'] }],
    ['networks', { type: 'virtual', mac: '1' }, { type: 'virtual', mac: '2' }],
    ['users', { groups: ['a', 'b'] }, { groups: ['b', 'a'] }],
    ['sign-ins', { user: 'a' }, { user: 'b' }],
    ['processors', { frequencyMhz: 1 }, { frequencyMhz: 2 }],
  ] as const)('does not tell of %s going from %j to %j', (section, before, after) => {
    expect(itemChange(section, { key: 'k', ...before }, { key: 'k', ...after })).toBeUndefined();
  });

  it('says before and after in words', () => {
    expect(
      itemChange(
        'users',
        { key: 'k', name: 'ada', administrator: false },
        { key: 'k', name: 'ada', administrator: true, groups: ['b', 'a'] },
      ),
    ).toEqual({
      ...{ change: 'changed', key: 'k', title: 'ada' },
      fields: [
        { field: 'administrator', before: 'false', after: 'true' },
        { field: 'groups', after: 'a, b' },
      ],
    });
  });

  it('names an item by its key where it has no name, and cuts what is too long', () => {
    expect(itemChange('disks', undefined, { key: '/dev/sda' })?.title).toBe('/dev/sda');
    const long = itemChange('services', undefined, { key: 'k', name: `${'x'.repeat(599)}😀` });
    expect(long?.title).toBe('x'.repeat(599));
  });
});

it('applies differences and snapshots to items', () => {
  const item = (key: string, digest: string) => ({ key, digest, name: key });
  const stored = [item('a', '1'), item('b', '1')];
  const { items } = applyItems('services', stored, { items: [item('b', '2'), item('c', '1')], gone: ['a', 'x'] });
  expect(items).toEqual([item('b', '2'), item('c', '1')]);
  expect(applyItems('services', stored, { items: [], gone: [], others: new Set(['b']) }).items).toEqual([
    item('b', '1'),
  ]);
});

it('orders keys by their bytes', () => {
  const keys = ['\uffff', '😀', 'é', 'z', 'a', '\ue000', ''];
  const sorted = keys.toSorted(bytewise);
  expect(sorted).toEqual(['', 'a', 'z', 'é', '\ue000', '\uffff', '😀']);
  const items = keys.map((key) => ({ key, digest: '0123456789abcdef' }));
  const text = sectionText(sorted.map((key) => ({ key, digest: '0123456789abcdef' })));
  expect(sectionDigest(items)).toBe(createHash('sha256').update(text).digest('hex'));
});

it('makes ids that are in the order of moments, and of places within one', () => {
  const moments = [0, 1, 2].map((more) => new Date(Date.UTC(2026, 0, 1) + more));
  const ids = moments.flatMap((at) => [0, 1, 4095, 4096, 100_000].map((place) => changeId(at, place)));
  expect(ids).toEqual(ids.toSorted());
  expect(ids.map((id) => momentOf(id).getTime())).toEqual(moments.flatMap((at) => Array(5).fill(at.getTime())));
  for (const id of ids) expect(firstIdAt(momentOf(id)) <= id).toBe(true);
});

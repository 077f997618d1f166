import { inspect } from 'node:util';
import { validateSync } from 'class-validator';
import { describe, expect, it } from 'vitest';
import {
  Base64,
  Decimal,
  Email,
  Flag,
  Instant,
  List,
  Nested,
  nested,
  OneOf,
  oneOf,
  Open,
  open,
  Text,
  text,
  Uuid,
  uuid,
  Whole,
} from './fields';
import { allHold } from './holds';
import { InvalidInput, parse } from './parse';
import type { Class } from './registry';

class Leaf {
  @Text({ min: 1, max: 5 }) name: string;
  @Whole({ min: 0, max: 3, optional: true }) size?: number;
}
class Twig extends Leaf {
  @Text({ min: 2, max: 4 }) override name: string;
}

/** One class for each kind of field, with what belongs into it. */
function classOf(decorator: PropertyDecorator): Class {
  class Subject {}
  decorator(Subject.prototype, 'value');
  return Subject;
}
const leaf = (name: unknown, size?: unknown): unknown => Object.assign(new Leaf(), { name, size });
const twig = (name: unknown): unknown => Object.assign(new Twig(), { name });
const SUBJECTS: Array<[name: string, subject: Class, good: unknown[]]> = [
  ['text', classOf(Text({ max: 8 })), ['', 'a', 'tab\there', '😀😀', 'é\n', '\u007f', '\ufffe\uffff']],
  ['text with a least length', classOf(Text({ min: 3, max: 8 })), ['abc', 'äöüß', '12345678']],
  ['text of one or more', classOf(Text({ min: 1, max: 8 })), ['a', '😀', '\ufe0f']],
  ['text with a pattern', classOf(Text({ max: 8, pattern: /^[a-z]+$/ })), ['abc']],
  ['text with a pattern that finds all', classOf(Text({ max: 8, pattern: /[a-z]/g })), ['abc', '1a', 'a1']],
  ['uuid', classOf(Uuid()), ['01900000-0000-7000-8000-00000000000a', '6BA7B810-9DAD-11D1-80B4-00C04FD430C8']],
  ['one of', classOf(OneOf(['on', 'off'])), ['on', 'off']],
  ['nested', classOf(Nested(() => Leaf)), [leaf('a'), leaf('a', 3)]],
  ['nested that overrides', classOf(Nested(() => Twig)), [twig('ab')]],
  ['email', classOf(Email()), ['a@b.de', 'ada.b+c_d-e@mail.example-1.org', `${'a'.repeat(64)}@example.org`]],
  ['whole', classOf(Whole({ min: -5, max: 5 })), [0, -0, 5, -5]],
  ['decimal', classOf(Decimal({ min: -0.5, max: 1e13 })), [0.1, -0.5, 1e13, 1e-300]],
  ['flag', classOf(Flag()), [true, false]],
  [
    'instant',
    classOf(Instant()),
    ['2026-11-21T09:30:00Z', '2024-02-28T23:59:59.123456789Z', new Date(0).toISOString()],
  ],
  ['base64', classOf(Base64({ max: 12 })), ['', 'QUJD', 'QUI=', 'QQ==']],
  ['open', classOf(Open()), [{}, { deep: { deeper: [] } }, Object.create(null)]],
  ['list of text', classOf(List(text({ max: 3 }), { max: 4 })), [[], ['a', 'abc']]],
  ['list with a least length', classOf(List(uuid(), { min: 1, max: 2 })), [['01900000-0000-7000-8000-00000000000a']]],
  ['list of one of', classOf(List(oneOf(['a', 'b']), { max: 4 })), [['a', 'b', 'a']]],
  [
    'list of nested',
    classOf(
      List(
        nested(() => Leaf),
        { max: 3 },
      ),
    ),
    [[], [leaf('a'), leaf('bcd', 1)]],
  ],
  ['list of open', classOf(List(open(), { max: 2 })), [[{}, { a: 1 }]]],
];

/** Repeatable numbers between 0 and 1 (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const sparse = (): unknown[] => Array.from({ length: 2 });
const NASTY: unknown[] = [
  ...[undefined, null, NaN, Infinity, -Infinity, -0, 0, 1, 1.5, 2 ** 53, -1e308, 5n, Symbol('s'), true],
  ...['', ' ', '\0', 'a\0b', '\ud800', '\udc00\ud800', '😀', '\ufe0f', 'a\ufe0f\ufe0f', '\u2028', '\u200e', '﻿'],
  ...['x'.repeat(1_000_000), '😀'.repeat(9), 'true', '1', 'on ', '[object Object]', '__proto__', 'constructor'],
  ...[
    '2026-02-30T00:00:00Z',
    '2026-W01-1',
    '2026-11-21',
    '0000-01-01T00:00:00Z',
    '2026-11-21T24:00:00Z',
    '2026-11-21T09:30:60Z',
  ],
  ...['2023-02-29T00:00:00Z', '2026-11-21T09:30:00+99:00', '2026-11-21t09:30:00z', '2026-11-21T09:30:00Z\n'],
  ...[
    '00000000-0000-0000-0000-000000000000',
    '01900000-0000-f000-8000-00000000000a',
    '01900000-0000-7000-8000-00000000000a\n',
  ],
  ...[
    'a@b',
    'a@b.c',
    'a..b@c.de',
    '.a@b.de',
    'a@-b.de',
    'a@b-.de',
    'a@b.de\n',
    '"a b"@c.de',
    'a@b.123',
    `${'a'.repeat(65)}@b.de`,
  ],
  ...[`a@${'b'.repeat(64)}.de`, `a@${'b.'.repeat(130)}de`, 'a@xn--b.de', 'a@b--c.de', '"@b.de', 'a@b_c.de'],
  ...['====', 'A===', 'QUJ', 'QUJD\n', 'QU-_', 'QUJDQUJDQUJDQUJD', '=QUJ'],
  ...[
    {},
    [],
    [[]],
    [null],
    [undefined],
    sparse(),
    new Array(10_000).fill('a'),
    new Date(),
    new Date(NaN),
    /a/,
    new Map(),
    new Set(['a']),
  ],
  ...[
    new String('abc'),
    new Number(1),
    new Boolean(true),
    Object('on'),
    () => 'a',
    class {},
    new Uint8Array(2),
    { length: 1, 0: 'a' },
  ],
  ...[
    Object.create({ name: 'a' }),
    { name: 'a' },
    { __proto__: Leaf.prototype, name: 'a' },
    leaf(''),
    leaf(5),
    leaf('a', 9),
    leaf(null),
  ],
  ...[
    [leaf('a'), null],
    [leaf('')],
    [[leaf('a')]],
    twig('abcde'),
    twig('a'),
    [leaf('a'), {}],
    { toString: () => 'on' },
  ],
  ...[
    Object.assign([leaf('a')], { 5: leaf('b') }),
    {
      get name(): string {
        return 'a';
      },
    },
  ],
];

/** What is like a good value but for a change somewhere. */
function* variations(good: unknown[], next: () => number): Generator<unknown> {
  const characters = [
    'a',
    'Z',
    '0',
    '9',
    '-',
    '+',
    '/',
    '=',
    '@',
    '.',
    '_',
    ':',
    'T',
    ' ',
    '\n',
    '\0',
    '\ud83d',
    '\ude00',
    '\ufe0f',
    'é',
  ];
  const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)] as T;
  for (let turn = 0; turn < 400; turn += 1) {
    const one = pick(good);
    if (typeof one === 'string') {
      const at = Math.floor(next() * (one.length + 1));
      const cut = Math.floor(next() * 3);
      const added = Array.from({ length: Math.floor(next() * 4) }, () => pick(characters)).join('');
      yield one.slice(0, at) + added + one.slice(at + cut);
    } else if (typeof one === 'number') yield one + (next() - 0.5) * pick([1, 2, 10, 1e14]);
    else if (Array.isArray(one))
      yield [...one, ...Array.from({ length: Math.floor(next() * 4) }, () => pick([...one, pick(NASTY)]))];
    else if (typeof one === 'object' && one !== null)
      yield Object.assign(Object.create(Object.getPrototypeOf(one)), one, { name: pick([pick(NASTY), 'ab']) });
    yield pick(NASTY);
  }
}

const instanceOf = (subject: Class, value: unknown): object => Object.assign(new subject(), { value });
const accepted = (instance: object): boolean => {
  try {
    return validateSync(instance, { forbidUnknownValues: false }).length === 0;
  } catch {
    return false;
  }
};

const shown = (value: unknown): string => inspect(value, { maxStringLength: 100, maxArrayLength: 5 });

describe.each(SUBJECTS)('%s', (_name, subject, good) => {
  it('needs no class-validator for ordinary values', () => {
    for (const value of good) {
      expect(allHold(subject, instanceOf(subject, value)), shown(value)).toBe(true);
      expect(accepted(instanceOf(subject, value)), shown(value)).toBe(true);
    }
  });

  it('holds for nothing that class-validator refuses', () => {
    let held = 0;
    for (const value of [...NASTY, ...variations(good, random(20_261_121))]) {
      const instance = instanceOf(subject, value);
      if (!allHold(subject, instance)) continue;
      held += 1;
      expect(accepted(instance), shown(value)).toBe(true);
    }
    expect(held).toBeGreaterThan(0);
  });
});

class Tree {
  @Nested(() => Leaf) crown: Leaf;
  @List(nested(() => Leaf), { max: 3 }) leaves: Leaf[];
  @Text({ max: 5, optional: true }) note?: string;
}
describe('a class', () => {
  const tree = (more: object = {}): object => ({ crown: { name: 'a' }, leaves: [{ name: 'b' }], ...more });
  const faults = (input: object): string[] => {
    try {
      parse(Tree, input, { unknown: 'drop' });
      return [];
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      return error.faults.map(({ field }) => field);
    }
  };

  it('is worded by class-validator where a predicate does not hold, however deep', () => {
    expect(faults(tree())).toEqual([]);
    expect(faults(tree({ note: null }))).toEqual([]);
    expect(faults(tree({ note: '123456' }))).toEqual(['note']);
    expect(faults(tree({ crown: { name: 'a', size: 4 } }))).toEqual(['crown.size']);
    expect(faults(tree({ leaves: [{ name: 'b' }, { name: '' }] }))).toEqual(['leaves.1.name']);
    expect(faults(tree({ leaves: { name: 'b' } }))).toEqual(['leaves']);
    expect(faults({})).toEqual(['crown', 'leaves']);
  });

  it('is accepted by class-validator where a predicate is too narrow', () => {
    class Meeting {
      @Instant() at: string;
      @Email() who: string;
    }
    const odd = { at: '2026-11-30', who: '"a b"@example.org' };
    expect(allHold(Meeting, Object.assign(new Meeting(), odd))).toBe(false);
    expect(parse(Meeting, odd, { unknown: 'refuse' })).toEqual(odd);
  });

  it('knows fields that were declared after it was asked for the first time', () => {
    class Late {}
    expect(parse(Late, { value: 9 }, { unknown: 'drop' })).toEqual({});
    Whole({ min: 0, max: 3 })(Late.prototype, 'value');
    expect(parse(Late, { value: 2 }, { unknown: 'drop' })).toEqual({ value: 2 });
    expect(() => parse(Late, { value: 9 }, { unknown: 'drop' })).toThrow(InvalidInput);
  });
});

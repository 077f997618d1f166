import { describe, expect, it } from 'vitest';
import { List, nested, Text, Whole } from './fields';
import { accept, InvalidInput, parse, shape } from './parse';

class Leaf {
  @Text({ min: 1, max: 5 }) name: string;
}
class Tree {
  @Whole({ min: 0, max: 10, optional: true }) size?: number;
  @List(nested(() => Leaf), { max: 2 }) leaves: Leaf[];
}
const faultsOf = (input: unknown, unknown: 'refuse' | 'drop' = 'refuse') => {
  try {
    parse(Tree, input, { unknown });
    return [];
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return error.faults.map((fault) => fault.field);
  }
};

class Page extends Leaf {
  @Whole({ min: 1, max: 9 }) size = 5;
}

describe('accept', () => {
  it('gives back the input itself where everything holds', () => {
    const input = { leaves: [{ name: 'a' }], newer: 1 };
    expect(accept(Tree, input)).toBe(input);
  });
  it('refuses what parse refuses, in the same words', () => {
    const wrong = { size: 11, leaves: [{ name: '' }] };
    expect(() => accept(Tree, wrong)).toThrow(InvalidInput);
    expect(() => accept(Tree, { leaves: 'none' })).toThrow(InvalidInput);
    expect(() => accept(Tree, [])).toThrow('(body): must be an object');
    expect(() => accept(Tree, { leaves: [[]] })).toThrow(InvalidInput);
  });
  it('fills in what a class has by itself', () => {
    expect(accept(Page, { name: 'a' })).toEqual({ name: 'a', size: 5 });
  });
});

describe('parse', () => {
  it('builds instances, nested ones too', () => {
    const tree = parse(Tree, { size: 3, leaves: [{ name: 'a' }] }, { unknown: 'refuse' });
    expect(tree).toBeInstanceOf(Tree);
    expect(tree.leaves[0]).toBeInstanceOf(Leaf);
  });
  it('tells every fault with its place', () => {
    expect(faultsOf({ size: 11, leaves: [{ name: '' }, { name: 'b', extra: 1 }] })).toEqual(['leaves[1].extra']);
    expect(faultsOf({ size: 11, leaves: [{ name: '' }, { name: 'b' }] })).toEqual(['size', 'leaves.0.name']);
  });
  it('refuses unknown fields from people and drops them from devices', () => {
    expect(faultsOf({ leaves: [], typo: 1 })).toEqual(['typo']);
    expect(parse(Tree, { leaves: [], typo: 1 }, { unknown: 'drop' })).not.toHaveProperty('typo');
  });
  it('refuses control characters and lone surrogates in text', () => {
    expect(faultsOf({ leaves: [{ name: 'a\u0000' }] })).toEqual(['leaves.0.name']);
    expect(faultsOf({ leaves: [{ name: '\ud800' }] })).toEqual(['leaves.0.name']);
    expect(faultsOf({ leaves: [{ name: '😀\n' }] })).toEqual([]);
  });
  it('coerces query strings only when asked', () => {
    expect(parse(Tree, { size: '4', leaves: [] }, { unknown: 'refuse', coerce: true }).size).toBe(4);
    expect(faultsOf({ size: '4', leaves: [] })).toEqual(['size']);
  });
  it('does not take fields from the prototype', () => {
    expect(faultsOf(JSON.parse('{"__proto__": {"leaves": []}}'), 'drop')).toEqual(['leaves']);
  });
});

describe('shape', () => {
  it('keeps declared fields only and writes dates as text', () => {
    const at = new Date('2026-01-01T00:00:00Z');
    expect(shape(Tree, { leaves: [{ name: at, secret: 1 }], secret: 2 })).toEqual({
      leaves: [{ name: '2026-01-01T00:00:00.000Z' }],
    });
  });
});

import { describe, expect, it } from 'vitest';
import { Leases } from './leases';

describe('leases', () => {
  it('hold until their time, and longer when they are taken again', () => {
    const leases = new Leases(10);
    leases.take('a', 100, 0);
    expect([leases.has('a', 99), leases.has('b', 99), leases.has('a', 100)]).toEqual([true, false, false]);
    leases.take('a', 200, 100);
    leases.take('a', 150, 110);
    expect([leases.has('a', 199), leases.has('a', 200)]).toEqual([true, false]);
  });

  it('are of all for a time', () => {
    const leases = new Leases(10);
    leases.takeAll(50);
    leases.takeAll(20);
    expect([leases.has('a', 49), leases.has('a', 50)]).toEqual([true, false]);
  });

  it('make room for new ones by what is over, and are of all where there is none', () => {
    const leases = new Leases(2);
    leases.take('a', 10, 0);
    leases.take('b', 100, 0);
    leases.take('c', 110, 20);
    expect([leases.has('a', 20), leases.has('b', 20), leases.has('c', 20)]).toEqual([false, true, true]);
    leases.take('b', 120, 20);
    expect(leases.has('d', 20)).toBe(false);
    leases.take('d', 90, 20);
    expect(['a', 'b', 'c', 'd', 'e'].map((key) => leases.has(key, 30))).toEqual([true, true, true, true, true]);
    expect(['a', 'b', 'c', 'd'].map((key) => leases.has(key, 90))).toEqual([false, true, true, false]);
  });

  it('cost little when the room is full', () => {
    const leases = new Leases(1000);
    for (let key = 0; key < 1000; key += 1) leases.take(`${key}`, 100, 0);
    // One that is known takes no room: nothing of the others becomes wanted.
    leases.take('0', 200, 50);
    expect(leases.has('other', 60)).toBe(false);
  });
});

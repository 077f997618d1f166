import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebUnderTest } from '../testing/web-under-test';
import { Leases } from './leases.service';

let suite: WebUnderTest;
let first: Leases;
let second: Leases;

beforeAll(async () => {
  suite = await WebUnderTest.start();
  const settings = { PRESENCE_SWEEP_SECONDS: '3600' };
  first = (await suite.startWeb('worker', settings)).get(Leases, { strict: false });
  second = (await suite.startWeb('worker', settings)).get(Leases, { strict: false });
});
afterAll(() => suite?.stop());

it('has one holder, who may extend it', async () => {
  const held = await Promise.all([first.hold('one', 60), second.hold('one', 60)]);
  expect(held.filter(Boolean)).toHaveLength(1);
  const [holder, other] = held[0] ? [first, second] : [second, first];
  expect(await holder.hold('one', 60)).toBe(true);
  expect(await other.hold('one', 60)).toBe(false);
});

it('moves when it is released or runs out', async () => {
  expect(await first.hold('two', 60)).toBe(true);
  await second.release('two');
  expect(await second.hold('two', 60)).toBe(false);
  await first.release('two');
  expect(await second.hold('two', 60)).toBe(true);
  await suite.rows(`UPDATE core.leases SET until = now() - interval '1 second' WHERE name = 'two'`);
  expect(await first.hold('two', 60)).toBe(true);
});

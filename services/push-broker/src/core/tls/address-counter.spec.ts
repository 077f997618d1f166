import { expect, it } from 'vitest';
import { AddressCounter } from './address-counter';

it('counts IPv4 addresses, however written, and IPv6 networks of 64 bits', () => {
  const counter = new AddressCounter(2);
  const leave = counter.enter('192.0.2.1');
  expect(leave).toBeDefined();
  expect(counter.enter('::ffff:192.0.2.1')).toBeDefined();
  expect(counter.enter('192.0.2.1')).toBeUndefined();
  expect(counter.enter('192.0.2.2')).toBeDefined();
  leave?.();
  expect(counter.enter('192.0.2.1')).toBeDefined();

  expect(counter.enter('2001:db8::1')).toBeDefined();
  expect(counter.enter('2001:0db8:0:0:ffff::2')).toBeDefined();
  expect(counter.enter('2001:db8:0:0:1:2:3:4')).toBeUndefined();
  expect(counter.enter('2001:db8:0:1::1')).toBeDefined();
  expect(counter.enter('fe80::1%eth0')).toBeDefined();
});

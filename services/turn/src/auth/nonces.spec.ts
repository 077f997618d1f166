import { expect, it } from 'vitest';
import { Nonces } from './nonces';

const client = { address: '192.0.2.1', port: 5000, family: 4 } as const;
const now = Date.parse('2026-01-01T00:00:00Z');

it('a nonce holds for its client and its time, at no other server', () => {
  const nonces = new Nonces(60);
  const nonce = nonces.issue(client, now);
  expect(nonces.isFresh(nonce, client, now + 60_000)).toBe(true);
  expect(nonces.isFresh(nonce, client, now + 61_000)).toBe(false);
  expect(nonces.isFresh(nonce, { ...client, port: 5001 }, now)).toBe(false);
  expect(nonces.isFresh(nonce, { ...client, address: '192.0.2.2' }, now)).toBe(false);
  expect(new Nonces(60).isFresh(nonce, client, now)).toBe(false);
  const later = (Math.floor(now / 1000) + 30).toString(16);
  expect(nonces.isFresh(nonce.replace(/^[^-]*/, later), client, now + 30_000)).toBe(false);
  for (const other of ['', '-', 'x'.repeat(500), nonce.slice(1)])
    expect(nonces.isFresh(other, client, now)).toBe(false);
});

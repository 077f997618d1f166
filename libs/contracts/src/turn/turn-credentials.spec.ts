import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { readTurnUsername, turnCredentials } from './turn-credentials';

describe('credentials for a TURN server', () => {
  it('are what openssl makes of the same secret and name', () => {
    const { username, password } = turnCredentials('north star', 'device@xmpp.test', 3600);
    const mac = execFileSync('openssl', ['dgst', '-sha1', '-hmac', 'north star', '-binary'], { input: username });
    expect(password).toBe(mac.toString('base64'));
  });

  it('end when they say', () => {
    const { username, expiresAt } = turnCredentials('s', 'ada', 90.7, Date.parse('2026-01-01T00:00:00.900Z'));
    expect(username).toBe('1767225690:ada');
    expect(expiresAt).toBe('2026-01-01T00:01:30.000Z');
  });

  it('are told from other user names', () => {
    expect(readTurnUsername('1767225690:a:b')).toEqual({ expiry: 1767225690, name: 'a:b' });
    expect(readTurnUsername('1767225690')).toEqual({ expiry: 1767225690, name: '' });
    for (const other of ['', 'ada', 'ada:1767225690', ':ada', '-1:ada', '1e9:ada'])
      expect(readTurnUsername(other), other).toBeUndefined();
  });
});

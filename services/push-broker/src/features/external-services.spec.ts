import { expect, it } from 'vitest';
import { parseExternalService } from './external-services';

it('reads the URIs of RFC 7064 and RFC 7065, with their default ports and transports', () => {
  const read = (uri: string): string => Object.values(parseExternalService(uri) ?? {}).join(' ');
  expect(read('turn:turn.example')).toBe('turn turn.example 3478 udp');
  expect(read('TURN:Turn.Example:3479?transport=TCP')).toBe('turn turn.example 3479 tcp');
  expect(read('turns:turn.example')).toBe('turns turn.example 5349 tcp');
  expect(read('turns:[2001:db8::1]:443?transport=udp')).toBe('turns 2001:db8::1 443 udp');
  expect(read('stun:192.0.2.1')).toBe('stun 192.0.2.1 3478 udp');
  expect(read('stuns:stun.example:5350')).toBe('stuns stun.example 5350 tcp');
});

it('takes nothing else', () => {
  for (const text of ['', 'turn:', 'turn:a:0', 'turn:a:65536', 'http://turn.example', 'turn:a b', 'turn:a?transport=x'])
    expect(parseExternalService(text), text).toBeUndefined();
});

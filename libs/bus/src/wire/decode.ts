import { type Class, InvalidInput, parse } from '@muster/contracts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A body from the wire as instance of its contract class. @throws InvalidInput also when it is not JSON at all */
export function decode<T extends object>(type: Class<T>, body: Uint8Array): T {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(body));
  } catch {
    throw new InvalidInput([{ field: '(body)', problem: 'must be JSON' }]);
  }
  return parse(type, value, { unknown: 'drop' });
}

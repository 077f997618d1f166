import { accept, type Class, InvalidInput } from '@muster/contracts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A body from the wire in the shape of its contract class. @throws InvalidInput also when it is not JSON at all */
export const decode = <T extends object>(type: Class<T>, body: Uint8Array): T => accept(type, readJson(body));

/** One payload out of a body, as it was published; or what is wrong with it. */
export interface Decoded<T> {
  value: unknown;
  payload?: T;
  problem?: string;
}

/** A body that holds one payload, or an array of them (`ReportBundles`). Never throws: each has a verdict of its own. */
export function decodeEach<T extends object>(type: Class<T>, body: Uint8Array): Array<Decoded<T>> {
  let value: unknown;
  try {
    value = readJson(body);
  } catch (error) {
    return [{ value: undefined, problem: (error as Error).message }];
  }
  return (Array.isArray(value) ? value : [value]).map((one: unknown) => verdictOf(type, one));
}

function verdictOf<T extends object>(type: Class<T>, value: unknown): Decoded<T> {
  try {
    return { value, payload: accept(type, value) };
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return { value, problem: error.message };
  }
}

function readJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(body));
  } catch {
    throw new InvalidInput([{ field: '(body)', problem: 'must be JSON' }]);
  }
}

import { type Class, fieldsOf, InvalidInput, parse } from '@muster/contracts';
import { isPlainObject } from '../is-plain-object';
import { refuse } from './ejabberd-errors';

/** The arguments of a call, all of which are text; what is wrong is said in ejabberd's words. */
export function argumentsOf<T extends object>(type: Class<T>, body: unknown): T {
  const given = isPlainObject(body) ? body : {};
  for (const name of fieldsOf(type).keys())
    if (!Object.hasOwn(given, name)) refuse(`Request have missing argument: ${name}`);
  const unknown = Object.keys(given).filter((name) => !fieldsOf(type).has(name));
  if (unknown.length > 0) refuse(`Request have unknown arguments: [${unknown.join(',')}]`);
  for (const value of Object.values(given))
    if (typeof value !== 'string') refuse(`Arg ${JSON.stringify(value)} is not in format binary`);
  try {
    return parse(type, given, { unknown: 'refuse' });
  } catch (error) {
    if (error instanceof InvalidInput) return refuse(error.message);
    throw error;
  }
}

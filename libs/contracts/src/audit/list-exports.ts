import { OneOf, Text } from '../schema/fields';
import { defineEvent } from '../wire/bus';
import { type Caller, factBy, PersonFact } from './action-facts';

const FORMATS = ['csv', 'json'] as const;

/** Somebody began to take a whole list away as a file. How much of it arrived nobody knows. */
export class ListExported extends PersonFact {
  @Text({ max: 200, about: 'Path of the list, for example /api/devices.' }) path: string;
  @OneOf(FORMATS) format: (typeof FORMATS)[number];
  @Text({ max: 1000, about: 'What it was narrowed down to, as in the address; empty: everything.' }) filters: string;
}
/** By every service that has lists: whichever of them gives the file. */
export const listExported = defineEvent({
  subject: 'list.exported.v1',
  delivery: 'durable',
  payload: ListExported,
  publishers: ['web', 'key-manager', 'audit-logs', 'plugins', 'rmm-logs', 'downloads'],
  consumers: ['audit-logs'],
});

/** The fact that this call of a list is, if it asks for a file. `query` as it came. */
export function exportFact(
  caller: Caller,
  path: string,
  query: Readonly<Record<string, unknown>>,
): ListExported | undefined {
  const { format: given, ...filters } = query;
  const format = FORMATS.find((one) => one === given);
  if (!format) return undefined;
  const text = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) if (typeof value === 'string') text.append(name, value);
  return { ...factBy(caller), path: path.slice(0, 200), format, filters: text.toString().slice(0, 1000) };
}

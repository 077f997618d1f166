import type { JsonSchema } from '@muster/contracts';
import type { ContractSnapshot } from './snapshot';

/** Who writes the data: `in` is what others send us, `out` what we send, `both` what passes between our own processes. */
type Direction = 'in' | 'out' | 'both';

interface Sides {
  was: ContractSnapshot;
  now: ContractSnapshot;
}

/**
 * What of the locked contracts somebody who was built against them would miss, one sentence each. Adding is fine; what
 * must change incompatibly gets a new name (`…v2`).
 */
export function breakingChanges(was: ContractSnapshot, now: ContractSnapshot): string[] {
  const sides = { was, now };
  return [
    ...Object.keys(was.routes).flatMap((name) => routeChanges(sides, name)),
    ...Object.keys(was.events).flatMap((name) => eventChanges(sides, name)),
    ...Object.keys(was.requests).flatMap((name) => requestChanges(sides, name)),
  ];
}

function routeChanges(sides: Sides, name: string): string[] {
  const [was, now] = [sides.was.routes[name], sides.now.routes[name]];
  if (!was) return [];
  if (!now) return [`${name}: the route is gone`];
  const parts = [
    ['params', 'in'],
    ['query', 'in'],
    ['body', 'in'],
    ['reply', 'out'],
  ] as const;
  return [
    ...(was.raw === now.raw ? [] : [`${name}: the reply's media type changed`]),
    ...parts.flatMap(([part, direction]) => partChanges(sides, `${name} ${part}`, was[part], now[part], direction)),
  ];
}

function eventChanges(sides: Sides, subject: string): string[] {
  const [was, now] = [sides.was.events[subject], sides.now.events[subject]];
  if (!was) return [];
  if (!now) return [`${subject}: the event is gone`];
  return [
    ...(was.delivery === now.delivery ? [] : [`${subject}: was ${was.delivery}, is ${now.delivery}`]),
    ...partChanges(sides, subject, was.payload, now.payload, 'both'),
  ];
}

function requestChanges(sides: Sides, subject: string): string[] {
  const [was, now] = [sides.was.requests[subject], sides.now.requests[subject]];
  if (!was) return [];
  if (!now) return [`${subject}: the request is gone`];
  return [
    ...partChanges(sides, `${subject} request`, was.request, now.request, 'in'),
    ...partChanges(sides, `${subject} reply`, was.reply, now.reply, 'out'),
  ];
}

function partChanges(
  sides: Sides,
  where: string,
  was: JsonSchema | undefined,
  now: JsonSchema | undefined,
  direction: Direction,
): string[] {
  if (was && now) return schemaChanges(sides, where, was, now, direction, new Set());
  if (was) return [`${where}: is gone`];
  // A body where there was none is breaking only when something in it must be given.
  if (now && direction === 'in' && requiredOf(resolve(sides.now, now)).size > 0) return [`${where}: is required now`];
  return [];
}

function schemaChanges(
  sides: Sides,
  where: string,
  wasReference: JsonSchema,
  nowReference: JsonSchema,
  direction: Direction,
  seen: Set<string>,
): string[] {
  const pair = `${String(wasReference['$ref'])} ${String(nowReference['$ref'])}`;
  if (wasReference['$ref'] && seen.has(pair)) return [];
  seen.add(pair);
  const [was, now] = [resolve(sides.was, wasReference), resolve(sides.now, nowReference)];
  if (was['type'] !== now['type'] || was['format'] !== now['format']) {
    return [`${where}: was ${kindOf(was)}, is ${kindOf(now)}`];
  }
  const deeper = (at: string, left: JsonSchema, right: JsonSchema): string[] =>
    schemaChanges(sides, at, left, right, direction, seen);
  return [
    ...(direction === 'out' ? [] : narrowed(where, was, now)),
    ...fieldChanges(where, was, now, direction, deeper),
    ...(was['type'] === 'array' ? deeper(`${where}[]`, schemaOf(was['items']), schemaOf(now['items'])) : []),
  ];
}

function fieldChanges(
  where: string,
  was: JsonSchema,
  now: JsonSchema,
  direction: Direction,
  deeper: (where: string, was: JsonSchema, now: JsonSchema) => string[],
): string[] {
  const [had, has] = [fieldsOf(was), fieldsOf(now)];
  const [hadToBe, hasToBe] = [requiredOf(was), requiredOf(now)];
  const removed = Object.keys(had).filter((name) => !(name in has));
  const demanded = [...hasToBe].filter((name) => !hadToBe.has(name));
  const optional = [...hadToBe].filter((name) => name in has && !hasToBe.has(name));
  return [
    ...removed.map((name) => `${where}.${name}: the field is gone`),
    ...(direction === 'out' ? [] : demanded.map((name) => `${where}.${name}: the field is required now`)),
    ...(direction === 'in' ? [] : optional.map((name) => `${where}.${name}: the field may be missing now`)),
    ...Object.entries(had).flatMap(([name, schema]) => {
      const other = has[name];
      return other ? deeper(`${where}.${name}`, schema, other) : [];
    }),
  ];
}

/** What was accepted and is not any more. */
function narrowed(where: string, was: JsonSchema, now: JsonSchema): string[] {
  const lower = ['maxLength', 'maximum', 'maxItems'].filter((limit) => below(now[limit], was[limit], Infinity));
  const higher = ['minLength', 'minimum', 'minItems'].filter((limit) => below(was[limit], now[limit], -Infinity));
  const values = valuesOf(was).filter((value) => valuesOf(now).length > 0 && !valuesOf(now).includes(value));
  return [
    ...[...lower, ...higher].map((limit) => `${where}: ${limit} was ${String(was[limit])}, is ${String(now[limit])}`),
    ...values.map((value) => `${where}: "${value}" is not accepted any more`),
    ...(now['pattern'] !== undefined && was['pattern'] !== now['pattern'] ? [`${where}: the pattern changed`] : []),
  ];
}

const below = (left: unknown, right: unknown, absent: number): boolean =>
  numberOr(left, absent) < numberOr(right, absent);
const numberOr = (value: unknown, absent: number): number => (typeof value === 'number' ? value : absent);

function resolve(side: ContractSnapshot, schema: JsonSchema): JsonSchema {
  const reference = schema['$ref'];
  if (typeof reference !== 'string') return schema;
  return side.schemas[reference.slice(reference.lastIndexOf('/') + 1)] ?? {};
}
const schemaOf = (value: unknown): JsonSchema =>
  typeof value === 'object' && value !== null ? (value as JsonSchema) : {};
const fieldsOf = (schema: JsonSchema): Record<string, JsonSchema> =>
  schemaOf(schema['properties']) as Record<string, JsonSchema>;
const requiredOf = (schema: JsonSchema): Set<string> => new Set((schema['required'] as string[] | undefined) ?? []);
const valuesOf = (schema: JsonSchema): string[] => (schema['enum'] as string[] | undefined) ?? [];
const kindOf = (schema: JsonSchema): string =>
  [schema['type'] ?? 'anything', schema['format']].filter(Boolean).map(String).join(' ');

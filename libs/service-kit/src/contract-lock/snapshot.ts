import {
  type Access,
  allEvents,
  allRequests,
  allRoutes,
  type Class,
  describe,
  fieldsOf,
  type JsonSchema,
} from '@muster/contracts';

/** All contracts as plain data: what `contracts.lock.json` holds. */
export interface ContractSnapshot {
  routes: Record<string, RouteSnapshot>;
  events: Record<string, { delivery: string; payload: JsonSchema }>;
  requests: Record<string, { server: string; request: JsonSchema; reply: JsonSchema }>;
  schemas: Record<string, JsonSchema>;
}
export interface RouteSnapshot {
  service: string;
  face: string;
  access: Access;
  params?: JsonSchema;
  query?: JsonSchema;
  body?: JsonSchema;
  reply?: JsonSchema;
  raw?: string;
}

/** The contracts that are defined now. @throws Error when two classes in use have one name, which `$ref` cannot tell apart */
export function contractSnapshot(): ContractSnapshot {
  const components = new Map<string, JsonSchema>();
  const named = new Map<string, Class>();
  const schema = (type: Class): JsonSchema => {
    requireOwnName(type, named);
    return describe(type, components);
  };
  const routes = allRoutes().map((route): [string, RouteSnapshot] => [
    `${route.method} ${route.path}`,
    {
      service: route.service,
      face: route.face,
      access: route.access,
      ...(route.params ? { params: schema(route.params) } : {}),
      ...(route.query ? { query: schema(route.query) } : {}),
      ...(route.body ? { body: schema(route.body) } : {}),
      ...(route.reply ? { reply: schema(route.reply) } : {}),
      ...(route.raw ? { raw: route.raw } : {}),
    },
  ]);
  const events = allEvents().map((event): [string, ContractSnapshot['events'][string]] => [
    event.subject,
    { delivery: event.delivery, payload: schema(event.payload) },
  ]);
  const requests = allRequests().map((request): [string, ContractSnapshot['requests'][string]] => [
    request.subject,
    { server: request.server, request: schema(request.request), reply: schema(request.reply) },
  ]);
  return {
    routes: sorted(routes),
    events: sorted(events),
    requests: sorted(requests),
    schemas: sorted([...components]),
  };
}

/** The lock file's text. */
export const lockText = (snapshot: ContractSnapshot): string => `${JSON.stringify(snapshot, null, 2)}\n`;

function requireOwnName(type: Class, named: Map<string, Class>): void {
  const known = named.get(type.name);
  if (known === type) return;
  if (known) throw new Error(`two contract classes are called ${type.name}`);
  named.set(type.name, type);
  for (const field of fieldsOf(type).values()) if (field.nested) requireOwnName(field.nested(), named);
}

const sorted = <T>(entries: Array<[string, T]>): Record<string, T> =>
  Object.fromEntries(entries.sort(([left], [right]) => (left < right ? -1 : 1)));

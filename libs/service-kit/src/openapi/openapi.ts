import {
  allRoutes,
  CSRF_HEADER,
  type Class,
  describe,
  ERROR_CODES,
  ErrorBody,
  fieldsOf,
  type JsonSchema,
  type Route,
  type ServiceName,
  SESSION_COOKIE,
} from '@muster/contracts';
import { EXPORT_FORMATS } from '../routes/list-export/formats';
import { statusOf } from '../routes/handles.decorator';

/** OpenAPI 3.1 description of a service's routes, made from the contracts alone. */
export function openApi(service: ServiceName): JsonSchema {
  const components = new Map<string, JsonSchema>();
  const error = describe(ErrorBody, components);
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const route of allRoutes().filter((candidate) => candidate.service === service)) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, components, error) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: `Muster ${service}`,
      version: '1',
      description: `Errors are ErrorBody with a code of: ${ERROR_CODES.join(', ')}.`,
    },
    paths,
    components: {
      schemas: Object.fromEntries([...components].sort(([left], [right]) => left.localeCompare(right))),
      securitySchemes: {
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: SESSION_COOKIE,
          description: `Requests that change something also carry the header ${CSRF_HEADER}.`,
        },
        token: { type: 'http', scheme: 'bearer' },
        device: { type: 'mutualTLS', description: 'The certificate of an enrolled device.' },
      },
    },
  };
}

const EXPORT_PARAMETER: JsonSchema = {
  name: 'format',
  in: 'query',
  required: false,
  schema: {
    type: 'string',
    enum: [...EXPORT_FORMATS],
    description: 'All rows that match as a file, not one page: CSV (RFC 4180), or a JSON array of the rows.',
  },
};

function operation(route: Route, components: Map<string, JsonSchema>, error: JsonSchema): JsonSchema {
  const parameters = [
    ...parametersOf(route.params, 'path'),
    ...parametersOf(route.query, 'query'),
    ...(route.list ? [EXPORT_PARAMETER] : []),
  ];
  return {
    operationId: operationId(route),
    summary: route.summary,
    tags: [route.face],
    'x-access': route.access,
    security: securityOf(route),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(route.body
      ? {
          requestBody: {
            required: true,
            ...(route.gzip ? { description: 'May come with Content-Encoding: gzip.' } : {}),
            content: { 'application/json': { schema: describe(route.body, components) } },
          },
        }
      : {}),
    responses: {
      ...successOf(route, components),
      default: { description: 'Refused or failed.', content: { 'application/json': { schema: error } } },
    },
  };
}

function successOf(route: Route, components: Map<string, JsonSchema>): JsonSchema {
  const description = route.accepted ? 'Stored, and handled later.' : 'Done.';
  const content = contentOf(route, components);
  return { [statusOf(route)]: { description, ...(content ? { content } : {}) } };
}

function contentOf(route: Route, components: Map<string, JsonSchema>): JsonSchema | undefined {
  if (route.raw) return { [route.raw]: {} };
  return (
    route.reply && {
      'application/json': { schema: describe(route.reply, components) },
      ...(route.list ? { 'text/csv': { schema: { type: 'string', description: 'With format=csv.' } } } : {}),
    }
  );
}

function securityOf(route: Route): JsonSchema[] {
  if (route.access.kind === 'public') return [];
  return route.access.kind === 'device' ? [{ device: [] }] : [{ session: [] }, { token: [] }];
}

function parametersOf(type: Class | undefined, place: 'path' | 'query'): JsonSchema[] {
  if (!type) return [];
  return [...fieldsOf(type)].map(([name, field]) => ({
    name,
    in: place,
    required: place === 'path' || !field.optional,
    schema: field.schema,
  }));
}

/** `get_api_devices_id`: stable, and unique because method and path are. */
const operationId = (route: Route): string =>
  `${route.method.toLowerCase()}${route.path.replace(/[^a-z0-9]+/gi, '_').replace(/_$/, '')}`;

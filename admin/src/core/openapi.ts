import { z } from 'zod';
import type { ResponseSpec, Route } from './route.js';
import { errorReply } from './schemas.js';

type Json = Record<string, unknown>;

const STATUS_WORDS: Record<number, string> = {
  400: 'Something sent is not valid; the field is named',
  401: 'Not signed in, or the session is over',
  403: 'Not for this user',
  404: 'There is no such thing',
  409: 'Not possible as things stand',
  413: 'The body is larger than this route takes',
  415: 'The body is of another type than this route takes',
  416: 'The range is outside the file',
  423: 'Locked after repeated failures',
  429: 'Too many failures from this address',
  503: 'Not available now',
};

/** The OpenAPI 3.1 document of the table: the schemas are those that check. */
export function openApiOf(routes: readonly Route[], version: string): Json {
  const schemas: Json = {};
  const paths: Record<string, Json> = {};
  const error = schemaOf(errorReply, 'output', schemas);
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    const operations = paths[path] ?? {};
    operations[route.method] = operationOf(route, error, schemas);
    paths[path] = operations;
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Yixian 一线',
      version,
      description: 'The hotline’s public API. Live events and the same commands: Socket.IO, namespace `/events`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(routes.map((r) => r.tag))].map((name) => ({ name })),
    paths,
    components: { securitySchemes: { session: { type: 'http', scheme: 'bearer', description: 'The token of `POST /session`' } }, schemas },
  };
}

function operationOf(route: Route, error: Json, schemas: Json): Json {
  const parameters = [...parametersOf('path', route.params, schemas), ...parametersOf('query', route.query, schemas)];
  const who = route.roles === 'anyone' ? 'For anyone.' : `For ${route.roles.join(', ')}.`;
  return {
    operationId: operationId(route),
    tags: [route.tag],
    summary: route.summary,
    description: route.description ? `${route.description} ${who}` : who,
    security: route.roles === 'anyone' ? [] : [{ session: [] }],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...bodyOf(route, schemas),
    responses: {
      ...successOf(route.response, schemas),
      ...Object.fromEntries(
        statusesOf(route).map((status) => [
          String(status),
          { description: STATUS_WORDS[status], content: { 'application/json': { schema: error } } },
        ]),
      ),
    },
  };
}

function bodyOf(route: Route, schemas: Json): Json {
  if (route.bodyType === 'audio/wav') return { requestBody: { required: true, content: { 'audio/wav': {} } } };
  const body = schemaOf(route.body, 'input', schemas);
  const csv = route.bodyType === 'json-or-csv' ? { 'text/csv': { schema: { type: 'string' } } } : {};
  return isEmptyObject(body) ? {} : { requestBody: { required: true, content: { 'application/json': { schema: body }, ...csv } } };
}

function statusesOf(route: Route): number[] {
  const guardedOnes = route.roles === 'anyone' ? [] : [401, 403];
  const file = route.response.kind === 'file' || route.response.kind === 'audio' ? [416] : [];
  const stored = route.response.kind === 'audio' ? [503] : [];
  const thing = route.path.includes(':') ? [404] : [];
  const audio = route.bodyType === undefined || route.bodyType === 'json' ? [] : [413, 415];
  const removes = route.method === 'delete' && route.path.includes(':');
  const changes = route.method === 'put' || removes || (route.method === 'post' && route.roles !== 'anyone') ? [409] : [];
  const signIn = route.path.endsWith('/session') && route.method === 'post' ? [401, 423, 429] : [];
  const readiness = route.path === '/readyz' ? [503] : [];
  return [400, ...guardedOnes, ...thing, ...changes, ...audio, ...file, ...signIn, ...readiness, ...stored];
}

function successOf(response: ResponseSpec, schemas: Json): Json {
  switch (response.kind) {
    case 'json': {
      const schema = schemaOf(response.schema, 'output', schemas);
      return { [response.status]: { description: 'Done', content: { 'application/json': { schema } } } };
    }
    case 'empty':
      return { 204: { description: 'Done' } };
    case 'text':
      return { 200: { description: 'Done', content: { [response.contentType]: { schema: { type: 'string' } } } } };
    case 'stream':
      return { 200: { description: 'The file', content: Object.fromEntries(response.contentTypes.map((type) => [type, {}])) } };
    case 'audio':
    case 'file': {
      const content = { [response.contentType]: {} };
      return { 200: { description: 'The whole file', content }, 206: { description: 'The part asked for with Range', content } };
    }
  }
}

function parametersOf(place: 'path' | 'query', schema: z.ZodType, schemas: Json): Json[] {
  const object = schemaOf(schema, 'input', schemas);
  const properties = (object.properties ?? {}) as Record<string, Json>;
  const required = new Set((object.required ?? []) as string[]);
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === 'path' || required.has(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
  }));
}

function operationId(route: Route): string {
  const words = route.path
    .replace(/^\/api\/v1/, '')
    .split(/[/.-]/)
    .filter((w) => w !== '')
    .map((w) => (w.startsWith(':') ? `By${capital(w.slice(1))}` : capital(w)));
  return `${route.method}${words.join('')}`;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function isEmptyObject(schema: Json): boolean {
  return schema.type === 'object' && Object.keys((schema.properties ?? {}) as Json).length === 0;
}

/** JSON Schema 2020-12 of a zod schema; what has a name goes to the components. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output', schemas: Json): Json {
  const made = z.toJSONSchema(schema, { io, target: 'draft-2020-12' }) as Json;
  const { $schema: _dialect, $defs, ...own } = made;
  for (const [name, definition] of Object.entries(($defs ?? {}) as Json)) schemas[name] = withoutId(relinked(definition) as Json);
  return relinked(own) as Json;
}

function withoutId({ id: _id, ...rest }: Json): Json {
  return rest;
}

function relinked(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(relinked);
  if (node === null || typeof node !== 'object') return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) =>
      key === '$ref' && typeof value === 'string' ? [key, value.replace('#/$defs/', '#/components/schemas/')] : [key, relinked(value)],
    ),
  );
}

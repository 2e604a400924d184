import type { AudioSource, Principal, Role, Viewer } from '@yixian/contracts';
import type { z } from 'zod';
import { check, nothing } from './validate.js';

/** A request as it came off the wire, body already parsed. */
export interface RawRequest {
  params: unknown;
  query: unknown;
  body: unknown;
  /** Address the request came from. */
  address: string;
  /** True for the first request of a download: neither HEAD nor a continuation by Range. */
  opening: boolean;
}

export interface Caller {
  principal: Principal;
  viewer: Viewer;
}

/** What a handler gets: everything checked. */
export interface OpenRequest<P, Q, B> {
  params: P;
  query: Q;
  body: B;
  address: string;
  opening: boolean;
}
export interface GuardedRequest<P, Q, B> extends OpenRequest<P, Q, B>, Caller {}

/** A file for an answer; `path` is relative to `root` and cannot leave it. */
export interface FileReply {
  root: string;
  path: string;
  contentType: string;
  /** Under which name a browser saves it. */
  name: string;
  /** SHA-256 of the content where it is known to be final: becomes a strong ETag. */
  sha256: string | null;
  /** What is missing when the file is. */
  what: string;
}

/** Audio for an answer, whole or by Range. */
export interface AudioReply {
  audio: AudioSource;
  /** Under which name it is saved. */
  name: string;
  /** Saved at once rather than played. */
  download: boolean;
  /** Of the content where it is known to be final: becomes a strong ETag. */
  sha256: string | null;
}

/** A stream of Node.js, as far as this file has to know. */
export interface ByteStream extends AsyncIterable<unknown> {
  destroy(error?: Error): unknown;
}

/** Something that is made while it is downloaded. */
export interface StreamReply {
  content: ByteStream;
  contentType: string;
  name: string;
}

export type ResponseSpec =
  | { kind: 'json'; schema: z.ZodType; status: 200 | 201 }
  | { kind: 'empty'; status: 204 }
  | { kind: 'file'; contentType: string }
  | { kind: 'audio'; contentType: string }
  | { kind: 'stream'; contentTypes: readonly string[] }
  | { kind: 'text'; contentType: string };

interface RouteFacts {
  method: 'get' | 'put' | 'post' | 'delete';
  /** With the prefix, in Express notation: `/api/v1/agents/:extension`. */
  path: string;
  tag: string;
  summary: string;
  description?: string;
  response: ResponseSpec;
  /** What the body is. Default JSON; a WAV comes as the `Buffer` it is, CSV as the field `csv`. */
  bodyType?: 'json' | 'json-or-csv' | 'audio/wav';
  /** Largest body taken, bytes. */
  bodyLimit?: number;
  /** Numbers in the answer are shown to every role as they are: for what is read to be changed. */
  plainNumbers?: boolean;
}

/** One row of the table: the router, the roles, the checks and the OpenAPI document all come from it. */
export interface Route extends RouteFacts {
  roles: readonly Role[] | 'anyone';
  params: z.ZodType;
  query: z.ZodType;
  body: z.ZodType;
  /** Checks what came and runs the handler. `caller` is there for every route that is not for anyone. */
  run(raw: RawRequest, caller: Caller | undefined): Promise<unknown>;
}

interface Shapes<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  params?: P;
  query?: Q;
  body?: B;
}

type Nothing = typeof nothing;

/** A route for anyone, signed in or not. */
export function open<P extends z.ZodType = Nothing, Q extends z.ZodType = Nothing, B extends z.ZodType = Nothing>(
  spec: RouteFacts & Shapes<P, Q, B> & { handler(request: OpenRequest<z.output<P>, z.output<Q>, z.output<B>>): Promise<unknown> },
): Route {
  const { params = nothing, query = nothing, body = nothing, handler, ...facts } = spec;
  return {
    ...facts,
    roles: 'anyone',
    params,
    query,
    body,
    run: (raw) => handler(checked<P, Q, B>(raw, params as P, query as Q, body as B)),
  };
}

/** A route for the signed-in users who have one of the roles. */
export function guarded<P extends z.ZodType = Nothing, Q extends z.ZodType = Nothing, B extends z.ZodType = Nothing>(
  spec: RouteFacts &
    Shapes<P, Q, B> & {
      roles: readonly Role[];
      handler(request: GuardedRequest<z.output<P>, z.output<Q>, z.output<B>>): Promise<unknown>;
    },
): Route {
  const { params = nothing, query = nothing, body = nothing, handler, ...facts } = spec;
  return {
    ...facts,
    params,
    query,
    body,
    async run(raw, caller) {
      if (!caller) throw new Error(`${facts.method} ${facts.path} was run without a signed-in user`);
      return handler({ ...checked<P, Q, B>(raw, params as P, query as Q, body as B), ...caller });
    },
  };
}

function checked<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(
  raw: RawRequest,
  params: P,
  query: Q,
  body: B,
): OpenRequest<z.output<P>, z.output<Q>, z.output<B>> {
  return {
    params: check(params, raw.params, 'path'),
    query: check(query, raw.query, 'query'),
    body: check(body, raw.body ?? {}, 'body'),
    address: raw.address,
    opening: raw.opening,
  };
}

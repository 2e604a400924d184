import { IllegalTransition } from '@yixian/contracts';
import { z } from 'zod';
import { jsonPathSchema, valueAtPath } from '../json-path.js';
import type { HttpOutcome, HttpRequest, Move, Scene } from '../machine.js';
import { edgesOf, type Fault, type NodeModule, type Reference } from '../node-module.js';
import { nodeBase, promptsSchema, settableSchema, targetSchema } from '../schema.js';
import { saying } from '../speech.js';
import { fill, fillJson, fillText, jsonStrings, templateSecrets, templateVariables } from '../template.js';
import { httpHost } from '../url.js';
import type { Variables } from '../variables.js';

const schema = z.strictObject({
  ...nodeBase,
  type: z.literal('http-request'),
  /** Heard before the request; the caller waits in silence after it. */
  prompts: promptsSchema.default([]),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('GET'),
  /** With `{{variable}}` after the host; the host itself is fixed and has to be allowed by the configuration. */
  url: z
    .string()
    .max(1000)
    .refine((url) => httpHost(url) !== undefined, 'an http:// or https:// address whose host holds no variable')
    .meta({ 'x-kind': 'template' }),
  /** Texts with `{{variable}}` and `{{secret:name}}`. */
  headers: z.record(z.string().regex(/^[A-Za-z0-9-]{1,64}$/, 'a header name'), z.string().max(500)).default({}),
  /** JSON whose strings may hold `{{variable}}` and `{{secret:name}}`. */
  body: z.json().optional(),
  /** Of one try. */
  timeoutMs: z.int().min(100).max(30_000).default(5000),
  /** Further tries; without it 1 for GET, none for what changes something. */
  retries: z.int().min(0).max(5).optional(),
  backoffMs: z.int().min(50).max(10_000).default(500),
  /** Variables by where they stand in the JSON answer. */
  result: z
    .record(settableSchema, jsonPathSchema)
    .refine((result) => Object.keys(result).length <= 20, 'at most 20 variables')
    .default({}),
  next: targetSchema,
  /** No answer in time; `otherwise` without it. */
  timeout: targetSchema.optional(),
  otherwise: targetSchema,
});
export type HttpRequestNode = z.infer<typeof schema>;

const MAX_BODY = 16_000;

/** A header is one line: what a variable holds cannot begin another. */
const oneLine = (value: string): string => value.replace(/[^\x20-\x7e]/g, ' ');

function requestOf(node: HttpRequestNode, variables: Variables): HttpRequest {
  return {
    method: node.method,
    url: fillText(node.url, variables, encodeURIComponent),
    headers: Object.fromEntries(Object.entries(node.headers).map(([name, text]) => [name, fill(text, variables, oneLine)])),
    ...(node.body === undefined ? {} : { body: fillJson(node.body, variables) }),
    timeoutMs: node.timeoutMs,
    retries: node.retries ?? (node.method === 'GET' ? 1 : 0),
    backoffMs: node.backoffMs,
  };
}

const request = (node: HttpRequestNode, scene: Scene): Move => ({
  do: 'wait',
  effect: { type: 'http', request: requestOf(node, scene.variables) },
  local: { stage: 'away', attempt: 0 },
});

function after(node: HttpRequestNode, result: HttpOutcome, scene: Scene): Move {
  const status = 'status' in result && result.status !== undefined ? String(result.status) : '';
  const variables = { httpResult: result.outcome, httpStatus: status };
  const along = { driver: 'automatic', typedAhead: scene.typedAhead } as const;
  if (result.outcome === 'ok') {
    const found = Object.entries(node.result).map(([name, path]) => [name, valueAtPath(result.body, path)]);
    return { do: 'go', to: node.next, ...along, variables: { ...variables, ...Object.fromEntries(found) } };
  }
  const to = (result.outcome === 'timeout' ? node.timeout : undefined) ?? node.otherwise;
  return { do: 'go', to, ...along, variables };
}

function texts(node: HttpRequestNode): { field: string; text: string }[] {
  const headers = Object.entries(node.headers).map(([name, text]) => ({ field: `headers.${name}`, text }));
  return [...headers, ...jsonStrings(node.body, 'body')];
}

/** Asks another system and keeps what it answers in variables. */
export const httpRequest: NodeModule<HttpRequestNode> = {
  schema,
  edges: (node) => edgesOf('automatic', { next: node.next, timeout: node.timeout, otherwise: node.otherwise }),
  references(node) {
    const named = texts(node).flatMap(({ field, text }): Reference[] => [
      ...templateVariables(text).map((id) => ({ kind: 'variable' as const, field, id })),
      ...templateSecrets(text).map((id) => ({ kind: 'secret' as const, field, id })),
    ]);
    return [
      { kind: 'prompts', field: 'prompts', refs: node.prompts },
      { kind: 'host', field: 'url', id: httpHost(node.url) ?? '' },
      ...templateVariables(node.url).map((id) => ({ kind: 'variable' as const, field: 'url', id })),
      ...named,
    ];
  },
  faults(node) {
    const found: Fault[] = [];
    // An address is logged by everyone on the way.
    if (templateSecrets(node.url).length > 0) found.push({ field: 'url', message: 'a secret belongs into headers or body' });
    if (node.body !== undefined && node.method === 'GET') found.push({ field: 'body', message: 'a GET has no body' });
    if (node.body !== undefined && JSON.stringify(node.body).length > MAX_BODY)
      found.push({ field: 'body', message: `longer than ${MAX_BODY} characters` });
    return found;
  },
  saves: (node) => Object.keys(node.result),
  enter: (node, scene) => (scene.typedAhead ? undefined : saying(node.prompts, scene, 'prompt', 'none')) ?? request(node, scene),
  resume(node, local, input, scene) {
    if (local.stage === 'prompt' && input.type === 'playback-ended') return request(node, scene);
    if (local.stage !== 'away' || input.type !== 'http-result') throw new IllegalTransition('http-request', local.stage, input.type);
    return after(node, input.result, scene);
  },
};

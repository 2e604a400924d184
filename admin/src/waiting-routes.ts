import type { Role } from '@yixian/contracts';
import { guarded, type Route } from './core/route.js';
import { byId, listOf } from './core/schemas.js';
import * as shape from './core/waiting-schemas.js';
import {
  createCancelCallback,
  createListCallbacks,
  createMoveCall,
  createPutDoor,
  createRequestCallback,
  type WaitingDeps,
} from './handlers/waiting.js';

const V1 = '/api/v1';
const everyone: readonly Role[] = ['agent', 'supervisor', 'admin'];
const leaders: readonly Role[] = ['supervisor', 'admin'];
const empty = { kind: 'empty', status: 204 } as const;

/** Doors of queues, callers who are moved, callbacks in place of waiting. */
export function waitingRoutes(deps: WaitingDeps): Route[] {
  return [
    guarded({
      method: 'put',
      path: `${V1}/queues/:id/door`,
      tag: 'queues',
      roles: leaders,
      summary: 'Open or close a queue by hand, or leave it to its schedule',
      description:
        'Of the led groups; at once, and over a restart. Callers who wait are still served when it closes, unless a rule says otherwise.',
      params: byId,
      body: shape.doorBody,
      response: { kind: 'json', schema: shape.doorState, status: 200 },
      handler: createPutDoor(deps),
    }),
    guarded({
      method: 'post',
      path: `${V1}/calls/:id/move`,
      tag: 'calls',
      roles: leaders,
      summary: 'Put a waiting call into another queue, or change its priority',
      description: 'The time it has waited counts on. 409 when it waits no more.',
      params: byId,
      body: shape.moveBody,
      response: empty,
      handler: createMoveCall(deps),
    }),
    guarded({
      method: 'get',
      path: `${V1}/callbacks`,
      tag: 'callbacks',
      roles: everyone,
      summary: 'Callbacks that are still to be made, oldest first',
      query: shape.callbacksQuery,
      response: { kind: 'json', schema: listOf(shape.callback), status: 200 },
      handler: createListCallbacks(deps),
    }),
    guarded({
      method: 'post',
      path: `${V1}/callbacks`,
      tag: 'callbacks',
      roles: leaders,
      summary: 'Have somebody called back by a queue',
      description: '409 when the number waits for a callback of this queue already.',
      body: shape.callbackBody,
      response: { kind: 'json', schema: shape.callback, status: 201 },
      handler: createRequestCallback(deps),
    }),
    guarded({
      method: 'delete',
      path: `${V1}/callbacks/:id`,
      tag: 'callbacks',
      roles: leaders,
      summary: 'Cancel a callback',
      params: byId,
      response: empty,
      handler: createCancelCallback(deps),
    }),
  ];
}

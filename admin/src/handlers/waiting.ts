import {
  type Acd,
  type AuditEntry,
  type Callbacks,
  type CallbackView,
  type Clock,
  DomainError,
  type IdentityStore,
  isoTime,
  type Logger,
  mayDirectQueue,
  maySeeQueue,
  type QueueDoorState,
  seconds,
} from '@yixian/contracts';
import type { z } from 'zod';
import type { Caller, GuardedRequest } from '../core/route.js';
import type { byId } from '../core/schemas.js';
import type { callbackBody, callbacksQuery, doorBody, moveBody } from '../core/waiting-schemas.js';

export interface WaitingDeps {
  acd: Acd;
  callbacks: Callbacks;
  identity: Pick<IdentityStore, 'audit'>;
  clock: Clock;
  logger: Logger;
}

type ById = z.output<typeof byId>;

/** Refuses before anything is said about whether the queue exists. */
function assertLeads({ viewer, principal }: Caller, queueId: string): void {
  if (mayDirectQueue(viewer, queueId)) return;
  throw new DomainError('forbidden', `${principal.user.username} does not lead queue ${queueId}`, { queue: queueId });
}

/** It has happened by now: a log that cannot be written is reported, not undone. */
async function audit(deps: WaitingDeps, caller: Caller, entry: Pick<AuditEntry, 'action' | 'subject' | 'details'>): Promise<void> {
  const { username } = caller.principal.user;
  try {
    await deps.identity.audit({ at: deps.clock.now(), username, ...entry });
  } catch (error) {
    deps.logger.error({ err: error, username, ...entry }, 'an audit entry could not be stored');
  }
}

export function createPutDoor(deps: WaitingDeps) {
  return async (request: GuardedRequest<ById, unknown, z.output<typeof doorBody>>) => {
    const { id } = request.params;
    assertLeads(request, id);
    const state = await deps.acd.setDoor(id, request.body.door, request.principal.user.username);
    await audit(deps, request, { action: 'queue.door-changed', subject: id, details: { door: state.door, open: state.open } });
    return doorView(state);
  };
}

function doorView({ queueId, door, open, because }: QueueDoorState) {
  return { queue: queueId, door, open, because };
}

/** A supervisor moves calls between queues of the own groups. */
export function createMoveCall(deps: WaitingDeps) {
  return async (request: GuardedRequest<ById, unknown, z.output<typeof moveBody>>) => {
    const { id } = request.params;
    const { queue, priority } = request.body;
    const from = deps.acd.queues().find(({ waiting }) => waiting.some(({ callId }) => callId === id));
    if (from) assertLeads(request, from.queueId);
    if (queue !== undefined) assertLeads(request, queue);
    const to = { ...(queue === undefined ? {} : { queueId: queue }), ...(priority === undefined ? {} : { priority }) };
    await deps.acd.moveCall(id, to, request.principal.user.username);
    await audit(deps, request, { action: 'call.moved', subject: id, details: { from: from?.queueId ?? null, queue, priority } });
  };
}

export function createListCallbacks(deps: WaitingDeps) {
  return async ({ viewer, query }: GuardedRequest<unknown, z.output<typeof callbacksQuery>, unknown>) => {
    const visible = deps.callbacks
      .list()
      .filter((one) => maySeeQueue(viewer, one.queueId) && (query.queue === undefined || one.queueId === query.queue))
      .sort((a, b) => a.since - b.since);
    return { items: visible.map((one) => callbackView(one, deps.clock.now())), next: null };
  };
}

export function createRequestCallback(deps: WaitingDeps) {
  return async (request: GuardedRequest<unknown, unknown, z.output<typeof callbackBody>>) => {
    const { queue, number, callId, notBefore } = request.body;
    assertLeads(request, queue);
    const made = await deps.callbacks.request({
      queueId: queue,
      number,
      by: request.principal.user.username,
      ...(callId === undefined ? {} : { callId }),
      ...(notBefore === undefined ? {} : { notBefore: Date.parse(notBefore) }),
    });
    await audit(deps, request, { action: 'callback.requested', subject: made.id, details: { queue, number } });
    return callbackView(made, deps.clock.now());
  };
}

export function createCancelCallback(deps: WaitingDeps) {
  return async (request: GuardedRequest<ById, unknown, unknown>) => {
    const { id } = request.params;
    const known = deps.callbacks.list().find((one) => one.id === id);
    if (known) assertLeads(request, known.queueId);
    await deps.callbacks.cancel(id, request.principal.user.username);
    await audit(deps, request, { action: 'callback.cancelled', subject: id, details: { queue: known?.queueId } });
  };
}

function callbackView({ id, queueId, number, state, since, position, attempts, notBefore }: CallbackView, now: number) {
  return {
    id,
    queue: queueId,
    number,
    state,
    since: isoTime(since),
    waitedSeconds: seconds(Math.max(0, now - since)),
    position,
    attempts,
    notBefore: notBefore === null ? null : isoTime(notBefore),
  };
}

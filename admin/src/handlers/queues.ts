import { type Acd, DomainError, maySeeQueue, queueView, type RecordQueries, type TodayQueueFigures } from '@yixian/contracts';
import type { z } from 'zod';
import type { GuardedRequest } from '../core/route.js';
import type { byId, livePage } from '../core/schemas.js';
import { pageOf } from './page.js';

export interface QueueDeps {
  acd: Acd;
  records: Pick<RecordQueries, 'todayByQueue'>;
}

const NO_FIGURES: TodayQueueFigures = { offered: 0, answered: 0, abandoned: 0, serviceLevel: null, averageWaitSeconds: null };

export function createListQueues(deps: QueueDeps) {
  return async ({ viewer, query }: GuardedRequest<unknown, z.output<typeof livePage>, unknown>) => {
    const today = await deps.records.todayByQueue();
    const visible = deps.acd.queues().filter((queue) => maySeeQueue(viewer, queue.queueId));
    const { items, next } = pageOf(visible, (queue) => queue.queueId, query);
    return { items: items.map((queue) => queueView(queue, today.get(queue.queueId) ?? NO_FIGURES)), next };
  };
}

export function createGetQueue(deps: QueueDeps) {
  return async ({ viewer, params }: GuardedRequest<z.output<typeof byId>, unknown, unknown>) => {
    const queue = deps.acd.queue(params.id);
    if (queue && !maySeeQueue(viewer, params.id)) throw new DomainError('forbidden', `queue ${params.id} is not yours`, { id: params.id });
    if (!queue) throw new DomainError('not-found', `there is no queue ${params.id}`, { id: params.id });
    const today = await deps.records.todayByQueue();
    return queueView(queue, today.get(params.id) ?? NO_FIGURES);
  };
}

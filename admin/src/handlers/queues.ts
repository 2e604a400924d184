import {
  type Acd,
  type ConfigReader,
  DomainError,
  maySeeQueue,
  queueView,
  type RecordQueries,
  type TodayQueueFigures,
  type Viewer,
} from '@yixian/contracts';
import type { z } from 'zod';
import { queueConfigView } from '../core/config/queue-fields.js';
import type { GuardedRequest } from '../core/route.js';
import type { byId, livePage } from '../core/schemas.js';
import { pageOf } from './page.js';

export interface QueueDeps {
  acd: Acd;
  records: Pick<RecordQueries, 'todayByQueue'>;
  config: Pick<ConfigReader, 'queues'>;
}

const NO_FIGURES: TodayQueueFigures = { offered: 0, answered: 0, abandoned: 0, serviceLevel: null, averageWaitSeconds: null };

/** The settings of every queue, for those who may see them. */
async function settings(deps: QueueDeps, viewer: Viewer): Promise<Map<string, ReturnType<typeof queueConfigView>>> {
  if (viewer.role === 'agent') return new Map();
  return new Map((await deps.config.queues.list()).map((queue) => [queue.id, queueConfigView(queue)]));
}

export function createListQueues(deps: QueueDeps) {
  return async ({ viewer, query }: GuardedRequest<unknown, z.output<typeof livePage>, unknown>) => {
    const today = await deps.records.todayByQueue();
    const visible = deps.acd.queues().filter((queue) => maySeeQueue(viewer, queue.queueId));
    const { items, next } = pageOf(visible, (queue) => queue.queueId, query);
    const config = await settings(deps, viewer);
    const view = (queue: (typeof items)[number]) => ({
      ...queueView(queue, today.get(queue.queueId) ?? NO_FIGURES),
      config: config.get(queue.queueId) ?? null,
    });
    return { items: items.map(view), next };
  };
}

export function createGetQueue(deps: QueueDeps) {
  return async ({ viewer, params }: GuardedRequest<z.output<typeof byId>, unknown, unknown>) => {
    const queue = deps.acd.queue(params.id);
    if (queue && !maySeeQueue(viewer, params.id)) throw new DomainError('forbidden', `queue ${params.id} is not yours`, { id: params.id });
    if (!queue) throw new DomainError('not-found', `there is no queue ${params.id}`, { id: params.id });
    const today = await deps.records.todayByQueue();
    const config = (await settings(deps, viewer)).get(params.id) ?? null;
    return { ...queueView(queue, today.get(params.id) ?? NO_FIGURES), config };
  };
}

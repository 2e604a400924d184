import { type Acd, type ConfigReader, DomainError, QUEUE_DEFAULTS, type QueueConfig, type Revised, seconds } from '@yixian/contracts';
import type { z } from 'zod';
import type { newQueue, queueChange, removal } from '../../core/config/schemas.js';
import { flowsUsing } from '../../core/config/uses.js';
import type { GuardedRequest } from '../../core/route.js';
import type { byId } from '../../core/schemas.js';
import { type AdministrationDeps, fieldError, surroundings } from './change.js';
import { createKindHandlers, defined, type Given, type Kind } from './kind.js';

type ById = z.output<typeof byId>;
type QueueFields = Omit<z.output<typeof queueChange>, 'revision'>;

/** A queue's settings as they look from outside: durations in seconds. */
export function queueConfigView(q: Revised<QueueConfig>) {
  const { id, name, requiredSkills, priority, maxLength, music, serviceLevelSeconds, record, revision } = q;
  return {
    ...{ id, name, requiredSkills, priority, maxLength, music, serviceLevelSeconds, record, revision },
    ringTimeoutSeconds: seconds(q.ringTimeoutMs),
    wrapUpSeconds: seconds(q.wrapUpMs),
    maxWaitSeconds: seconds(q.maxWaitMs),
    announceEverySeconds: seconds(q.announceEveryMs),
  };
}

function milliseconds(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value * 1000);
}

function fromOutside(fields: QueueFields): Given<QueueConfig> {
  const { ringTimeoutSeconds, wrapUpSeconds, maxWaitSeconds, announceEverySeconds, ...same } = fields;
  return {
    ...same,
    ringTimeoutMs: milliseconds(ringTimeoutSeconds),
    wrapUpMs: milliseconds(wrapUpSeconds),
    maxWaitMs: milliseconds(maxWaitSeconds),
    announceEveryMs: milliseconds(announceEverySeconds),
  };
}

function kindOf(deps: AdministrationDeps): Kind<QueueConfig, ReturnType<typeof queueConfigView>> {
  return {
    what: 'queue',
    keyField: 'id',
    table: (config) => config.queues,
    rows: (config) => config.queues,
    view: queueConfigView,
    async check({ config }, queue, before) {
      await assertSkills(config, 'requiredSkills', queue.requiredSkills);
      if (queue.music !== before?.music && !deps.prompts.ids().includes(queue.music)) {
        throw fieldError('music', `there is no prompt ${queue.music}`);
      }
    },
    async uses({ config }, { id }) {
      refuseWaiting(deps.acd, id);
      return flowsUsing(await config.flows.published(), deps.validators.flow, await surroundings(deps, config), 'queues', id);
    },
  };
}

function refuseWaiting(acd: Pick<Acd, 'queue'>, id: string): void {
  const waiting = acd.queue(id)?.waiting ?? [];
  if (waiting.length === 0) return;
  const calls = waiting.map((call) => ({ kind: 'call', id: call.callId }));
  throw new DomainError('conflict', `queue ${id} is in use: calls wait in it (${calls.length})`, { usedBy: calls.slice(0, 20) });
}

/** @throws DomainError `bad-request` naming the first skill there is not */
export async function assertSkills(config: Pick<ConfigReader, 'skills'>, field: string, skills: readonly string[]): Promise<void> {
  const known = new Set((await config.skills.list()).map((s) => s.id));
  const at = skills.findIndex((skill) => !known.has(skill));
  if (at >= 0) throw fieldError(`${field}.${at}`, `there is no skill ${skills[at]}`);
}

export function createQueueConfigs(deps: AdministrationDeps) {
  const queues = createKindHandlers(deps, kindOf(deps));
  return {
    add(request: GuardedRequest<unknown, unknown, z.output<typeof newQueue>>) {
      const { ringTimeoutSeconds, wrapUpSeconds, maxWaitSeconds, announceEverySeconds, ...same } = request.body;
      return queues.add(request, {
        ...QUEUE_DEFAULTS,
        ...same,
        name: same.name ?? same.id,
        ringTimeoutMs: Math.round(ringTimeoutSeconds * 1000),
        wrapUpMs: Math.round(wrapUpSeconds * 1000),
        maxWaitMs: Math.round(maxWaitSeconds * 1000),
        announceEveryMs: Math.round(announceEverySeconds * 1000),
      });
    },
    change(request: GuardedRequest<ById, unknown, z.output<typeof queueChange>>) {
      const { revision, ...fields } = request.body;
      return queues.change(request, request.params.id, revision, () => defined<QueueConfig>(fromOutside(fields)));
    },
    remove: (request: GuardedRequest<ById, z.output<typeof removal>, unknown>) => queues.remove(request, request.params.id, request.query),
  };
}

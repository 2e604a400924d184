import { type Acd, DomainError, type OverflowTarget, type QueueConfig } from '@yixian/contracts';
import type { z } from 'zod';
import { queueConfigView, queueFields, queueOf } from '../../core/config/queue-fields.js';
import type { newQueue, queueChange, removal } from '../../core/config/schemas.js';
import { flowsUsing, queuesLeadingTo } from '../../core/config/uses.js';
import type { GuardedRequest } from '../../core/route.js';
import type { byId } from '../../core/schemas.js';
import { type AdministrationDeps, type Change, fieldError, surroundings } from './change.js';
import { createKindHandlers, defined, type Kind } from './kind.js';
import { assertAgents, assertPolicy, assertPrompt, assertPublished, assertSkills, assertThere, differs } from './references.js';

type ById = z.output<typeof byId>;

function kindOf(deps: AdministrationDeps): Kind<QueueConfig, ReturnType<typeof queueConfigView>> {
  return {
    what: 'queue',
    keyField: 'id',
    table: (config) => config.queues,
    rows: (config) => config.queues,
    view: queueConfigView,
    check: (c, queue, before) => check(deps, c, queue, before),
    async uses({ config }, { id }) {
      refuseWaiting(deps.acd, id);
      return [
        ...(await queuesLeadingTo(config, ({ to }) => to.kind === 'queue' && to.queueId === id)),
        ...flowsUsing(await config.flows.published(), deps.validators.flow, await surroundings(deps, config), 'queues', id),
      ];
    },
  };
}

async function check(deps: AdministrationDeps, { config }: Change, queue: QueueConfig, before: QueueConfig | undefined): Promise<void> {
  const { prompts } = deps;
  await assertSkills(config, 'requiredSkills', queue.requiredSkills);
  checkLevels(queue);
  if (differs(before, queue, 'music')) assertPrompt(prompts, 'music', queue.music);
  if (differs(before, queue, 'recording')) assertPolicy(prompts, 'recording', queue.recording);
  if (differs(before, queue, 'agentOrder')) await assertAgents(config, 'agentOrder', queue.agentOrder);
  if (queue.callback && differs(before, queue, 'callback')) assertPrompt(prompts, 'callback.prompt', queue.callback.prompt);
  if (queue.scheduleId !== null) await assertThere(config.schedules, 'scheduleId', 'schedule', queue.scheduleId);
  if (!differs(before, queue, 'overflow')) return;
  for (const [i, { to }] of queue.overflow.entries()) await checkTarget(config, queue.id, `overflow.${i}.to`, to);
}

/** Levels are of skills the queue asks for, and the steps follow each other in time. */
function checkLevels(queue: QueueConfig): void {
  const steps = queue.relaxation.map((step, i) => ({ field: `relaxation.${i}.minLevels`, levels: step.minLevels }));
  for (const { field, levels } of [{ field: 'minLevels', levels: queue.minLevels }, ...steps]) {
    const other = Object.keys(levels).find((skill) => !queue.requiredSkills.includes(skill));
    if (other !== undefined) throw fieldError(`${field}.${other}`, 'is not one of requiredSkills');
  }
  const late = queue.relaxation.findIndex((step, i) => i > 0 && step.afterMs <= (queue.relaxation[i - 1]?.afterMs ?? 0));
  if (late >= 0) throw fieldError(`relaxation.${late}.afterSeconds`, 'must be later than the step before');
}

async function checkTarget(config: Change['config'], queueId: string, field: string, to: OverflowTarget): Promise<void> {
  switch (to.kind) {
    case 'queue':
      // the queue being made is not there yet, and would lead to itself
      if (to.queueId === queueId) throw fieldError(`${field}.queueId`, 'is this queue itself');
      return assertThere(config.queues, `${field}.queueId`, 'queue', to.queueId);
    case 'flow':
      return assertPublished(config, `${field}.flowId`, to.flowId);
    case 'voicemail':
      return assertThere(config.boxes, `${field}.box`, 'box', to.box);
    case 'number':
      return;
  }
}

function refuseWaiting(acd: Pick<Acd, 'queue'>, id: string): void {
  const waiting = acd.queue(id)?.waiting ?? [];
  if (waiting.length === 0) return;
  const calls = waiting.map((call) => ({ kind: 'call', id: call.callId }));
  throw new DomainError('conflict', `queue ${id} is in use: calls wait in it (${calls.length})`, { usedBy: calls.slice(0, 20) });
}

export function createQueueConfigs(deps: AdministrationDeps) {
  const queues = createKindHandlers(deps, kindOf(deps));
  return {
    add: (request: GuardedRequest<unknown, unknown, z.output<typeof newQueue>>) => queues.add(request, queueOf(request.body)),
    change(request: GuardedRequest<ById, unknown, z.output<typeof queueChange>>) {
      const { revision, ...fields } = request.body;
      return queues.change(request, request.params.id, revision, (before) =>
        defined<QueueConfig>(queueFields(fields, before.consequences)),
      );
    },
    remove: (request: GuardedRequest<ById, z.output<typeof removal>, unknown>) => queues.remove(request, request.params.id, request.query),
  };
}

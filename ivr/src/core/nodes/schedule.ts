import { IllegalTransition } from '@yixian/contracts';
import { z } from 'zod';
import { edgesOf, type NodeModule } from '../node-module.js';
import { idOf, nodeBase, targetSchema } from '../schema.js';

const schema = z.strictObject({
  ...nodeBase,
  type: z.literal('schedule'),
  /** Id of the schedule: opening hours, holidays with their make-up workdays, special days. */
  schedule: idOf('schedule'),
  open: targetSchema,
  closed: targetSchema,
  /** Closed for a statutory holiday; `closed` without it. */
  holiday: targetSchema.optional(),
});
export type ScheduleNode = z.infer<typeof schema>;

/** Chooses the way by opening hours. A schedule that does not exist is open: a slip in the configuration must not close a hotline. */
export const schedule: NodeModule<ScheduleNode> = {
  schema,
  edges: (node) => edgesOf('automatic', { open: node.open, closed: node.closed, holiday: node.holiday }),
  references: (node) => [{ kind: 'schedule', field: 'schedule', id: node.schedule }],
  enter: (node) => ({
    do: 'wait',
    effect: { type: 'lookUpSchedule', scheduleId: node.schedule },
    local: { stage: 'away', attempt: 0 },
  }),
  resume(node, local, input, scene) {
    if (input.type !== 'schedule-state') throw new IllegalTransition('schedule', local.stage, input.type);
    const { open, because } = input.state ?? { open: true, because: 'unknown' };
    const holiday = !open && because.startsWith('holiday:') ? node.holiday : undefined;
    return {
      do: 'go',
      to: open ? node.open : (holiday ?? node.closed),
      driver: 'automatic',
      typedAhead: scene.typedAhead,
      variables: { schedule: open ? 'open' : 'closed', scheduleReason: because },
      ...(input.state ? {} : { warning: `there is no schedule ${node.schedule}; taken as open` }),
    };
  },
};

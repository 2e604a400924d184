import { IllegalTransition, type QueueResult } from '@yixian/contracts';
import { z } from 'zod';
import { edgesOf, type NodeModule } from '../node-module.js';
import { nameSchema, nodeBase, targetSchema } from '../schema.js';

const schema = z.strictObject({
  ...nodeBase,
  type: z.literal('queue'),
  queue: nameSchema,
  /** Added to the queue's own priority. */
  priority: z.int().min(-100).max(100).default(0),
  /** After the agent hung up while the caller stayed; without it the call ends. */
  next: targetSchema.optional(),
  /** What was waited for in vain goes to its own way where there is one, else to `otherwise`. */
  timeout: targetSchema.optional(),
  noAgents: targetSchema.optional(),
  full: targetSchema.optional(),
  failed: targetSchema.optional(),
  otherwise: targetSchema,
});
export type QueueNode = z.infer<typeof schema>;

type WayName = 'timeout' | 'noAgents' | 'full' | 'failed';

const WAY: Record<Exclude<QueueResult['outcome'], 'abandoned' | 'served'>, WayName | undefined> = {
  timeout: 'timeout',
  'no-agents': 'noAgents',
  full: 'full',
  failed: 'failed',
  closed: undefined,
  overflow: undefined,
  callback: undefined,
};

function after(node: QueueNode, result: QueueResult) {
  const variables = { queue: node.queue, queueResult: result.outcome };
  if (result.outcome === 'abandoned') return gone();
  if (result.outcome === 'served') {
    if (!result.callerStillUp) return gone();
    return node.next
      ? ({ do: 'go', to: node.next, driver: 'party', variables, clearDigits: true } as const)
      : ({ do: 'end', result: 'served', termination: { by: 'agent', reason: 'normal' } } as const);
  }
  const way = WAY[result.outcome];
  const to = (way && node[way]) ?? node.otherwise;
  const driver = result.outcome === 'timeout' ? 'party' : 'automatic';
  return { do: 'go', to, driver, variables, clearDigits: true } as const;
}

// The leg is gone or going: its own termination comes with `caller-hung-up`, this one only stands if that never arrives.
const gone = () => ({ do: 'end', result: 'caller-left', termination: { by: 'caller', reason: 'normal' } }) as const;

/** Waits for an agent and talks. */
export const queue: NodeModule<QueueNode> = {
  schema,
  edges(node) {
    const everyWay = node.timeout && node.noAgents && node.full && node.failed;
    return [
      ...edgesOf('party', { next: node.next, timeout: node.timeout }),
      ...edgesOf('automatic', { noAgents: node.noAgents, full: node.full, failed: node.failed }),
      // With every outcome given its own way, `otherwise` is never taken and cannot close a circle.
      ...edgesOf(everyWay ? 'party' : 'automatic', { otherwise: node.otherwise }),
    ];
  },
  references: (node) => [{ kind: 'queue', field: 'queue', id: node.queue }],
  enter: (node) => ({
    do: 'wait',
    effect: { type: 'enqueue', queueId: node.queue, priority: node.priority },
    local: { stage: 'away', attempt: 0 },
  }),
  resume(node, local, input) {
    if (input.type !== 'queue-result') throw new IllegalTransition('queue', local.stage, input.type);
    return after(node, input.result);
  },
};

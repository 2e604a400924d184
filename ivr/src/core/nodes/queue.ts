import { IllegalTransition, type OverflowTarget, type QueueResult } from '@yixian/contracts';
import { z } from 'zod';
import { levelsOf, levelsSchema } from '../levels.js';
import type { Local, Move, NodeInput, Scene } from '../machine.js';
import { edgesOf, type NodeModule, variableReferences } from '../node-module.js';
import { MAX_PRIORITY, priorityOf } from '../priority.js';
import { idOf, namedSchema, nodeBase, numberOrVariable, ofKind, promptsSchema, targetSchema } from '../schema.js';
import { saying, textFrom, wholeOf } from '../speech.js';

const schema = z.strictObject({
  ...nodeBase,
  type: z.literal('queue'),
  queue: idOf('queue'),
  /** Added to the queue's own priority and to the call's. */
  priority: numberOrVariable(-100, 100).default(0),
  /** Only this agent 指定话务员; anybody when the variable holds none. */
  agent: ofKind('extension', namedSchema).optional(),
  /** Only agents of this business group or handling unit 承办单位; anybody when the variable holds none. */
  group: ofKind('group', namedSchema).optional(),
  /** Levels by skill, on top of what `skill-requirement` asked for. */
  minLevels: levelsSchema.optional(),
  /** After the agent hung up while the caller stayed; without it the call ends. */
  next: targetSchema.optional(),
  /** What was waited for in vain goes to its own way where there is one, else to `otherwise`. */
  timeout: targetSchema.optional(),
  noAgents: targetSchema.optional(),
  full: targetSchema.optional(),
  closed: targetSchema.optional(),
  failed: targetSchema.optional(),
  /** The caller will be called back; without it the call ends. */
  callback: targetSchema.optional(),
  /** After the queue's overflow rule was followed to a number or a voicemail box; without it the call ends. */
  overflow: targetSchema.optional(),
  /** Heard before an overflow to a voicemail box records; the prompt `voicemail` without it. */
  voicemailPrompts: promptsSchema.optional(),
  otherwise: targetSchema,
});
export type QueueNode = z.infer<typeof schema>;

type InVain = 'timeout' | 'no-agents' | 'full' | 'closed' | 'failed';
const WAY: Record<InVain, 'timeout' | 'noAgents' | 'full' | 'closed' | 'failed'> = {
  timeout: 'timeout',
  'no-agents': 'noAgents',
  full: 'full',
  closed: 'closed',
  failed: 'failed',
};

/** How long an overflowed caller may speak. */
const OVERFLOW_MESSAGE_MS = 120_000;

function enqueue(node: QueueNode, scene: Scene): Move {
  const priority = priorityOf(scene) + (wholeOf(node.priority, scene.variables) ?? 0);
  const minLevels = levelsOf(node.minLevels ?? {}, scene);
  const [agentId, group] = [node.agent, node.group].map((named) => (named === undefined ? '' : textFrom(named, scene.variables)));
  return {
    do: 'wait',
    effect: {
      type: 'enqueue',
      queueId: node.queue,
      priority: Math.min(Math.max(priority, -MAX_PRIORITY), MAX_PRIORITY),
      language: scene.language,
      ...(agentId ? { agentId } : {}),
      ...(group ? { group } : {}),
      ...(Object.keys(minLevels).length > 0 ? { minLevels } : {}),
    },
    local: { stage: 'away', attempt: 0 },
  };
}

function after(node: QueueNode, result: QueueResult, scene: Scene): Move {
  const variables = {
    queue: node.queue,
    queueResult: result.outcome,
    agent: result.outcome === 'served' ? result.agentId : '',
    ...(result.outcome === 'callback' ? { callbackId: result.callbackId } : {}),
  };
  if (result.outcome === 'abandoned') return gone();
  if (result.outcome === 'overflow') return { ...overflow(node, result.to, scene), variables, clearDigits: true };
  if (result.outcome === 'served' && !result.callerStillUp) return gone();
  if (result.outcome === 'served' || result.outcome === 'callback') {
    const [to, by] = result.outcome === 'served' ? [node.next, 'agent' as const] : [node.callback, 'system' as const];
    if (to) return { do: 'go', to, driver: 'party', variables, clearDigits: true };
    return { do: 'end', result: result.outcome, termination: { by, reason: by === 'agent' ? 'normal' : 'flow-ended' } };
  }
  const driver = result.outcome === 'timeout' ? 'party' : 'automatic';
  return { do: 'go', to: node[WAY[result.outcome]] ?? node.otherwise, driver, variables, clearDigits: true };
}

// The leg is gone or going: its own termination comes with `caller-hung-up`, this one only stands if that never arrives.
const gone = (): Move => ({ do: 'end', result: 'caller-left', termination: { by: 'caller', reason: 'normal' } });

/** Where the queue's rule sends the call. */
function overflow(node: QueueNode, to: Exclude<OverflowTarget, { kind: 'queue' }>, scene: Scene): Move {
  switch (to.kind) {
    case 'flow':
      return { do: 'wait', effect: { type: 'loadFlow', flowId: to.flowId }, local: { stage: 'overflow', attempt: 0 } };
    case 'number':
      return {
        do: 'wait',
        effect: { type: 'transfer', target: { kind: 'number', value: to.number } },
        local: { stage: 'overflow', attempt: 0 },
      };
    case 'voicemail': {
      const said = saying(node.voicemailPrompts ?? ['voicemail'], { ...scene, typedAhead: false }, 'overflow-prompt');
      return said?.do === 'wait' ? { ...said, local: { ...said.local, about: to.box } } : message(to.box);
    }
  }
}

const message = (box: string): Move => ({
  do: 'wait',
  effect: { type: 'voicemail', box, maxDurationMs: OVERFLOW_MESSAGE_MS, finishOn: '#' },
  local: { stage: 'overflow', attempt: 0 },
  clearDigits: true,
});

function overflowed(node: QueueNode, local: Local, input: NodeInput): Move {
  switch (input.type) {
    case 'flow-loaded':
      return { do: 'switch', flow: input.flow, version: input.version };
    case 'playback-ended':
      return message(local.about ?? '');
    case 'transfer-result':
      if (!input.callerStillUp) return gone();
      if (input.outcome === 'connected') return done(node, 'party', { by: 'called', reason: 'normal' });
      return { do: 'go', to: node.failed ?? node.otherwise, driver: 'automatic', variables: { transferResult: input.outcome } };
    case 'voicemail-result': {
      const variables = { voicemailResult: input.durationMs === undefined ? 'none' : 'left' };
      return { ...done(node, 'automatic', { by: 'system', reason: 'flow-ended' }), variables };
    }
    case 'flow-unavailable':
      return { do: 'go', to: node.failed ?? node.otherwise, driver: 'automatic', warning: `the queue overflows to flow ${input.flowId}` };
    default:
      throw new IllegalTransition('queue', local.stage, input.type);
  }
}

function done(node: QueueNode, driver: 'party' | 'automatic', termination: Extract<Move, { do: 'end' }>['termination']): Move {
  if (node.overflow) return { do: 'go', to: node.overflow, driver, clearDigits: true };
  return { do: 'end', result: 'overflowed', termination };
}

//  enter ──▶ away (the queue has the caller) ──▶ go | end
//                └─overflow rule──▶ overflow (another flow, a number, a box) ──▶ go | end | switch

/** Waits for an agent and talks. */
export const queue: NodeModule<QueueNode> = {
  schema,
  edges(node) {
    const everyWay = node.timeout && node.noAgents && node.full && node.closed && node.failed;
    return [
      ...edgesOf('party', { next: node.next, timeout: node.timeout, callback: node.callback }),
      ...edgesOf('automatic', {
        noAgents: node.noAgents,
        full: node.full,
        closed: node.closed,
        failed: node.failed,
        overflow: node.overflow,
      }),
      // With every outcome given its own way, `otherwise` is never taken and cannot close a circle.
      ...edgesOf(everyWay ? 'party' : 'automatic', { otherwise: node.otherwise }),
    ];
  },
  references: (node) => [
    { kind: 'queue', field: 'queue', id: node.queue },
    ...(typeof node.agent === 'string' ? [{ kind: 'extension' as const, field: 'agent', id: node.agent }] : []),
    ...(typeof node.group === 'string' ? [{ kind: 'group' as const, field: 'group', id: node.group }] : []),
    ...variableReferences({ priority: node.priority, agent: node.agent, group: node.group }),
    ...Object.entries(node.minLevels ?? {}).flatMap(([id, level]) => [
      { kind: 'skill' as const, field: `minLevels.${id}`, id },
      ...variableReferences({ [`minLevels.${id}`]: level }),
    ]),
    { kind: 'prompts', field: 'voicemailPrompts', refs: node.voicemailPrompts ?? [] },
  ],
  enter: enqueue,
  resume(node, local, input, scene) {
    if (local.stage !== 'away') return overflowed(node, local, input);
    if (input.type !== 'queue-result') throw new IllegalTransition('queue', local.stage, input.type);
    return after(node, input.result, scene);
  },
};

import type { AgentId, Clock, Cluster, NodeId, QueueId } from '@yixian/contracts';
import type { StepResult } from '../core/inputs.js';
import type { AcdState } from '../core/types.js';
import { agentSnapshot, agentSnapshots, callbackViews, queueSnapshots, standingOf } from '../core/views.js';
import { toldQueue } from './replica.js';
import type { Timers } from './timers.js';
import { type ToldQueue, VIEW, type ViewMessage } from './wire.js';

export interface TellingDeps {
  cluster: Cluster;
  clock: Clock;
  term: number;
  timers: Timers;
  state(): AcdState;
  /** Calls of other processes. */
  homes: ReadonlyMap<string, NodeId>;
}

/** What the other processes are told of agents, queues and callbacks. Nothing is done when there are none. */
export interface Telling {
  /** Something was decided. */
  note(result: StepResult): void;
  /** Agents that have changed are told at once, queues soon. */
  agents(): void;
  /** Everything may have changed. */
  all(): void;
  /** Everything as it stands, to one process or to all. */
  everything(node?: NodeId): void;
  /** Queues are told now, lest whoever has just changed one should see it as it was. */
  queues(): void;
  /** Everything as it stands, for this process itself when it decides no more. */
  picture(): ViewMessage;
}

/** Queues are told together so late, or later where telling them takes long. */
const QUEUES_MS = 50;
/** Telling may take this part of the time. */
const SHARE = 10;

export function createTelling({ cluster, clock, term, timers, state, homes }: TellingDeps): Telling {
  const changed = new Set<AgentId>();
  const told = new Map<QueueId, string>();
  let toldCallbacks = '[]';
  let armed = false;
  const alone = (): boolean => cluster.nodes().length === 1;

  const estimateOf = (callId: string): number | null => standingOf(state(), callId)?.estimateMs ?? null;
  /** Estimates are for the processes that announce them. */
  const estimateElsewhere = (callId: string): number | null => (homes.has(callId) ? estimateOf(callId) : null);

  function pictures(estimate = estimateElsewhere): ToldQueue[] {
    return queueSnapshots(state(), clock.now()).map((queue) => toldQueue(queue, estimate));
  }

  function whole(queues: ToldQueue[]): ViewMessage {
    return message({ full: true, agents: agentSnapshots(state()), queues, callbacks: callbackViews(state()) });
  }

  function message(parts: Partial<ViewMessage>): ViewMessage {
    return { term, full: false, agents: [], agentsGone: [], queues: [], queuesGone: [], callbacks: null, ...parts };
  }

  function arm(delayMs: number): void {
    if (armed) return;
    armed = true;
    timers.set('queues', delayMs, () => {
      armed = false;
      queues();
    });
  }

  function queues(): void {
    if (alone()) return;
    const began = clock.now();
    const present = new Set<QueueId>();
    const queuesNow: ToldQueue[] = [];
    for (const one of pictures()) {
      const { queueId } = one.queue;
      const text = JSON.stringify(one);
      present.add(queueId);
      if (told.get(queueId) !== text) queuesNow.push(one);
      told.set(queueId, text);
    }
    const queuesGone = [...told.keys()].filter((id) => !present.has(id));
    for (const id of queuesGone) told.delete(id);
    const callbacks = callbackViews(state());
    const text = JSON.stringify(callbacks);
    const callbacksNow = text === toldCallbacks ? null : callbacks;
    toldCallbacks = text;
    if (queuesNow.length + queuesGone.length > 0 || callbacksNow) {
      cluster.broadcast(VIEW, message({ queues: queuesNow, queuesGone, callbacks: callbacksNow }));
    }
    const took = clock.now() - began;
    if (took * SHARE > QUEUES_MS) arm(took * SHARE);
  }

  function agents(): void {
    if (changed.size === 0 || alone()) {
      changed.clear();
      return;
    }
    const now = [...changed].map((id) => [id, agentSnapshot(state(), id)] as const);
    changed.clear();
    cluster.broadcast(
      VIEW,
      message({
        agents: now.flatMap(([, snapshot]) => (snapshot ? [snapshot] : [])),
        agentsGone: now.flatMap(([id, snapshot]) => (snapshot ? [] : [id])),
      }),
    );
  }

  return {
    note({ effects }) {
      if (alone()) return;
      for (const effect of effects) {
        if (effect.type === 'save') for (const { table, key } of effect.changes) if (table === 'agents') changed.add(key);
        if ('offer' in effect && effect.offer) changed.add(effect.offer.agentId);
      }
      arm(QUEUES_MS);
    },
    agents,
    all() {
      if (alone()) return;
      for (const id of state().tables.agents.keys()) changed.add(id);
      agents();
      arm(QUEUES_MS);
    },
    everything(node) {
      if (alone()) return;
      const now = whole(pictures());
      if (node === undefined) cluster.broadcast(VIEW, now);
      else cluster.post(node, VIEW, now);
    },
    queues,
    picture: () => whole(pictures(estimateOf)),
  };
}

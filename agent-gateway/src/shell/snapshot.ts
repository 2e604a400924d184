import {
  type Acd,
  type AgentView,
  agentView,
  type CallRegistry,
  type CallView,
  type Clock,
  callView,
  isoTime,
  maySeeAgent,
  maySeeCall,
  maySeeQueue,
  type QueueView,
  queueView,
  type Viewer,
} from '@yixian/contracts';

/** The picture at one moment; `event`s after `seq` go on from it. */
export interface Snapshot {
  seq: number;
  at: string;
  /** True when events before this were not told: what was shown until now is to be thrown away. */
  gap: boolean;
  agents: AgentView[];
  queues: QueueView[];
  calls: CallView[];
}

/** What this user may see, as it stands. Synchronous, so that it belongs to exactly one `seq`. */
export function snapshotFor(deps: { acd: Acd; calls: CallRegistry; clock: Clock }, viewer: Viewer, seq: number, gap: boolean): Snapshot {
  return {
    seq,
    at: isoTime(deps.clock.now()),
    gap,
    agents: deps.acd
      .agents()
      .filter((agent) => maySeeAgent(viewer, agent.agentId))
      .map((agent) => agentView(agent)),
    queues: deps.acd
      .queues()
      .filter((queue) => maySeeQueue(viewer, queue.queueId))
      .map((queue) => queueView(queue)),
    calls: deps.calls
      .records()
      .filter((record) => maySeeCall(viewer, record))
      .map(callView),
  };
}

import {
  type Acd,
  type AgentView,
  agentView,
  type CallRegistry,
  type CallView,
  type Clock,
  callView,
  type Directory,
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
  /** Supervisors on those calls now, as far as this user is shown them. */
  watched: WatchView[];
}

/** A supervisor who listens, whispers or speaks in. */
export interface WatchView {
  callId: string;
  /** Extension of the supervisor. */
  by: string;
  mode: 'listen' | 'whisper' | 'barge';
  /** Extension of the agent; null: whoever is on the call. */
  agent: string | null;
  since: string;
}

interface SnapshotDeps {
  acd: Acd;
  calls: CallRegistry;
  clock: Clock;
  directory: Pick<Directory, 'settings'>;
}

/** What this user may see, as it stands. Synchronous, so that it belongs to exactly one `seq`. */
export function snapshotFor(deps: SnapshotDeps, viewer: Viewer, seq: number, gap: boolean): Snapshot {
  const records = deps.calls.records().filter((record) => maySeeCall(viewer, record));
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
    calls: records.map(callView),
    watched: records.flatMap(({ id }) => watchersOf(deps, viewer, id)),
  };
}

/** Whom an agent is not shown is in no event for him either. */
function watchersOf({ calls, directory }: SnapshotDeps, viewer: Viewer, callId: string): WatchView[] {
  const shown = viewer.role !== 'agent' || directory.settings().showSupervision;
  return (calls.controlOf(callId)?.parties() ?? []).flatMap(({ party, supervises, since }) =>
    supervises && (shown || party === viewer.agentId)
      ? [{ callId, by: party, mode: supervises.mode, agent: supervises.party, since: isoTime(since) }]
      : [],
  );
}

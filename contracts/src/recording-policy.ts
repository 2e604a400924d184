import type { AgentConfig, HotlineSettings, QueueConfig, RecordingPolicy, Trunk } from './directory.js';
import type { CallDirection } from './events.js';

/** What there is to know of a call when it is decided whether it is recorded. */
export interface RecordingFacts {
  agent?: Pick<AgentConfig, 'recording'> | undefined;
  queue?: Pick<QueueConfig, 'recording' | 'record'> | undefined;
  trunk?: Pick<Trunk, 'recording'> | undefined;
  direction: CallDirection;
  settings: Pick<HotlineSettings, 'recording'>;
}

/** The first that says something: agent, queue, trunk, direction. A queue's plain `record: false` says none. */
export function recordingPolicyFor(facts: RecordingFacts): RecordingPolicy {
  const { agent, queue, trunk, direction, settings } = facts;
  const plainQueue: RecordingPolicy | undefined = queue && { mode: queue.record ? 'all' : 'none', sharePercent: 100, announcement: null };
  return agent?.recording ?? queue?.recording ?? plainQueue ?? trunk?.recording ?? settings.recording[direction];
}

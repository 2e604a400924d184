import type { CallDirection, CallOutcome, CallRecord, CallSegment, Termination } from '@yixian/contracts';
import type { TrackedCall } from '../core/projection.js';

/** A row of `calls` as this package's connections return it: times in epoch milliseconds. */
export interface CallRow {
  id: string;
  direction: CallDirection;
  caller: string;
  called: string;
  trunk_id: string | null;
  started_at: number;
  answered_at: number | null;
  ended_at: number | null;
  queue_id: string | null;
  wait_ms: number;
  agent_id: string | null;
  connected_at: number | null;
  talk_ms: number;
  hold_ms: number;
  outcome: CallOutcome | null;
  termination: Termination | null;
  survey: number | null;
  recording_id: string | null;
  voicemail_id: string | null;
  overflowed: boolean;
  path: string[];
  segments: CallSegment[];
  arrived_seq: number;
  last_seq: number;
  last_event_at: number;
  instance_id: string;
}

export function recordOf(row: CallRow): CallRecord {
  return {
    id: row.id,
    direction: row.direction,
    caller: row.caller,
    called: row.called,
    trunkId: row.trunk_id,
    startedAt: row.started_at,
    answeredAt: row.answered_at,
    endedAt: row.ended_at,
    queueId: row.queue_id,
    waitMs: row.wait_ms,
    agentId: row.agent_id,
    connectedAt: row.connected_at,
    talkMs: row.talk_ms,
    holdMs: row.hold_ms,
    outcome: row.outcome,
    termination: row.termination,
    survey: row.survey,
    recordingId: row.recording_id,
    voicemailId: row.voicemail_id,
    overflowed: row.overflowed,
    path: row.path,
    segments: row.segments,
  };
}

export function trackedOf(row: CallRow): TrackedCall {
  return { record: recordOf(row), arrivedSeq: row.arrived_seq, lastSeq: row.last_seq, lastEventAt: row.last_event_at };
}

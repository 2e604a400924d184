import type { CallOutcome, CallRecord } from './call-record.js';
import type { CallDirection, DomainEvent } from './events.js';
import type { AgentId, CallId, QueueId, RecordingId } from './ids.js';
import type { FoundRecording, RecordingQuery, VoicemailQuery, VoicemailRow } from './recordings.js';

export interface TodayAgentFigures {
  callsHandled: number;
  talkSeconds: number;
  holdSeconds: number;
  missed: number;
}

export interface TodayQueueFigures {
  offered: number;
  answered: number;
  abandoned: number;
  /** 0–1, answered within the threshold / answered; null without calls. */
  serviceLevel: number | null;
  averageWaitSeconds: number | null;
}

export interface CallQuery {
  from?: number;
  to?: number;
  caller?: string;
  called?: string;
  agent?: string;
  queue?: string;
  outcome?: CallOutcome;
  direction?: CallDirection;
  limit: number;
  cursor?: string;
}

/** db ▸ admin, agent-gateway: what happened, as read from the projections. Lists are newest first with a keyset cursor. */
export interface RecordQueries {
  calls(query: CallQuery): Promise<{ items: CallRecord[]; next: string | null }>;
  call(id: CallId): Promise<{ record: CallRecord; timeline: DomainEvent[] } | undefined>;
  /** Deleted ones are left out. */
  recordings(query: RecordingQuery): Promise<{ items: FoundRecording[]; next: string | null }>;
  recording(id: RecordingId): Promise<FoundRecording | undefined>;
  /** Deleted ones are left out. */
  voicemails(query: VoicemailQuery): Promise<{ items: VoicemailRow[]; next: string | null }>;
  voicemail(id: string): Promise<VoicemailRow | undefined>;
  todayByAgent(): Promise<Map<AgentId, TodayAgentFigures>>;
  todayByQueue(): Promise<Map<QueueId, TodayQueueFigures>>;
  /** Events after `seq`, oldest first, at most `limit`. */
  eventsSince(seq: number, limit: number): Promise<DomainEvent[]>;
}

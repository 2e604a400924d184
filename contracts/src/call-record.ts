import type { CallDirection, DomainEvent } from './events.js';
import type { AgentId, CallId, QueueId, RecordingId } from './ids.js';
import type { Termination } from './termination.js';

export type CallOutcome =
  | 'answered'
  | 'abandoned-in-flow'
  | 'abandoned-in-queue'
  | 'abandoned-ringing'
  | 'voicemail'
  | 'overflowed'
  | 'rejected'
  | 'failed'
  | 'outbound-answered'
  | 'outbound-unanswered';

/** One stretch of a call: in a flow, in a queue, at a ringing seat, talking, on hold, leaving a message. */
export interface CallSegment {
  kind: 'flow' | 'queue' | 'ringing' | 'talk' | 'hold' | 'voicemail';
  startedAt: number;
  endedAt: number | null;
  agentId?: AgentId;
  queueId?: QueueId;
  /** How a `ringing` segment ended, or where a `flow` segment led. */
  result?: string;
}

/** The record of one call, folded from its events. Times are epoch milliseconds. */
export interface CallRecord {
  id: CallId;
  direction: CallDirection;
  caller: string;
  called: string;
  trunkId: string | null;
  startedAt: number;
  /** When the caller was first answered, by a flow or a person. */
  answeredAt: number | null;
  endedAt: number | null;
  queueId: QueueId | null;
  /** Time in queues until answered or gone, milliseconds. */
  waitMs: number;
  /** The agent who last talked. */
  agentId: AgentId | null;
  /** Whether any person (agent, extension, called number) talked with the caller. */
  connectedAt: number | null;
  talkMs: number;
  holdMs: number;
  outcome: CallOutcome | null;
  termination: Termination | null;
  /** Satisfaction key pressed, 1–5; of several questions the first that was answered, the others are in `path`. */
  survey: number | null;
  recordingId: RecordingId | null;
  voicemailId: string | null;
  overflowed: boolean;
  /** Flow nodes, queues and seats in the order they were reached, e.g. `flow:main`, `node:menu`, `key:1`, `queue:consult`, `agent:1001`, `survey:attitude=5`. */
  path: string[];
  segments: CallSegment[];
}

/**
 * Folds one event into a call record. Pure: the given record is left as it was.
 * @param record the record so far; undefined before `call.arrived`
 * @returns the new record, or the old one when the event says nothing of this call
 */
export function applyCallEvent(record: CallRecord | undefined, event: DomainEvent): CallRecord | undefined {
  if (event.type === 'call.arrived') {
    const d = event.data;
    return {
      id: event.callId ?? '',
      direction: d.direction,
      caller: d.caller,
      called: d.called,
      trunkId: d.trunkId ?? null,
      startedAt: event.at,
      answeredAt: null,
      endedAt: null,
      queueId: null,
      waitMs: 0,
      agentId: null,
      connectedAt: null,
      talkMs: 0,
      holdMs: 0,
      outcome: null,
      termination: null,
      survey: null,
      recordingId: null,
      voicemailId: null,
      overflowed: false,
      path: [],
      segments: [],
    };
  }
  if (!record || event.callId !== record.id || record.endedAt !== null) return record;
  return fold(record, event);
}

function fold(r: CallRecord, event: DomainEvent): CallRecord {
  const at = event.at;
  switch (event.type) {
    case 'call.answered':
      return { ...r, answeredAt: r.answeredAt ?? at };
    case 'call.entered-flow':
      return open({ ...r, path: [...r.path, `flow:${event.data.flowId}`] }, { kind: 'flow', startedAt: at, endedAt: null });
    case 'call.reached-node':
      return { ...r, path: [...r.path, `node:${event.data.nodeId}`] };
    case 'call.pressed-keys':
      return { ...r, path: [...r.path, `key:${event.data.keys}`] };
    case 'call.left-flow':
      return close(r, 'flow', at, event.data.result);
    case 'call.queued':
      return open(
        {
          ...r,
          queueId: event.queueId ?? null,
          overflowed: r.overflowed || r.queueId !== null,
          path: [...r.path, `queue:${event.queueId}`],
        },
        { kind: 'queue', startedAt: at, endedAt: null, queueId: event.queueId },
      );
    case 'call.left-queue': {
      const segment = current(r, 'queue');
      return close({ ...r, waitMs: r.waitMs + (segment ? at - segment.startedAt : 0) }, 'queue', at, event.data.result);
    }
    case 'offer.made':
      return open(
        { ...r, path: [...r.path, `agent:${event.agentId}`] },
        { kind: 'ringing', startedAt: at, endedAt: null, agentId: event.agentId, queueId: event.queueId },
      );
    case 'offer.accepted':
      return close(r, 'ringing', at, 'accepted');
    case 'offer.rejected':
      return close(r, 'ringing', at, 'rejected');
    case 'offer.timed-out':
      return close(r, 'ringing', at, 'timed-out');
    case 'offer.withdrawn':
      return close(r, 'ringing', at, 'withdrawn');
    case 'call.ringing':
      return open(
        { ...r, path: [...r.path, `to:${event.data.to}`] },
        { kind: 'ringing', startedAt: at, endedAt: null, agentId: event.agentId },
      );
    case 'call.connected': {
      const ringing = current(r, 'ringing') ? close(r, 'ringing', at, 'accepted') : r;
      return open(
        {
          ...ringing,
          answeredAt: ringing.answeredAt ?? at,
          connectedAt: ringing.connectedAt ?? at,
          agentId: event.agentId ?? ringing.agentId,
        },
        { kind: 'talk', startedAt: at, endedAt: null, agentId: event.agentId, queueId: event.queueId },
      );
    }
    case 'call.held':
      return open(endTalk(r, at), { kind: 'hold', startedAt: at, endedAt: null, agentId: r.agentId ?? undefined });
    case 'call.resumed':
      return open(endHold(r, at), {
        kind: 'talk',
        startedAt: at,
        endedAt: null,
        agentId: r.agentId ?? undefined,
        queueId: r.queueId ?? undefined,
      });
    case 'call.disconnected':
      return endHold(endTalk(r, at), at);
    case 'voicemail.started':
      return open(r, { kind: 'voicemail', startedAt: at, endedAt: null });
    case 'voicemail.left':
      return close({ ...r, voicemailId: event.data.voicemailId }, 'voicemail', at, 'left');
    case 'recording.started':
      return event.data.note && r.recordingId !== null ? r : { ...r, recordingId: event.data.recordingId };
    case 'survey.answered': {
      const { score, surveyId } = event.data;
      if (surveyId === undefined) return { ...r, survey: score };
      return { ...r, survey: r.survey ?? score, path: [...r.path, `survey:${surveyId}=${score}`] };
    }
    case 'call.ended':
      return finish(r, at, event.data.termination);
    default:
      return r;
  }
}

function current(r: CallRecord, kind: CallSegment['kind']): CallSegment | undefined {
  return r.segments.findLast((s) => s.kind === kind && s.endedAt === null);
}

function open(r: CallRecord, segment: CallSegment): CallRecord {
  return { ...r, segments: [...r.segments, segment] };
}

function close(r: CallRecord, kind: CallSegment['kind'], at: number, result?: string): CallRecord {
  const target = current(r, kind);
  if (!target) return r;
  const done = { ...target, endedAt: at, ...(result === undefined ? {} : { result }) };
  return { ...r, segments: r.segments.map((s) => (s === target ? done : s)) };
}

function endTalk(r: CallRecord, at: number): CallRecord {
  const s = current(r, 'talk');
  return s ? close({ ...r, talkMs: r.talkMs + at - s.startedAt }, 'talk', at) : r;
}

function endHold(r: CallRecord, at: number): CallRecord {
  const s = current(r, 'hold');
  return s ? close({ ...r, holdMs: r.holdMs + at - s.startedAt }, 'hold', at) : r;
}

function finish(record: CallRecord, at: number, termination: Termination): CallRecord {
  const waiting = current(record, 'queue');
  const outcome = outcomeOf(record, termination);
  let r = endHold(endTalk(record, at), at);
  if (waiting) r = { ...r, waitMs: r.waitMs + at - waiting.startedAt };
  r = { ...r, segments: r.segments.map((s) => (s.endedAt === null ? { ...s, endedAt: at } : s)) };
  return { ...r, endedAt: at, termination, outcome };
}

const FAILURES = new Set([
  'media-failure',
  'switch-failure',
  'storage-failure',
  'flow-failure',
  'process-died',
  'transport-failure',
  'no-ack',
]);
const REFUSALS = new Set([
  'unknown-number',
  'forbidden',
  'unauthorized',
  'trunk-full',
  'rate-limited',
  'no-common-codec',
  'invalid-request',
  'draining',
]);

/** The outcome of a call that ends now with this termination. */
export function outcomeOf(r: CallRecord, termination: Termination): CallOutcome {
  if (r.direction === 'outbound') return r.connectedAt === null ? 'outbound-unanswered' : 'outbound-answered';
  if (r.connectedAt !== null) return 'answered';
  if (r.voicemailId !== null) return 'voicemail';
  if (FAILURES.has(termination.reason)) return 'failed';
  if (r.answeredAt === null && REFUSALS.has(termination.reason)) return 'rejected';
  if (current(r, 'ringing')) return 'abandoned-ringing';
  if (current(r, 'queue') || r.segments.some((s) => s.kind === 'queue' && s.result === 'abandoned')) {
    const lastRinging = r.segments.findLast((s) => s.kind === 'ringing');
    const whileRinging = lastRinging?.result === 'withdrawn' && r.segments.at(-1) === lastRinging;
    return whileRinging ? 'abandoned-ringing' : 'abandoned-in-queue';
  }
  if (r.overflowed) return 'overflowed';
  if (r.segments.some((s) => s.kind === 'flow')) return 'abandoned-in-flow';
  // straight to a person: the caller gave up or nobody took it, or the called side would not or could not
  return termination.by === 'caller' || termination.reason === 'no-answer' ? 'abandoned-ringing' : 'rejected';
}

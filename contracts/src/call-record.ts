import { type CallSegment, closeAll, nameIn, type Owner, openOne, PARTS, timeIn } from './call-segments.js';
import type { CallDirection, DomainEvent } from './events.js';
import type { AgentId, CallId, QueueId, RecordingId } from './ids.js';
import type { Termination } from './termination.js';

export type { CallSegment } from './call-segments.js';

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
  /** The one it waits in; else the queue whose agent last talked with the caller; when none did, the last it waited in. */
  queueId: QueueId | null;
  /** Time in queues until answered or gone, milliseconds. */
  waitMs: number;
  /** The agent who last talked. */
  agentId: AgentId | null;
  /** Whether any person (agent, extension, called number) talked with the caller. */
  connectedAt: number | null;
  /** Time in which the caller talked with anybody, milliseconds. */
  talkMs: number;
  /** Time in which somebody held the caller or asked aside, and nobody talked with the caller. */
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
      const left = close({ ...r, waitMs: r.waitMs + (segment ? at - segment.startedAt : 0) }, 'queue', at, event.data.result);
      return { ...left, queueId: servedBy(left) ?? r.queueId };
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
        {
          kind: 'ringing',
          startedAt: at,
          endedAt: null,
          agentId: event.agentId,
          ...(event.agentId === undefined ? { party: event.data.to } : {}),
        },
      );
    case 'call.connected':
      return talks(answeredBy(r, at, { agentId: event.agentId, party: event.data.to }), at, event);
    case 'call.held':
      return held(r, at, event.agentId ?? r.agentId ?? undefined);
    case 'call.resumed':
      return resumed(r, at, event.agentId ?? r.agentId ?? undefined);
    case 'call.party-lost':
      return openOne(r.segments, ['talk', 'conference'], { agentId: event.agentId }) ? held(r, at, event.agentId) : r;
    case 'call.party-returned':
      return !event.data.held && openOne(r.segments, ['hold'], { agentId: event.agentId }) ? resumed(r, at, event.agentId) : r;
    case 'call.disconnected':
      return part(r, closeAll(r.segments, [...PARTS, 'parked'], at));
    case 'call.transferred':
    case 'call.transfer-failed':
    case 'call.consulted':
    case 'call.consultation-ended':
    case 'call.party-joined':
    case 'call.party-left':
    case 'call.parked':
    case 'call.retrieved':
    case 'call.supervised':
      return moved(r, event);
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

/** The queue whose agent last talked with the caller. */
function servedBy(r: CallRecord): QueueId | undefined {
  return r.segments.findLast((s) => s.kind === 'queue' && s.result === 'served')?.queueId;
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

/** The record with other segments: its times are worked out of them, and its agent is one who still talks, where anybody does. */
function part(r: CallRecord, segments: CallSegment[]): CallRecord {
  const talking = segments.filter((s) => s.endedAt === null && s.agentId !== undefined && (s.kind === 'talk' || s.kind === 'conference'));
  const stays = talking.length === 0 || talking.some((s) => s.agentId === r.agentId);
  return {
    ...r,
    segments,
    talkMs: timeIn(segments, ['talk', 'conference']),
    holdMs: timeIn(segments, ['hold', 'consult'], ['talk', 'conference']),
    agentId: stays ? r.agentId : (talking.at(-1)?.agentId ?? r.agentId),
  };
}

/** The ring that somebody took. */
function answeredBy(r: CallRecord, at: number, owner: Owner): CallRecord {
  const ring = openOne(r.segments, ['ringing'], owner) ?? openOne(r.segments, ['ringing']);
  if (!ring) return r;
  return part(
    r,
    r.segments.map((s) => (s === ring ? { ...s, endedAt: at, result: 'accepted' } : s)),
  );
}

function talks(r: CallRecord, at: number, who: { agentId?: AgentId | undefined; queueId?: QueueId | undefined }): CallRecord {
  const { agentId, queueId } = who;
  const talking = open(r, { kind: 'talk', startedAt: at, endedAt: null, agentId, queueId });
  return {
    ...talking,
    answeredAt: r.answeredAt ?? at,
    connectedAt: r.connectedAt ?? at,
    agentId: agentId ?? r.agentId,
    queueId: queueId ?? r.queueId,
  };
}

/** Of this agent, or of whoever talks when nobody is named. */
function held(r: CallRecord, at: number, agentId: AgentId | undefined): CallRecord {
  const own = openOne(r.segments, ['talk', 'conference'], { agentId });
  const segments = closeAll(r.segments, ['talk', 'conference'], at, own ? { agentId } : undefined);
  return open(part(r, segments), { kind: 'hold', startedAt: at, endedAt: null, agentId, queueId: own?.queueId });
}

function resumed(r: CallRecord, at: number, agentId: AgentId | undefined): CallRecord {
  const own = openOne(r.segments, ['hold', 'consult'], { agentId });
  const segments = closeAll(r.segments, own ? ['hold', 'consult'] : ['hold'], at, own ? { agentId } : undefined);
  const queueId = own?.queueId ?? r.queueId ?? undefined;
  return open(part(r, segments), { kind: 'talk', startedAt: at, endedAt: null, agentId, queueId });
}

type Move = Extract<
  DomainEvent,
  {
    type:
      | 'call.transferred'
      | 'call.transfer-failed'
      | 'call.consulted'
      | 'call.consultation-ended'
      | 'call.party-joined'
      | 'call.party-left'
      | 'call.parked'
      | 'call.retrieved'
      | 'call.supervised';
  }
>;

/** Who comes, goes and asks whom. */
function moved(r: CallRecord, event: Move): CallRecord {
  const { at } = event;
  switch (event.type) {
    case 'call.transferred': {
      const left = leaves({ ...r, path: [...r.path, `transfer:${event.data.to}`] }, at, { agentId: event.agentId, party: event.data.by });
      // Two calls of a phone were joined: what is said from here on is in the other call's record, once.
      return event.data.to.startsWith('call:') ? part(left, closeAll(left.segments, PARTS, at)) : left;
    }
    case 'call.transfer-failed':
      return part(r, closeAll(r.segments, ['ringing'], at, { party: nameIn(event.data.to) }, event.data.termination.reason));
    case 'call.consulted': {
      const owner = { agentId: event.agentId, party: event.data.by };
      const queueId = openOne(r.segments, PARTS, owner)?.queueId;
      const asking = leaves({ ...r, path: [...r.path, `consult:${event.data.to}`] }, at, owner);
      return open(asking, { kind: 'consult', startedAt: at, endedAt: null, ...ownerOf(event.agentId, event.data.by), queueId });
    }
    case 'call.consultation-ended':
      return consultationEnded(r, event);
    case 'call.party-joined': {
      const { party, role } = event.data;
      const there = answeredBy(r, at, { agentId: event.agentId, party });
      const kind = role === 'consulted' ? 'consult' : 'conference';
      return part(there, [...there.segments, { kind, startedAt: at, endedAt: null, ...ownerOf(event.agentId, party) }]);
    }
    case 'call.party-left': {
      const { party, termination } = event.data;
      const owner = { agentId: event.agentId, party };
      return part(r, closeAll(closeAll(r.segments, ['ringing'], at, owner, termination.reason), PARTS, at, owner));
    }
    case 'call.parked': {
      const parking = leaves({ ...r, path: [...r.path, `park:${event.data.slot}`] }, at, { agentId: event.agentId, party: event.data.by });
      return open(parking, { kind: 'parked', startedAt: at, endedAt: null });
    }
    case 'call.retrieved':
      return retrieved({ ...r, path: [...r.path, `retrieve:${event.data.slot}`] }, event);
    case 'call.supervised': {
      if (event.data.mode !== 'takeover') return r;
      const taken = leaves({ ...r, path: [...r.path, `agent:${event.data.by}`] }, at, { agentId: event.agentId });
      return talks(taken, at, { agentId: event.data.by, queueId: r.queueId ?? undefined });
    }
  }
}

function ownerOf(agentId: AgentId | undefined, party: string): Pick<CallSegment, 'agentId' | 'party'> {
  return agentId === undefined ? { party } : { agentId };
}

/** Somebody's part is over. */
function leaves(r: CallRecord, at: number, owner: Owner): CallRecord {
  return part(r, closeAll(r.segments, PARTS, at, owner));
}

function consultationEnded(r: CallRecord, event: Extract<DomainEvent, { type: 'call.consultation-ended' }>): CallRecord {
  const { at, agentId } = event;
  const { by, to, result } = event.data;
  const asked = { party: nameIn(to) };
  const rang = result === 'completed' || result === 'conference' ? r.segments : closeAll(r.segments, ['ringing'], at, asked, result);
  const over = closeAll(closeAll(rang, ['consult'], at, asked), ['consult', 'hold'], at, { agentId, party: by });
  const ended = part(r, over);
  const goesOn = result === 'cancelled' || result === 'failed' || result === 'conference';
  if (!goesOn || openOne(over, ['talk'], { agentId, party: by })) return ended;
  const talk: CallSegment = { kind: 'talk', startedAt: at, endedAt: null, ...ownerOf(agentId, by) };
  return part(ended, [...over, r.queueId === null ? talk : { ...talk, queueId: r.queueId }]);
}

/** The parked call goes on; the call by which somebody came for it had somebody to talk with. */
function retrieved(r: CallRecord, event: Extract<DomainEvent, { type: 'call.retrieved' }>): CallRecord {
  const { at } = event;
  if (!openOne(r.segments, ['parked'])) return { ...r, answeredAt: r.answeredAt ?? at, connectedAt: r.connectedAt ?? at };
  const taken = part(r, closeAll(closeAll(r.segments, ['ringing'], at, undefined, 'answered-elsewhere'), ['parked'], at));
  return talks(taken, at, { agentId: event.agentId, queueId: r.queueId ?? undefined });
}

function finish(record: CallRecord, at: number, termination: Termination): CallRecord {
  const waiting = current(record, 'queue');
  const outcome = outcomeOf(record, termination);
  let r = part(record, closeAll(record.segments, PARTS, at));
  if (waiting) r = { ...r, waitMs: r.waitMs + at - waiting.startedAt };
  r = { ...r, segments: r.segments.map((s) => (s.endedAt === null ? { ...s, endedAt: at } : s)) };
  return { ...r, endedAt: at, termination, outcome, queueId: servedBy(r) ?? r.queueId };
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

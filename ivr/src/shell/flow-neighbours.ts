import {
  type Call,
  type Callbacks,
  type CallerNotes,
  type CallLeg,
  type Clock,
  type Conversations,
  type Directory,
  DomainError,
  type Logger,
  type MediaItem,
  type Playback,
  type QueuePort,
  type QueueRequest,
  type Recorder,
  scheduleState,
} from '@yixian/contracts';
import type { FlowInput, TicketedEffect } from '../core/machine.js';
import type { FlowHttp } from './flow-http.js';
import type { FlowLookup } from './flow-loader.js';
import { mediaAtOnce, type SpeechDeps } from './speech.js';
import type { Transferrer } from './transferrer.js';

// What a flow asks of other stages and systems, as one table: effect → question asked → the input that answers it.

/** What a neighbour says; the ticket is put on by who asked. */
export type Answer = FlowInput extends infer I ? (I extends { ticket: number } ? Omit<I, 'ticket'> : never) : never;

export type NeighbourEffect = Exclude<TicketedEffect, { type: 'play' | 'collect' }>;
type EffectOf<T extends NeighbourEffect['type']> = Extract<NeighbourEffect, { type: T }>;

export interface NeighbourDeps extends SpeechDeps {
  load(flowId: string): FlowLookup;
  directory: Pick<Directory, 'schedule' | 'calendarDay' | 'callerList' | 'callerListEntry'>;
  queues: QueuePort;
  /** Absent: callbacks are refused as `unavailable`. */
  callbacks?: Pick<Callbacks, 'request'>;
  /** Absent: nobody can be parked. */
  conversations?: Pick<Conversations, 'park'>;
  /** Absent: what the caller says is not kept. */
  notes?: CallerNotes;
  /** Without `announcement` nobody is told that the call will be recorded. */
  recorder: Pick<Recorder, 'voicemail'> & Partial<Pick<Recorder, 'announcement'>>;
  transferrer: Transferrer;
  /** Absent: every request is `not-allowed`. */
  http?: FlowHttp;
  clock: Clock;
  logger: Logger;
  /** IANA name of the hotline's time zone. */
  timeZone: string;
}

/** A question under way. */
export interface Asked {
  answer: Answer | Promise<Answer>;
  /** Takes the caller back; the answer still comes. */
  leave?(): void;
  /** When no answer has come by then, this one counts. A neighbour without it has a deadline of its own. */
  deadline?: { ms: number; what: string; otherwise: Answer };
}

type Ask<T extends NeighbourEffect['type']> = (effect: EffectOf<T>, call: Call, deps: NeighbourDeps, warn: Warn) => Asked;
export type Warn = (facts: object, message: string) => void;

/** Added to a recording's or a request's own deadline before it is given up. */
const SLACK_MS = 15_000;
/** How long the place of a callback may take to be written down. */
const CALLBACK_MS = 10_000;

/** Callers who have been told once that they will be recorded. */
const told = new WeakSet<CallLeg>();

/** Says that the call will be recorded, before it can be: before it waits. Undefined when there is nothing to say. */
function announceRecording(queueId: string, language: string | undefined, call: Call, deps: NeighbourDeps): Playback | undefined {
  const { direction, trunkId, leg } = call;
  const prompt = deps.recorder.announcement?.({ direction, queueId, ...(trunkId === undefined ? {} : { trunkId }) });
  const item = prompt === undefined || told.has(leg) ? undefined : deps.prompts.item(prompt, language);
  if (!item) return undefined;
  told.add(leg);
  return leg.play([item]);
}

const enqueue: Ask<'enqueue'> = ({ queueId, priority, language, agentId, group, minLevels }, call, deps, warn) => {
  const request: QueueRequest = {
    call: { ...call, language },
    queueId,
    priority,
    ...(agentId === undefined ? {} : { agentId }),
    ...(group === undefined ? {} : { group }),
    ...(minLevels === undefined ? {} : { minLevels: { ...minLevels } }),
  };
  const failed = (error: unknown): Answer => {
    warn({ err: error, queueId }, 'the queue failed; the flow goes on');
    return { type: 'queue-result', result: { outcome: 'failed', message: messageOf(error) } };
  };
  const waiting = (place: ReturnType<QueuePort['enqueue']>): Promise<Answer> =>
    place.result.then((result): Answer => ({ type: 'queue-result', result }), failed);
  const announcement = announceRecording(queueId, language, call, deps);
  if (announcement) {
    let place: ReturnType<QueuePort['enqueue']> | undefined;
    let left = false;
    const answer = announcement.finished.then((): Answer | Promise<Answer> => {
      if (left || call.leg.state === 'ended') return { type: 'queue-result', result: { outcome: 'abandoned' } };
      place = deps.queues.enqueue(request);
      return waiting(place);
    });
    const leave = (): void => {
      left = true;
      announcement.stop();
      place?.leave();
    };
    return { answer: answer.catch(failed), leave };
  }
  const place = deps.queues.enqueue(request);
  return { answer: waiting(place), leave: () => place.leave() };
};

const transfer: Ask<'transfer'> = ({ target }, call, { transferrer }, warn) => ({
  answer: transferrer.connect(call, target).then(
    (result): Answer => ({ type: 'transfer-result', ...result }),
    (error: unknown): Answer => {
      warn({ err: error, target }, 'the transfer failed; the flow goes on');
      return { type: 'transfer-result', outcome: 'failed', callerStillUp: call.leg.state !== 'ended' };
    },
  ),
});

const voicemail: Ask<'voicemail'> = ({ box, maxDurationMs, finishOn }, call, { recorder }, warn) => {
  const { id: callId, caller, leg } = call;
  const message = recorder.voicemail({ callId, box, caller, leg, maxDurationMs, ...(finishOn === '' ? {} : { finishOn }) });
  return {
    answer: message.then(
      (left): Answer => ({ type: 'voicemail-result', durationMs: left?.durationMs }),
      (error: unknown): Answer => {
        warn({ err: error, box }, 'the message could not be recorded; the flow goes on');
        return { type: 'voicemail-result', durationMs: undefined };
      },
    ),
    deadline: {
      ms: maxDurationMs + SLACK_MS,
      what: 'a message to end',
      otherwise: { type: 'voicemail-result', durationMs: undefined },
    },
  };
};

const record: Ask<'record'> = ({ maxDurationMs, endAfterSilenceMs, finishOn }, call, { notes }, warn) => {
  const nothing: Answer = { type: 'record-result', recordingId: undefined };
  if (!notes) {
    warn({}, 'what the caller says cannot be kept: there is no recorder for it; the flow goes on');
    return { answer: nothing };
  }
  const { id: callId, caller, leg } = call;
  const said = notes.record({ callId, caller, leg, maxDurationMs, endAfterSilenceMs, ...(finishOn === '' ? {} : { finishOn }) });
  return {
    answer: said.then(
      (kept): Answer => ({ type: 'record-result', recordingId: kept?.recordingId }),
      (error: unknown): Answer => {
        warn({ err: error }, 'what the caller said could not be kept; the flow goes on');
        return nothing;
      },
    ),
    deadline: { ms: maxDurationMs + SLACK_MS, what: 'the caller to end', otherwise: nothing },
  };
};

const loadFlow: Ask<'loadFlow'> = ({ flowId }, _call, { load }, warn) => {
  const lookup = load(flowId);
  if (lookup.ok) return { answer: { type: 'flow-loaded', ...lookup.published } };
  warn({ flowId }, `${lookup.message}; the flow goes on`);
  return { answer: { type: 'flow-unavailable', flowId } };
};

const http: Ask<'http'> = ({ request }, call, deps) => {
  if (!deps.http) return { answer: { type: 'http-result', result: { outcome: 'not-allowed' } } };
  const tries = request.retries + 1;
  const backoff = request.backoffMs * 2 ** request.retries;
  return {
    answer: deps.http.send(request, { callId: call.id }).then((result): Answer => ({ type: 'http-result', result })),
    deadline: {
      ms: tries * request.timeoutMs + backoff + SLACK_MS,
      what: 'a request',
      otherwise: { type: 'http-result', result: { outcome: 'timeout' } },
    },
  };
};

const lookUpSchedule: Ask<'lookUpSchedule'> = ({ scheduleId }, _call, { directory, clock, timeZone }) => {
  const schedule = directory.schedule(scheduleId);
  const state = schedule && scheduleState(schedule, clock.now(), timeZone, (date) => directory.calendarDay(date));
  return { answer: { type: 'schedule-state', state } };
};

const lookUpCaller: Ask<'lookUpCaller'> = ({ listId, number }, _call, { directory, clock }) => {
  const known = directory.callerList(listId) !== undefined;
  const entry = known && number !== '' ? directory.callerListEntry(listId, number, clock.now()) : undefined;
  return { answer: { type: 'caller-entry', known, entry: entry && { note: entry.note } } };
};

const requestCallback: Ask<'requestCallback'> = ({ queueId, number, minLevels }, call, { callbacks }, warn) => {
  const refused = (code: string): Answer => ({ type: 'callback-result', result: { ok: false, code } });
  if (!callbacks) return { answer: refused('unavailable') };
  // The call waits in no queue now; its place is that of its arrival.
  const place = callbacks.request({
    queueId,
    number,
    since: call.startedAt,
    by: 'caller',
    ...(minLevels === undefined ? {} : { minLevels: { ...minLevels } }),
  });
  return {
    answer: place.then(
      ({ id }): Answer => ({ type: 'callback-result', result: { ok: true, callbackId: id } }),
      (error: unknown): Answer => {
        warn({ err: error, queueId }, 'the callback was refused; the flow goes on');
        return refused(error instanceof DomainError ? error.code : 'failed');
      },
    ),
    deadline: { ms: CALLBACK_MS, what: 'the place of a callback', otherwise: refused('failed') },
  };
};

const park: Ask<'park'> = (effect, call, deps, warn) => {
  const unavailable: Answer = { type: 'park-result', result: { outcome: 'unavailable' } };
  if (!deps.conversations) return { answer: unavailable };
  const { slot, timeoutMs, music, announcement, language } = effect;
  const announce = (given: string): MediaItem[] => [
    ...mediaAtOnce(announcement, language, deps),
    ...deps.prompts.sayDigits(given, language),
  ];
  try {
    const parked = deps.conversations.park(
      { ...call, language },
      {
        timeoutMs,
        music,
        ...(slot === undefined ? {} : { slot }),
        ...(announcement.length === 0 ? {} : { announcement: announce }),
      },
    );
    const answer = parked.result.then(
      (result): Answer => ({ type: 'park-result', result }),
      (error: unknown): Answer => {
        warn({ err: error }, 'parking failed; the flow goes on');
        return unavailable;
      },
    );
    return { answer };
  } catch (error) {
    // A slot that is taken, or none left.
    warn({ err: error, slot }, 'the caller could not be parked; the flow goes on');
    return { answer: unavailable };
  }
};

const NEIGHBOURS: { readonly [T in NeighbourEffect['type']]: Ask<T> } = {
  enqueue,
  transfer,
  voicemail,
  record,
  loadFlow,
  http,
  lookUpSchedule,
  lookUpCaller,
  requestCallback,
  park,
};

/** Asks whoever the effect is for. */
export function askNeighbour(effect: NeighbourEffect, call: Call, deps: NeighbourDeps, warn: Warn): Asked {
  return (NEIGHBOURS[effect.type] as Ask<NeighbourEffect['type']>)(effect, call, deps, warn);
}

/** What an unknown thing thrown says. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

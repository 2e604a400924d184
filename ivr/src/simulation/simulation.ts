import {
  type CalendarDay,
  type Directory,
  localInstant,
  type QueueResult,
  type SimulationEvent,
  type SimulationInput,
  type SimulationPicture,
  type SimulationWait,
  scheduleState,
} from '@yixian/contracts';
import { type Flow, readFlow } from '../core/flow.js';
import { begin, step } from '../core/interpreter.js';
import type { FlowInput, HttpOutcome, SpeechItem, TicketedEffect, TransferOutcome } from '../core/machine.js';
import type { FlowState, FlowStep } from '../core/state.js';
import { validateFlow } from '../core/validate.js';
import { checkFlow } from '../shell/flow-loader.js';

type Answer = FlowInput extends infer I ? (I extends { ticket: number } ? Omit<I, 'ticket'> : I) : never;

export interface SimulationFacts {
  caller: string;
  called: string;
  /** Epoch milliseconds of the call's arrival. */
  at: number;
  timeZone: string;
  /** Also waits at what is said, for `heard`, keys or a hang-up: else it is said at once. */
  stopAtPrompts: boolean;
}

/** What flows ask of the hotline's configuration; read, never changed. */
export type SimulationBook = Pick<Directory, 'flow' | 'schedule' | 'callerList' | 'callerListEntry'> & {
  calendarDay(date: string): CalendarDay | undefined;
};

const QUIET = { debug() {}, info() {}, warn() {}, error() {} };
/** Steps after which a simulation is over whatever the caller does. */
const MAX_STEPS = 5000;
const HUNG_UP: FlowInput = { type: 'caller-hung-up', termination: { by: 'caller', reason: 'normal' } };

/** An input that answers nothing the flow waits for. */
export class NotAsked extends Error {}

/**
 * A document as it can be simulated: like one that can be published, but nodes nothing leads to yet do not matter, nor whether
 * queues and prompts exist.
 */
export function simulable(document: unknown): { flow: Flow } | { problem: string } {
  const check = validateFlow(document, {});
  if (check.ok) return { flow: check.flow };
  const first = check.problems.find((one) => one.message !== 'no way leads to this node');
  const { flow } = readFlow(document);
  if (!first && flow) return { flow };
  const at = first?.nodeId === null ? 'flow' : `node ${first?.nodeId}`;
  return { problem: `${at}${first?.field ? `, ${first.field}` : ''}: ${first?.message}` };
}

/**
 * One simulated call: the interpreter that runs real calls, with a caller who does what he is told. Nothing rings, nothing is
 * stored, nothing is requested; time passes only where somebody waits in vain.
 */
export class FlowSimulation {
  readonly #book: SimulationBook;
  readonly #facts: SimulationFacts;
  readonly #first: Flow;
  #state: FlowState;
  #asked: TicketedEffect | undefined;
  #now: number;
  #steps = 0;
  /** Pressed and not collected yet. */
  #typed = '';
  #fresh: SimulationEvent[] = [];
  #end: { reason: string; text: string | null } | undefined;

  constructor(first: Flow, facts: SimulationFacts, book: SimulationBook) {
    this.#first = first;
    this.#facts = facts;
    this.#book = book;
    this.#now = facts.at;
    const { caller, called, timeZone } = facts;
    this.#state = this.#take(begin(first, { version: 0, caller, called, timeZone })).state;
    this.#feed({ type: 'answered' });
    this.#goOn();
  }

  /** What happened since it was asked the last time, and how things stand. */
  picture(): SimulationPicture {
    const { frame, variables } = this.#state;
    const { date, clock } = localInstant(this.#now, this.#facts.timeZone);
    const events = this.#fresh;
    this.#fresh = [];
    return {
      over: this.#end !== undefined,
      result: this.#end ?? null,
      node: this.#end ? null : { flow: frame.flow.id, node: frame.nodeId },
      waiting: this.#end ? null : this.#waiting(),
      variables: { ...variables },
      at: `${date}T${clock}`,
      events,
    };
  }

  /** @throws NotAsked when the flow waits for something else */
  input(input: SimulationInput): void {
    if (this.#end) throw new NotAsked('the call is over');
    if ('hangUp' in input) this.#feed(HUNG_UP);
    else this.#answer(input);
    this.#goOn();
  }

  #answer(input: Exclude<SimulationInput, { hangUp: true }>): void {
    const asked = this.#asked;
    if (!asked) throw new NotAsked('the flow waits for nothing');
    const answer = asked.type === 'play' ? this.#played(asked, input) : this.#elsewhere(asked, input);
    if (!answer) throw new NotAsked(`the flow waits for ${asked.type}, not for ${Object.keys(input).join()}`);
    this.#reply(asked, answer);
  }

  #played(asked: Extract<TicketedEffect, { type: 'play' }>, input: SimulationInput): Answer | undefined {
    if ('heard' in input) return { type: 'playback-ended', end: 'finished' };
    if (!('keys' in input)) return undefined;
    this.#typed += input.keys;
    return { type: 'playback-ended', end: asked.interruptOn === 'any' ? 'interrupted' : 'finished' };
  }

  #elsewhere(asked: Exclude<TicketedEffect, { type: 'play' }>, input: SimulationInput): Answer | undefined {
    if (asked.type !== 'collect') return answerOf(asked, input);
    if ('keys' in input) this.#typed += input.keys;
    else if (!('silence' in input)) return undefined;
    return { type: 'digits-collected', result: this.#collect(asked) };
  }

  /** As the media engine collects: to the terminator, to the most digits, or until no more come. */
  #collect({ options }: Extract<TicketedEffect, { type: 'collect' }>) {
    const { maxDigits, terminators = '', firstDigitTimeoutMs } = options;
    const end = [...this.#typed].findIndex((key) => terminators.includes(key));
    if (end >= 0 && end <= maxDigits) {
      const digits = this.#typed.slice(0, end);
      this.#typed = this.#typed.slice(end + 1);
      return { digits, reason: 'terminator' as const };
    }
    const digits = this.#typed.slice(0, maxDigits);
    this.#typed = this.#typed.slice(maxDigits);
    if (digits.length === maxDigits) return { digits, reason: 'max-digits' as const };
    this.#now += firstDigitTimeoutMs;
    return { digits, reason: 'timeout' as const };
  }

  /** Everything that needs nobody: look-ups, keys typed ahead, prompts that are not stopped at. */
  #goOn(): void {
    while (!this.#end && this.#asked) {
      const answer = this.#byItself(this.#asked);
      if (!answer) return;
      if (this.#steps > MAX_STEPS) this.#finish('flow-failure', `stopped after ${MAX_STEPS} steps`);
      else this.#reply(this.#asked, answer);
    }
  }

  #byItself(asked: TicketedEffect): Answer | undefined {
    switch (asked.type) {
      case 'play':
        if (this.#typed !== '' && asked.interruptOn === 'any') return { type: 'playback-ended', end: 'interrupted' };
        return this.#facts.stopAtPrompts ? undefined : { type: 'playback-ended', end: 'finished' };
      case 'collect':
        return this.#typed === '' ? undefined : { type: 'digits-collected', result: this.#collect(asked) };
      case 'loadFlow':
        return this.#flow(asked.flowId);
      case 'lookUpSchedule': {
        const schedule = this.#book.schedule(asked.scheduleId);
        const day = (date: string) => this.#book.calendarDay(date);
        const state = schedule && scheduleState(schedule, this.#now, this.#facts.timeZone, day);
        if (state) this.#fresh.push({ kind: 'schedule', schedule: asked.scheduleId, open: state.open, because: state.because });
        return { type: 'schedule-state', state };
      }
      case 'lookUpCaller': {
        const known = this.#book.callerList(asked.listId) !== undefined;
        const entry = known && asked.number !== '' ? this.#book.callerListEntry(asked.listId, asked.number, this.#now) : undefined;
        this.#fresh.push({ kind: 'list', list: asked.listId, listed: entry !== undefined });
        return { type: 'caller-entry', known, entry: entry && { note: entry.note } };
      }
      default:
        return undefined;
    }
  }

  #flow(flowId: string): Answer {
    if (flowId === this.#first.id) return { type: 'flow-loaded', flow: this.#first, version: 0 };
    const found = this.#book.flow(flowId);
    const lookup = found && checkFlow(flowId, found, QUIET);
    if (!lookup?.ok) return { type: 'flow-unavailable', flowId };
    return { type: 'flow-loaded', ...lookup.published };
  }

  #reply(asked: TicketedEffect, answer: Answer): void {
    this.#feed({ ...answer, ticket: asked.ticket } as FlowInput);
  }

  #feed(input: FlowInput): void {
    this.#steps += 1;
    this.#asked = undefined;
    const next = this.#take(step(this.#state, input, this.#now));
    this.#state = next.state;
    if (next.state.phase === 'settling') this.#feed({ type: 'settle-deadline' });
  }

  #take(next: FlowStep): FlowStep {
    for (const event of next.events) this.#note(event);
    for (const effect of next.effects) {
      if (effect.type === 'clearDigits') this.#typed = '';
      else if (effect.type === 'warn') this.#fresh.push({ kind: 'warning', message: effect.message });
      else if (effect.type === 'hangUp') this.#finish(effect.termination.reason, effect.termination.text);
      else if ('ticket' in effect) this.#ask(effect);
    }
    return next;
  }

  #ask(effect: TicketedEffect): void {
    this.#asked = effect;
    if (effect.type === 'play') this.#fresh.push({ kind: 'said', items: effect.items.map(plain), language: effect.language });
    else if (effect.type !== 'collect') this.#fresh.push({ kind: 'asked', effect: effect.type, about: aboutOf(effect) });
  }

  #note(event: FlowStep['events'][number]): void {
    if (event.type === 'call.reached-node') {
      const { flowId, nodeId, nodeType } = event.data;
      this.#fresh.push({ kind: 'node', flow: flowId, node: nodeId, type: nodeType });
    } else if (event.type === 'call.pressed-keys') this.#fresh.push({ kind: 'keys', keys: event.data.keys });
    else if (event.type === 'survey.answered') this.#fresh.push({ kind: 'score', score: event.data.score });
  }

  #finish(reason: string, text: string | undefined): void {
    this.#end = { reason, text: text ?? null };
    this.#fresh.push({ kind: 'end', reason, text: text ?? null });
  }

  #waiting(): SimulationWait | null {
    const asked = this.#asked;
    if (!asked) return null;
    if (asked.type === 'collect') {
      const { maxDigits, terminators = '' } = asked.options;
      return { for: 'collect', about: '', maxDigits, terminators };
    }
    return { for: asked.type as Exclude<SimulationWait['for'], 'collect'>, about: aboutOf(asked) };
  }
}

/** What an effect is about, in a word: the queue, the number, the request. */
function aboutOf(effect: TicketedEffect): string {
  switch (effect.type) {
    case 'enqueue':
      return effect.queueId;
    case 'transfer':
      return effect.target.value;
    case 'voicemail':
      return effect.box;
    case 'http':
      return `${effect.request.method} ${effect.request.url}`;
    case 'requestCallback':
      return effect.number;
    case 'loadFlow':
      return effect.flowId;
    case 'lookUpSchedule':
      return effect.scheduleId;
    case 'lookUpCaller':
      return effect.listId;
    default:
      return '';
  }
}

const plain = (item: SpeechItem) =>
  item.kind === 'prompt'
    ? { kind: item.kind, prompt: item.id, pieces: [], text: '' }
    : { kind: item.kind, prompt: null, pieces: item.kind === 'phrase' ? [...item.pieces] : [], text: item.text };

function answerOf(asked: TicketedEffect, input: SimulationInput): Answer | undefined {
  if (asked.type === 'enqueue' && 'queueResult' in input) return { type: 'queue-result', result: queueResult(input.queueResult) };
  if (asked.type === 'transfer' && 'transferResult' in input) {
    const { outcome, callerStays } = input.transferResult;
    return { type: 'transfer-result', outcome: outcome as TransferOutcome, callerStillUp: callerStays };
  }
  if (asked.type === 'http' && 'httpResult' in input) return { type: 'http-result', result: httpResult(input.httpResult) };
  if (asked.type === 'voicemail' && 'messageSeconds' in input) {
    return { type: 'voicemail-result', durationMs: input.messageSeconds === 0 ? undefined : input.messageSeconds * 1000 };
  }
  if (asked.type === 'record' && 'messageSeconds' in input) {
    return { type: 'record-result', recordingId: input.messageSeconds === 0 ? undefined : 'simulated' };
  }
  if (asked.type === 'requestCallback' && 'callbackResult' in input) {
    const code = input.callbackResult;
    return { type: 'callback-result', result: code === 'ok' ? { ok: true, callbackId: 'simulated' } : { ok: false, code } };
  }
  if (asked.type === 'park' && 'parkResult' in input) {
    const { outcome, callerStays } = input.parkResult;
    return { type: 'park-result', result: outcome === 'retrieved' ? { outcome, callerStillUp: callerStays } : { outcome } };
  }
  return undefined;
}

function queueResult({ outcome, agent, callerStays }: Extract<SimulationInput, { queueResult: unknown }>['queueResult']): QueueResult {
  if (outcome === 'served') return { outcome, agentId: agent, callerStillUp: callerStays };
  if (outcome === 'callback') return { outcome, callbackId: 'simulated' };
  if (outcome === 'failed') return { outcome, message: 'simulated' };
  return { outcome };
}

function httpResult(result: Extract<SimulationInput, { httpResult: unknown }>['httpResult']): HttpOutcome {
  if (typeof result === 'string') return { outcome: result };
  const { status, body = null } = result;
  return status >= 200 && status <= 299 ? { outcome: 'ok', status, body } : { outcome: 'status', status };
}

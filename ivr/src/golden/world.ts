import type { QueueResult } from '@yixian/contracts';
import type { Flow } from '../core/flow.js';
import type { FlowInput, HttpOutcome, TicketedEffect } from '../core/machine.js';
import type { Dialogue, ScriptStep } from './script.js';

/** The flow asks for something the script does not answer. */
export class ScriptMismatch extends Error {}

type Answer = FlowInput extends infer I ? (I extends { ticket: number } ? Omit<I, 'ticket'> : I) : never;
const HUNG_UP: Answer = { type: 'caller-hung-up', termination: { by: 'caller', reason: 'normal' } };

/** Time in the dialogue goes on by itself when keys are waited for in vain. */
export interface ScriptClock {
  now: number;
}

/** Answers the effects of a flow by a script. */
export class ScriptWorld {
  #steps: ScriptStep[];
  #dialogue: Dialogue;
  #flows: (id: string) => { flow: Flow; version: number } | undefined;
  #clock: ScriptClock;
  /** Pressed while something was said. */
  #typed = '';

  constructor(dialogue: Dialogue, flows: (id: string) => { flow: Flow; version: number } | undefined, clock: ScriptClock) {
    this.#steps = [...dialogue.steps];
    this.#dialogue = dialogue;
    this.#flows = flows;
    this.#clock = clock;
  }

  /** Steps that were never asked for. */
  get left(): readonly ScriptStep[] {
    return this.#steps;
  }

  clearDigits(): void {
    this.#typed = '';
  }

  /** @throws ScriptMismatch when the script has something else for this moment */
  answer(effect: TicketedEffect): Answer {
    this.#passTime();
    switch (effect.type) {
      case 'play':
        return this.#played(effect.interruptOn);
      case 'collect':
        return this.#keys(effect.options.maxDigits, effect.options.terminators ?? '', effect.options.firstDigitTimeoutMs);
      case 'loadFlow': {
        const found = this.#flows(effect.flowId);
        return found ? { type: 'flow-loaded', ...found } : { type: 'flow-unavailable', flowId: effect.flowId };
      }
      case 'lookUpSchedule': {
        const state = this.#dialogue.schedules[effect.scheduleId];
        if (state === undefined) return { type: 'schedule-state', state: undefined };
        const plain = state === 'open' || state === 'closed';
        return { type: 'schedule-state', state: { open: state === 'open', because: plain ? 'weekly' : state } };
      }
      case 'lookUpCaller': {
        const list = this.#dialogue.lists[effect.listId];
        const note = list?.[effect.number];
        return { type: 'caller-entry', known: list !== undefined, entry: note === undefined ? undefined : { note } };
      }
      default:
        return this.#elsewhere(effect);
    }
  }

  #passTime(): void {
    for (let next = this.#steps[0]; typeof next === 'object' && 'pass' in next; next = this.#steps[0]) {
      this.#clock.now += next.pass * 1000;
      this.#steps.shift();
    }
  }

  #played(interruptOn: 'any' | 'none'): Answer {
    const [next] = this.#steps;
    if (next === 'hang up early') {
      this.#steps.shift();
      return HUNG_UP;
    }
    if (typeof next === 'object' && 'early' in next) {
      this.#steps.shift();
      this.#typed += next.early;
    }
    return { type: 'playback-ended', end: this.#typed !== '' && interruptOn === 'any' ? 'interrupted' : 'finished' };
  }

  #keys(most: number, terminators: string, timeoutMs: number): Answer {
    const [next] = this.#steps;
    if (this.#typed === '' && next === 'hang up') {
      this.#steps.shift();
      return HUNG_UP;
    }
    if (this.#typed === '' && next === 'silence') this.#steps.shift();
    else if (this.#typed === '' && typeof next === 'object' && 'keys' in next) {
      this.#steps.shift();
      this.#typed = next.keys;
    } else if (this.#typed === '' && next !== undefined) throw new ScriptMismatch(`the flow asks for keys, the script has ${shown(next)}`);
    return { type: 'digits-collected', result: this.#collected(most, terminators, timeoutMs) };
  }

  #collected(most: number, terminators: string, timeoutMs: number): Extract<Answer, { type: 'digits-collected' }>['result'] {
    const end = [...this.#typed].findIndex((key) => terminators.includes(key));
    if (end >= 0 && end <= most) {
      const digits = this.#typed.slice(0, end);
      this.#typed = this.#typed.slice(end + 1);
      return { digits, reason: 'terminator' };
    }
    const digits = this.#typed.slice(0, most);
    this.#typed = this.#typed.slice(most);
    if (digits.length === most) return { digits, reason: 'max-digits' };
    this.#clock.now += timeoutMs;
    return { digits, reason: 'timeout' };
  }

  /** The step that answers an effect of another stage. */
  #take<K extends string>(key: K, what: string): Extract<ScriptStep, Record<K, unknown>> | 'hang up' {
    const next = this.#steps.shift();
    if (next === 'hang up') return next;
    if (typeof next === 'object' && key in next) return next as Extract<ScriptStep, Record<K, unknown>>;
    throw new ScriptMismatch(`the flow asks for ${what}, the script has ${next === undefined ? 'no more steps' : shown(next)}`);
  }

  #elsewhere(effect: TicketedEffect): Answer {
    switch (effect.type) {
      case 'enqueue': {
        const step = this.#take('queue', `queue ${effect.queueId}`);
        return step === 'hang up' ? HUNG_UP : { type: 'queue-result', result: queueResult(step.queue) };
      }
      case 'transfer': {
        const step = this.#take('transfer', `a transfer to ${effect.target.value}`);
        return step === 'hang up' ? HUNG_UP : { type: 'transfer-result', outcome: step.transfer, callerStillUp: step.callerStays };
      }
      case 'voicemail': {
        const step = this.#take('message', `a message for ${effect.box}`);
        if (step === 'hang up') return HUNG_UP;
        return { type: 'voicemail-result', durationMs: step.message === 'none' ? undefined : step.message * 1000 };
      }
      case 'record': {
        const step = this.#take('recording', 'something said');
        if (step === 'hang up') return HUNG_UP;
        return { type: 'record-result', recordingId: step.recording === 'none' ? undefined : step.recording };
      }
      case 'http': {
        const step = this.#take('http', `${effect.request.method} ${effect.request.url}`);
        return step === 'hang up' ? HUNG_UP : { type: 'http-result', result: httpResult(step.http) };
      }
      case 'requestCallback': {
        const step = this.#take('callback', `a callback of ${effect.number}`);
        if (step === 'hang up') return HUNG_UP;
        const { callback: code } = step;
        return { type: 'callback-result', result: code === 'ok' ? { ok: true, callbackId: 'callback-1' } : { ok: false, code } };
      }
      case 'park': {
        const step = this.#take('park', 'parking');
        if (step === 'hang up') return HUNG_UP;
        const { park: outcome } = step;
        return { type: 'park-result', result: outcome === 'retrieved' ? { outcome, callerStillUp: step.callerStays } : { outcome } };
      }
      default:
        throw new ScriptMismatch(`nothing answers ${effect.type}`);
    }
  }
}

function httpResult(answer: Extract<ScriptStep, { http: unknown }>['http']): HttpOutcome {
  if (typeof answer === 'string') return { outcome: answer };
  const { status, body = null } = answer;
  return status >= 200 && status <= 299 ? { outcome: 'ok', status, body } : { outcome: 'status', status };
}

function queueResult(answer: Extract<ScriptStep, { queue: unknown }>['queue']): QueueResult {
  if (answer === 'served') return { outcome: 'served', agentId: '1001', callerStillUp: true };
  if (answer === 'failed') return { outcome: 'failed', message: 'by the script' };
  if (answer === 'callback') return { outcome: 'callback', callbackId: 'callback-1' };
  if (typeof answer === 'string') return { outcome: answer };
  if ('served' in answer) return { outcome: 'served', agentId: answer.served, callerStillUp: answer.callerStays };
  const { overflow } = answer;
  if ('flow' in overflow) return { outcome: 'overflow', to: { kind: 'flow', flowId: overflow.flow } };
  if ('number' in overflow) return { outcome: 'overflow', to: { kind: 'number', number: overflow.number } };
  return { outcome: 'overflow', to: { kind: 'voicemail', box: overflow.voicemail } };
}

const shown = (step: ScriptStep): string => (typeof step === 'string' ? step : JSON.stringify(step));

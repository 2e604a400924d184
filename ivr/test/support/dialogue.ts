import type { Scene } from '../../src/core/machine.js';
import type { Flow, FlowContext, FlowDocument, FlowEffect, FlowEvent, FlowInput, FlowState, FlowStep } from '../../src/index.js';
import { begin, step, validateFlow } from '../../src/index.js';

/** 2026-03-02 is a Monday; 02:00 UTC is 10:00 in Shanghai. */
export const MONDAY_10_00 = Date.UTC(2026, 2, 2, 2, 0);

/** What a node may look at, in a call that has just begun. */
export const SCENE: Scene = {
  variables: {},
  typedAhead: false,
  now: MONDAY_10_00,
  timeZone: 'Asia/Shanghai',
  language: 'zh-CN',
  minLevels: {},
  passes: 0,
  depth: 0,
};

export function flowOf(document: FlowDocument, context: FlowContext = {}): Flow {
  const check = validateFlow(document, context);
  if (!check.ok) throw new Error(check.problems.map((p) => `${p.nodeId} ${p.field}: ${p.message}`).join('\n'));
  return check.flow;
}

/** A document around a few nodes; the first is the start. */
export function documentOf(nodes: FlowDocument['nodes']): FlowDocument {
  return { id: 'test', name: '测试', language: 'zh-CN', start: Object.keys(nodes)[0] ?? '', nodes };
}

type Answer = FlowInput extends infer I ? (I extends { ticket: number } ? Omit<I, 'ticket'> : I) : never;

/** A scripted caller against the pure interpreter: says what happened, sees what is asked for. */
export class Dialogue {
  state: FlowState;
  readonly events: FlowEvent[] = [];
  readonly effects: FlowEffect[] = [];
  last: FlowStep;
  now = MONDAY_10_00;

  constructor(flow: Flow) {
    this.last = deepFreeze(begin(flow, { version: 1, caller: '13800000000', called: '12320', timeZone: 'Asia/Shanghai' }));
    this.state = this.last.state;
    this.#note();
  }

  /** Answers the effect waited for. @returns the effects this leads to, as text */
  tell(answer: Answer): string[] {
    const ticket = this.state.wait?.ticket ?? 0;
    const input = { ...answer, ticket } as FlowInput;
    this.last = deepFreeze(step(this.state, deepFreeze(input), this.now));
    this.state = this.last.state;
    this.#note();
    return this.last.effects.map(describeEffect);
  }

  #note(): void {
    this.events.push(...this.last.events);
    this.effects.push(...this.last.effects);
  }

  answered = () => this.tell({ type: 'answered' });
  played = () => this.tell({ type: 'playback-ended', end: 'finished' });
  interrupted = () => this.tell({ type: 'playback-ended', end: 'interrupted' });
  keys = (digits: string) => this.tell({ type: 'digits-collected', result: { digits, reason: 'max-digits' } });
  noKeys = () => this.tell({ type: 'digits-collected', result: { digits: '', reason: 'timeout' } });
  hungUp = () => this.tell({ type: 'caller-hung-up', termination: { by: 'caller', reason: 'normal' } });
  eventTypes = () => this.events.map(describeEvent);
}

export function describeEffect(effect: FlowEffect): string {
  switch (effect.type) {
    case 'play':
      return `play ${effect.items.map((item) => ('id' in item ? item.id : `「${item.text}」`)).join('+')}${effect.interruptOn === 'any' ? '' : ' to the end'}`;
    case 'collect':
      return `collect ${effect.options.maxDigits} within ${effect.options.firstDigitTimeoutMs}`;
    case 'enqueue': {
      const { type: _type, ticket: _ticket, queueId, priority, language: _language, ...more } = effect;
      const wishes = Object.keys(more).length > 0 ? ` ${JSON.stringify(more)}` : '';
      return `enqueue ${queueId}${priority === 0 ? '' : ` at ${priority}`}${wishes}`;
    }
    case 'transfer':
      return `transfer ${effect.target.kind} ${effect.target.value}`;
    case 'loadFlow':
      return `loadFlow ${effect.flowId}`;
    case 'record':
      return `record ${effect.maxDurationMs} ${effect.endAfterSilenceMs} ${effect.finishOn}`;
    case 'http':
      return `http ${effect.request.method} ${effect.request.url}`;
    case 'lookUpSchedule':
      return `lookUpSchedule ${effect.scheduleId}`;
    case 'lookUpCaller':
      return `lookUpCaller ${effect.listId} ${effect.number}`;
    case 'requestCallback':
      return `requestCallback ${effect.queueId} ${effect.number}`;
    case 'park':
      return `park ${effect.slot ?? 'anywhere'} for ${effect.timeoutMs}`;
    case 'warn':
      return `warn ${effect.message}`;
    case 'voicemail':
      return `voicemail ${effect.box} ${effect.maxDurationMs} ${effect.finishOn}`;
    case 'hangUp':
      return `hangUp ${effect.termination.by} ${effect.termination.reason}`;
    default:
      return effect.type;
  }
}

export function describeEvent(event: FlowEvent): string {
  switch (event.type) {
    case 'call.reached-node':
      return `reached ${event.data.nodeId}`;
    case 'call.pressed-keys':
      return `pressed ${event.data.keys} at ${event.data.nodeId}`;
    case 'call.left-flow':
      return `left ${event.data.result}`;
    case 'call.entered-flow':
      return `entered ${event.data.flowId} v${event.data.version}`;
    case 'survey.answered':
      return `survey ${event.data.surveyId === undefined ? '' : `${event.data.surveyId} `}${event.data.score}`;
    case 'call.answered':
      return 'answered';
  }
}

/** A pure step changes nothing it was given: freezing makes a slip throw. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}

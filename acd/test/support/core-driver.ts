import {
  type AgentConfig,
  type DomainEvent,
  type EventDraft,
  QUEUE_DEFAULTS,
  type QueueConfig,
  type QueueResult,
  type Termination,
} from '@yixian/contracts';
import type { Asked, Effect, Input, Kept, StoreChange } from '../../src/core/inputs.js';
import { liveCalls } from '../../src/core/live.js';
import { step } from '../../src/core/step.js';
import { emptyState } from '../../src/core/tables.js';
import type { AcdState, HeldLine, LiveCall, Offer, WishedState } from '../../src/core/types.js';

export function agentConfig(id: string, skills: string[] = ['consult'], more: Partial<AgentConfig> = {}): AgentConfig {
  return { id, userId: `u-${id}`, name: `agent ${id}`, skills, skillLevels: {}, groups: ['all'], recording: null, enabled: true, ...more };
}

export function queueConfig(id: string, more: Partial<QueueConfig> = {}): QueueConfig {
  return {
    ...QUEUE_DEFAULTS,
    id,
    name: id,
    requiredSkills: [id],
    priority: 0,
    ringTimeoutMs: 15_000,
    wrapUpMs: 0,
    maxWaitMs: 300_000,
    maxLength: 100,
    music: 'queue-music',
    announceEveryMs: 0,
    serviceLevelSeconds: 20,
    record: false,
    ...more,
  };
}

export const BYE: Termination = { by: 'caller', reason: 'normal' };

/** Drives the core step by step as a shell would, and keeps what it decided: the only fake is the world. */
export class CoreDriver {
  state: AcdState = emptyState();
  now = 1_000_000;
  readonly events: EventDraft[] = [];
  readonly effects: Effect[] = [];
  readonly changes: StoreChange[] = [];
  readonly results = new Map<string, QueueResult>();
  /** Seats that ring or talk, by offer. */
  readonly seats = new Map<string, Offer>();
  readonly timers = new Map<string, { at: number; input: Input }>();
  /** Numbers that ring, by callback. */
  readonly dialled = new Map<string, Extract<Effect, { type: 'dial-callback' }>>();
  /** Calls that rang several seats when the directory was edited: they may go on doing so. */
  readonly rangSeveral = new Set<string>();
  ignored: string | undefined;
  /** What the store holds. */
  readonly kept = new Map<keyof Kept, Map<string, unknown>>();
  #directory: { agents: AgentConfig[]; queues: QueueConfig[] } = { agents: [], queues: [] };
  /** Inputs given and effects decided so far, the timer of relaxations not counted. */
  inputs = 0;
  effectsSeen = 0;
  readonly #light: boolean;

  /** @param light for long runs: events, effects and changes are not kept */
  constructor(agents: AgentConfig[] = [], queues: QueueConfig[] = [], light = false) {
    this.#light = light;
    this.configure(agents, queues);
  }

  configure(agents: AgentConfig[], queues: QueueConfig[]): void {
    for (const call of this.state.tables.calls.values()) if (call.more.length > 0) this.rangSeveral.add(call.id);
    this.#directory = { agents, queues };
    this.input({ type: 'configured', agents, queues });
  }

  /** Another process decides from here on: it has what the store kept and what the processes of the calls tell. */
  takeOver(live: readonly LiveCall[] = liveCalls(this.state).map((call) => structuredClone(call)), meanwhile: () => void = () => {}): void {
    const before = this.state.tables;
    const lines: HeldLine[] = [...before.agents.values()].flatMap(({ id, lines: taken }) =>
      taken.map((callId) => ({ agentId: id, callId })),
    );
    const table = <T extends keyof Kept>(name: T): Kept[T] => structuredClone([...(this.kept.get(name)?.values() ?? [])]) as Kept[T];
    const kept: Kept = {
      agents: table('agents'),
      calls: table('calls'),
      callbacks: table('callbacks'),
      doors: table('doors'),
      talks: table('talks'),
    };
    // Tries of callbacks ended with the process that made them.
    for (const [id, { callId }] of this.seats) if (before.callbacks.has(callId)) this.seats.delete(id);
    this.dialled.clear();
    this.timers.clear();
    this.state = emptyState();
    this.#takesOver = true;
    const { day } = before;
    if (day) this.input({ type: 'day-began', day });
    const { agents, queues } = this.#directory;
    this.input({ type: 'configured', agents, queues });
    for (const { id, reachable } of before.agents.values()) if (reachable) this.reach(id, true);
    const stood = [...before.queues.values()].map(({ id, isOpen, because }) => ({ queueId: id, open: isOpen, because }));
    this.input({ type: 'restored', ...kept, live, lines, stood });
    meanwhile();
    this.#takesOver = false;
    this.input({ type: 'resumed' });
  }

  #takesOver = false;
  readonly #talks = new Map<string, Offer>();
  readonly #closing: string[] = [];

  input(input: Input): readonly EventDraft[] {
    const result = step(this.state, input, this.now);
    this.state = result.state;
    this.ignored = result.ignored;
    for (const effect of result.effects) this.#note(effect);
    this.inputs += 1;
    if (!this.#light) this.events.push(...result.events);
    if (!this.#takesOver) this.#endTalks(input);
    return result.events;
  }

  /** What a conversation does: it has the seat until the agent leaves, and gives the caller the result. */
  #endTalks(input: Input): void {
    for (const [id, { callId, agentId }] of this.#talks) {
      if (this.state.tables.calls.get(callId)?.offer?.id === id) continue;
      this.#talks.delete(id);
      this.seats.delete(id);
      this.results.set(callId, { outcome: 'served', agentId, callerStillUp: input.type !== 'caller-left' });
    }
    for (const offerId of this.#closing.splice(0)) {
      const talk = this.#talks.get(offerId);
      if (talk) this.input({ type: 'talk-ended', offerId, callId: talk.callId });
    }
  }

  #note(effect: Effect): void {
    // Whatever the input: each step begins with what the clock has relaxed.
    if (!('timer' in effect && effect.timer === 'relax')) this.effectsSeen += 1;
    if (!this.#light) this.effects.push(effect);
    if (effect.type === 'ring') this.seats.set(effect.offer.id, effect.offer);
    if (effect.type === 'bridge') this.seats.set(effect.offer.id, effect.offer);
    if (effect.type === 'end-seat') this.seats.delete(effect.offerId);
    if (effect.type === 'forget-seat') this.seats.delete(effect.offerId);
    if (effect.type === 'open-conversation') this.#talks.set(effect.offer.id, effect.offer);
    if (effect.type === 'close-conversation') this.#closing.push(effect.offerId);
    if (effect.type === 'dial-callback') this.dialled.set(effect.callbackId, effect);
    if (effect.type === 'cancel-callback') this.dialled.delete(effect.callbackId);
    if (effect.type === 'finish') this.results.set(effect.callId, effect.result);
    if (effect.type === 'save') this.#keep(effect.changes);
    if (effect.type === 'set-timer')
      this.timers.set(`${effect.timer}:${effect.id}`, { at: this.now + effect.delayMs, input: effect.input });
    if (effect.type === 'cancel-timer') this.timers.delete(`${effect.timer}:${effect.id}`);
  }

  #keep(changes: readonly StoreChange[]): void {
    if (!this.#light) this.changes.push(...changes);
    for (const { table, key, value } of changes) {
      const rows = this.kept.get(table) ?? new Map<string, unknown>();
      this.kept.set(table, rows);
      if (value === null) rows.delete(key);
      else rows.set(key, structuredClone(value));
    }
  }

  /** Moves time on, firing timers on the way. */
  advance(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const due = [...this.timers].filter(([, t]) => t.at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      this.timers.delete(due[0]);
      this.now = Math.max(this.now, due[1].at);
      this.input(due[1].input);
    }
    this.now = end;
  }

  /** Signs an agent in with a reachable phone. */
  ready(id: string): void {
    this.reach(id, true);
    this.wish(id, 'ready');
  }

  reach(id: string, reachable: boolean): void {
    this.input({ type: 'reachability-changed', agentId: id, reachable });
  }

  wish(id: string, state: WishedState, reason: string | null = null): void {
    this.input({ type: 'state-wished', agentId: id, state, reason, by: id });
  }

  call(callId: string, queueId = 'consult', priority = 0, asked: Partial<Asked> & { caller?: string } = {}): void {
    this.input({ type: 'call-arrived', callId, queueId, caller: `from-${callId}`, priority, ...asked });
  }

  move(callId: string, queueId: string, priority = 0): void {
    this.input({ type: 'call-moved', callId, queueId, priority, by: 'super' });
  }

  door(queueId: string, open: boolean): void {
    this.input({ type: 'door-changed', queueId, door: open ? 'open' : 'closed', open, because: 'by hand', by: 'super' });
  }

  callback(callbackId: string, queueId = 'consult', more: Partial<Extract<Input, { type: 'callback-requested' }>> = {}): void {
    const request = { callbackId, queueId, number: `0${callbackId}`, callId: null, since: null, notBefore: null, by: 'caller' };
    this.input({ type: 'callback-requested', ...request, ...more });
  }

  /** The number of a callback answers as this call. */
  numberAnswers(callbackId: string, callId: string): void {
    this.dialled.delete(callbackId);
    this.input({ type: 'callback-answered', callbackId, callId });
  }

  numberFails(callbackId: string): void {
    this.dialled.delete(callbackId);
    this.input({ type: 'callback-failed', callbackId, termination: { by: 'network', reason: 'no-answer' } });
  }

  /** Everybody whose seat rings for the call, in the order they were asked. */
  rungFor(callId: string): string[] {
    return [...this.seats.values()].filter((offer) => offer.callId === callId).map((offer) => offer.agentId);
  }

  /** The agent whose seat rings or talks for the call. */
  agentOf(callId: string): string | undefined {
    return this.state.tables.calls.get(callId)?.offer?.agentId;
  }

  offerOf(callId: string): Offer {
    const offer = this.state.tables.calls.get(callId)?.offer;
    if (!offer) throw new Error(`call ${callId} is offered to nobody`);
    return offer;
  }

  answer(callId: string): void {
    const offerId = this.offerOf(callId).id;
    this.input({ type: 'seat-answered', offerId, callId });
    this.input({ type: 'bridged', offerId, callId });
  }

  seatEnds(callId: string, termination: Termination): void {
    this.input({ type: 'seat-ended', offerId: this.offerOf(callId).id, callId, termination });
  }

  callerHangsUp(callId: string): void {
    this.input({ type: 'caller-left', callId, termination: BYE });
  }

  stateOf(id: string): string | undefined {
    return this.state.tables.agents.get(id)?.state;
  }

  reasonOf(id: string): string | null | undefined {
    return this.state.tables.agents.get(id)?.reason;
  }

  /** Types of the events so far, and forgets them. */
  took(): DomainEvent['type'][] {
    return this.events.splice(0).map((e) => e.type);
  }
}

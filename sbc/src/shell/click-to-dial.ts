import {
  type Acd,
  type AgentId,
  type Call,
  type CallId,
  type CallLeg,
  type ClickToDial,
  DomainError,
  type FlowId,
  type LegOrigin,
  type Seat,
  type Termination,
} from '@yixian/contracts';
import { refusalFor } from '../core/callee-failure.js';
import { directionOf, type Feature, type Route } from '../core/routing.js';
import { reportLeg, runFramed } from './call-frame.js';
import { within } from './deadline.js';
import { runDirectCall } from './direct-call.js';
import { runRetrieval } from './feature-code.js';
import { runGroupConference } from './group-conference.js';
import { firstUsable, type InboundDeps, runFlow } from './inbound-call.js';
import { createOwnControl } from './own-control.js';
import type { Seats } from './seat-dialer.js';
import type { PartyRing } from './seat-ring.js';

export interface ClickToDialDeps extends InboundDeps {
  acd: Pick<Acd, 'setState' | 'setSeat' | 'agent'>;
  seats: Seats;
  draining: () => boolean;
}

type FlowDraft = { version: number; document: unknown };

/** Where a click may lead: to a person, a flow, or a parked caller. */
type Reachable =
  | Extract<Route, { kind: 'toExtension' | 'toGroup' | 'toTrunk' | 'toFlow' }>
  /** A flow's author listens to what is not published yet. */
  | { kind: 'toFlow'; flowId: FlowId; draft: FlowDraft }
  | { kind: 'feature'; feature: Extract<Feature, { do: 'retrieve' }> };

/**
 * Rings the agent's own seat first, then the other side, as that extension's call. `dial` resolves once the call's row is
 * stored and the seat rings; it rejects with a DomainError that names the field:
 * `not-found` (no such extension), `conflict` (the agent
 * cannot take a call now, and why), `bad-request` (the number leads nowhere, or is not allowed), `unavailable`
 * (draining, the row cannot be stored, the seat's kind is not there yet).
 */
export function createClickToDial(deps: ClickToDialDeps, track: (call: Promise<unknown>) => void): ClickToDial {
  return {
    async dial({ from, to, draft }) {
      const seat = seatOf(deps, from);
      const target = draft ? draftOf(draft, to, from, seat) : targetOf(deps, from, to, seat);
      return new Promise<{ callId: CallId }>((resolve, reject) => {
        track(new ClickedCall(deps, { from, to, seat, target }, { resolve, reject }).run());
      });
    },
  };
}

function seatOf(deps: ClickToDialDeps, from: AgentId): Seat {
  if (deps.draining()) throw new DomainError('unavailable', 'the hotline is shutting down and takes no new calls');
  if (!deps.extension(from)?.enabled) throw new DomainError('not-found', `extension ${from} does not exist`, { field: 'from', from });
  const seat = deps.acd.agent(from)?.seat ?? { kind: 'sip' };
  const busy = deps.lines.busy(from);
  if (busy) throw new DomainError('conflict', `agent ${from} ${busy}`, { field: 'from', from });
  if (!deps.seats.reachable(from, seat)) throw new DomainError('conflict', notReachable(from, seat), { field: 'from', from });
  return seat;
}

function notReachable(from: AgentId, seat: Seat): string {
  if (seat.kind === 'sip') return `no phone of extension ${from} is registered`;
  if (seat.kind === 'softphone') return `the seat of ${from} is a browser, and none is connected`;
  return seat.persistent ? `the line of ${from} to ${seat.number} is down` : `no trunk may call ${seat.number}, the seat of ${from}`;
}

function targetOf(deps: ClickToDialDeps, from: AgentId, to: string, seat: Seat): Reachable {
  if (to.length === 0 || to.length > 64)
    throw new DomainError('bad-request', 'to: a number of 1–64 characters', { field: 'to', to: to.slice(0, 80) });
  const target = deps.routes.route(to, { kind: 'extension', extension: from });
  if (target.kind === 'reject') throw new DomainError('bad-request', `to: ${target.text}`, { field: 'to', to, reason: target.reason });
  if (target.kind === 'feature' && target.feature.do === 'retrieve') return { kind: 'feature', feature: target.feature };
  if (target.kind === 'feature')
    throw new DomainError('bad-request', `to: ${to} is a feature code; set the state directly`, { field: 'to', to });
  if (target.kind === 'toFlow') assertNoLine(seat, from, to);
  const busy = target.kind === 'toExtension' ? busyThere(deps, target.extension) : undefined;
  if (busy) throw new DomainError('conflict', `to: ${to} ${busy}`, { field: 'to', to });
  return target;
}

/** A flow ends the leg it runs on. */
function assertNoLine(seat: Seat, from: AgentId, to: string): void {
  if (!seat.persistent) return;
  throw new DomainError('conflict', `to: ${to} is a flow, which would hang up the line of ${from} at its end; dial it from a phone`, {
    field: 'to',
    to,
  });
}

function draftOf({ flowId, version, document }: FlowDraft & { flowId: FlowId }, to: string, from: AgentId, seat: Seat): Reachable {
  assertNoLine(seat, from, to);
  return { kind: 'toFlow', flowId, draft: { version, document } };
}

/** Why an extension cannot take a call now; undefined when it can, or when a rule sends the call on. */
function busyThere(deps: ClickToDialDeps, extension: string): string | undefined {
  const forwards = deps.extension(extension)?.forwards;
  return forwards?.always || forwards?.busy ? undefined : deps.lines.busy(extension);
}

interface Click {
  from: AgentId;
  to: string;
  seat: Seat;
  target: Reachable;
}

/** Settles `dial`: once, later calls change nothing. */
interface Started {
  resolve(value: { callId: CallId }): void;
  reject(error: unknown): void;
}

class ClickedCall {
  readonly #deps: ClickToDialDeps;
  readonly #click: Click;
  readonly #started: Started;
  #ring: PartyRing | undefined;

  constructor(deps: ClickToDialDeps, click: Click, started: Started) {
    this.#deps = deps;
    this.#click = click;
    this.#started = started;
  }

  async run(): Promise<void> {
    const { from, to, target } = this.#click;
    const origin: LegOrigin = { kind: 'extension', extension: from };
    const direction = directionOf(origin, target);
    const trunkId = target.kind === 'toTrunk' ? firstUsable(this.#deps, target.trunkIds) : undefined;
    const common = { direction, caller: from, called: to, ...(trunkId === undefined ? {} : { trunkId }) };
    const id = this.#deps.ids.next('call');
    // Before the first wait: two clicks at once must not both find the line free.
    const giveBack = this.#deps.lines.take(from, id);
    const takeBack = this.#deps.calls.control(createOwnControl({ callId: id, agentId: from, leg: () => this.#seatLeg() }));
    try {
      const termination = await runFramed(this.#deps, {
        id,
        arrived: { ...common, extension: from },
        // The seat's ring owns its leg: a nailed-up line is given back, not hung up.
        caller: () => undefined,
        body: (startedAt) => this.#body(id, giveBack, (leg) => ({ id, ...common, startedAt, leg })),
      });
      // Only heard when the seat never rang: a promise settles once.
      this.#started.reject(new DomainError('unavailable', termination.text ?? `the call could not be made: ${termination.reason}`));
    } finally {
      takeBack();
      giveBack();
    }
  }

  async #body(id: CallId, giveBack: () => void, callOf: (leg: CallLeg) => Call): Promise<Termination> {
    const ring = this.#ringSeat(id);
    if (ring.termination) {
      this.#started.reject(new DomainError('conflict', `the phone of ${this.#click.from} cannot be rung: ${ring.termination.reason}`));
      return ofCaller(ring.termination);
    }
    this.#started.resolve({ callId: id });
    const over = new Promise<void>((resolve) => ring.subscribe((event) => event.type === 'ended' && resolve()));
    void over.then(giveBack);
    const taken = new Promise<void>((resolve) => ring.subscribe((event) => event.type === 'accepted' && resolve()));
    if (ring.state === 'ringing') await Promise.race([taken, over]);
    if (ring.state !== 'accepted') return ofCaller(ring.termination ?? { by: 'system', reason: 'switch-failure' });
    let termination: Termination = { by: 'system', reason: 'switch-failure' };
    try {
      termination = await this.#connect(callOf(ring.leg), ring);
      return termination;
    } finally {
      ring.end(refusalFor(termination));
    }
  }

  /** What the own control may do with the seat before anybody talks. */
  #seatLeg(): Pick<CallLeg, 'state' | 'hangUp'> | undefined {
    const ring = this.#ring;
    return ring && { state: ring.state === 'accepted' ? 'answered' : 'ringing', hangUp: (termination) => ring.end(termination) };
  }

  #ringSeat(id: CallId): PartyRing {
    const { from, to, seat } = this.#click;
    const { seats, options, live } = this.#deps;
    try {
      const timeoutMs = options.seatRingTimeoutMs;
      const dialled = (leg: CallLeg) =>
        live.owe(
          id,
          leg.ended.then(() => reportLeg(this.#deps, id, leg, 'caller')),
        );
      this.#ring = seats.ring({ agentId: from, seat, caller: { number: to }, callId: id, timeoutMs, dialled });
      return this.#ring;
    } catch (error) {
      this.#started.reject(error);
      throw error;
    }
  }

  async #connect(call: Call, ring: PartyRing): Promise<Termination> {
    const { target, from } = this.#click;
    if (target.kind === 'feature') return runRetrieval(this.#deps, call, target.feature.slot, (termination) => ring.end(termination));
    if (target.kind === 'toFlow') return runFlow(this.#deps, call, target.flowId, 'draft' in target ? { draft: target.draft } : {});
    const displayName = this.#deps.extension(from)?.displayName;
    const shown = { number: from, ...(displayName ? { displayName } : {}) };
    const endCaller = (termination: Termination): void => ring.end(termination);
    const group = target.kind === 'toGroup' ? this.#deps.routes.view().group(target.number) : undefined;
    if (group?.mode === 'conference') return runGroupConference(this.#deps, { call, group, shown, callerExtension: from, endCaller });
    const end = await runDirectCall(this.#deps, {
      call,
      callerExtension: from,
      callerParty: shown,
      target,
      endCaller,
    });
    if (end.goesTo !== undefined && call.leg.state === 'answered') return runFlow(this.#deps, call, end.goesTo);
    if (!end.connected) await this.#busyTone(call.leg);
    return end.termination;
  }

  /** An agent who waits with the handset at the ear hears that it failed, before the line goes. */
  async #busyTone(leg: CallLeg): Promise<void> {
    if (leg.state !== 'answered') return;
    const { clock, options } = this.#deps;
    const tone = leg.play([{ kind: 'tone', tone: 'busy', durationMs: options.busyToneMs }]);
    await within(clock, options.busyToneMs + 1_000, Promise.race([tone.finished, leg.ended]));
    tone.stop();
  }
}

/** The seat's leg is dialled by us, but its party is the caller of the call. */
function ofCaller(termination: Termination): Termination {
  return termination.by === 'called' ? { ...termination, by: 'caller' } : termination;
}

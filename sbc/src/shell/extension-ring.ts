import type {
  Acd,
  AgentId,
  CallId,
  CallLeg,
  Clock,
  Directory,
  EventBus,
  PartyAddress,
  Seat,
  Switch,
  Termination,
  Timer,
} from '@yixian/contracts';
import { type ForwardReason, forwardAfter, MAX_FORWARDS } from '../core/forwarding.js';
import { endedLeg } from './ended-leg.js';
import type { Lines } from './lines.js';
import type { Pickups } from './pickups.js';
import type { Seats } from './seat-dialer.js';
import { type OpenSeatRing, openSeatRing, type PartyRing, passOn } from './seat-ring.js';

export interface ExtensionRingDeps {
  switch: Pick<Switch, 'dial' | 'registrations'>;
  directory: Pick<Directory, 'extension'>;
  acd: Pick<Acd, 'agent'>;
  clock: Clock;
  events: EventBus;
  lines: Lines;
  seats: Seats;
  pickups: Pickups;
  /** Told of every leg that is called and ends with the ring. */
  dialled(callId: CallId, leg: CallLeg): void;
  /** Rings what the extension's owner would reach by dialling it. */
  ringDialled(dialled: string, extension: string, request: RingRequest): PartyRing;
}

export interface RingRequest {
  shown: PartyAddress;
  callId: CallId;
  /** Monotonic time at which it has rung long enough, whatever rings then. */
  until: number;
  /** Extensions that have forwarded the call already. */
  forwardedBy: readonly string[];
  /** Members of a group are rung themselves: their forwards would take the call away from the others. */
  obeyForwards: boolean;
  autoAnswer?: boolean;
}

/**
 * Rings an extension: an agent at the seat chosen, else the registered phones. Its forwards are obeyed, its line is taken
 * while it rings and talks, and others of its group may pick the call up.
 */
export function ringExtension(deps: ExtensionRingDeps, extension: string, request: RingRequest): PartyRing {
  return new ExtensionRing(deps, extension, request).start();
}

class ExtensionRing {
  readonly #deps: ExtensionRingDeps;
  readonly #extension: string;
  readonly #request: RingRequest;
  readonly #ring: OpenSeatRing;
  /** What rings now: the seat, or where the call was forwarded. */
  #inner: PartyRing | undefined;
  #letGo: () => void = () => {};
  /** The leg of whoever picked the call up. */
  #pickedUpBy: CallLeg | undefined;
  #noAnswer: Timer | undefined;
  /** Undone when the ring is over or has gone elsewhere. */
  #undo: Array<() => void> = [];

  constructor(deps: ExtensionRingDeps, extension: string, request: RingRequest) {
    this.#deps = deps;
    this.#extension = extension;
    this.#request = request;
    const first = endedLeg({ number: extension }, request.shown, { by: 'system', reason: 'not-registered' });
    this.#ring = openSeatRing(first, (termination) => this.#end(termination));
  }

  start(): PartyRing {
    const { directory, lines } = this.#deps;
    const known = directory.extension(this.#extension);
    if (!known?.enabled) return this.#over({ by: 'system', reason: 'unknown-number', text: `no extension ${this.#extension}` });
    const { always } = known.forwards;
    if (always !== null && this.#request.obeyForwards) return this.#forward(always, 'always');
    const busy = lines.busy(this.#extension);
    if (busy) return this.#failed({ by: 'called', reason: 'busy', text: `${this.#extension} ${busy}` });
    return this.#ringSeat();
  }

  #ringSeat(): PartyRing {
    const { lines, pickups } = this.#deps;
    const { callId } = this.#request;
    const seat = this.#seat(); // before the line is taken: that makes an agent seem on duty
    this.#undo.push(lines.take(this.#extension, callId));
    const inner = this.#seatRing(seat);
    this.#watch(inner, (termination) => this.#failed(termination));
    if (this.#inner !== inner) return this.#ring;
    if (this.#ring.state !== 'ringing') return this.#ring;
    const noMore = pickups.add({
      extension: this.#extension,
      callId,
      ringsAt: (leg) => this.#inner?.leg === leg,
      takeOver: (leg, by) => this.#takeOver(leg, by),
    });
    this.#undo.push(noMore);
    this.#ring.subscribe((event) => {
      if (event.type !== 'accepted') return;
      noMore();
      this.#noAnswer?.cancel();
    });
    this.#armNoAnswer();
    return this.#ring;
  }

  /** An agent who is signed in is rung at the seat chosen; whoever is off duty is not called at home. */
  #seat(): Seat {
    const agent = this.#deps.acd.agent(this.#extension);
    if (agent && agent.state !== 'offline') return agent.seat;
    const browserOnly = !this.#deps.seats.reachable(this.#extension, { kind: 'sip' });
    return { kind: browserOnly && this.#deps.seats.reachable(this.#extension, { kind: 'softphone' }) ? 'softphone' : 'sip' };
  }

  #seatRing(seat: Seat): PartyRing {
    const { seats, clock } = this.#deps;
    const { shown: caller, callId, until, autoAnswer } = this.#request;
    return seats.ring({
      agentId: this.#extension,
      seat,
      caller,
      callId,
      timeoutMs: Math.max(1, until - clock.monotonic()),
      dialled: (leg) => this.#deps.dialled(callId, leg),
      ...(autoAnswer ? { autoAnswer } : {}),
    });
  }

  #watch(inner: PartyRing, failed: (termination: Termination) => void): void {
    this.#inner = inner;
    if (inner.state === 'ended') {
      failed(inner.termination ?? { by: 'system', reason: 'switch-failure' });
      return;
    }
    this.#letGo = passOn(inner, this.#ring, (termination) => {
      if (this.#inner === inner) failed(termination);
    });
  }

  #armNoAnswer(): void {
    const rule = this.#deps.directory.extension(this.#extension)?.forwards.noAnswer;
    if (!rule || !this.#request.obeyForwards) return;
    this.#noAnswer = this.#deps.clock.setTimer(rule.afterMs, () => {
      if (this.#ring.state !== 'ringing') return;
      const inner = this.#leave();
      inner?.end({ by: 'system', reason: 'withdrawn', text: 'forwarded after no answer' });
      this.#forward(rule.to, 'no-answer');
    });
    this.#undo.push(() => this.#noAnswer?.cancel());
  }

  /** The seat did not take it; also the end of a call that was accepted. */
  #failed(termination: Termination): PartyRing {
    const rules = this.#deps.directory.extension(this.#extension)?.forwards;
    const next = this.#ring.state === 'ringing' && this.#request.obeyForwards && rules ? forwardAfter(rules, termination) : undefined;
    if (!next) return this.#over(termination);
    this.#leave();
    return this.#forward(next.to, next.because);
  }

  #forward(to: string, because: ForwardReason): PartyRing {
    const { forwardedBy, callId } = this.#request;
    this.#settle(); // whoever forwards is free for other calls
    if (forwardedBy.includes(this.#extension) || forwardedBy.length >= MAX_FORWARDS) {
      return this.#over({
        by: 'system',
        reason: 'no-answer',
        text: `forwards of ${[...forwardedBy, this.#extension].join(', ')} lead in a circle`,
      });
    }
    this.#deps.events.publish({ type: 'call.forwarded', callId, data: { from: this.#extension, to, because } });
    const request = { ...this.#request, forwardedBy: [...forwardedBy, this.#extension] };
    const inner = this.#deps.ringDialled(to, this.#extension, request);
    this.#watch(inner, (termination) => this.#over(termination));
    return this.#ring;
  }

  #takeOver(leg: CallLeg, by: AgentId): boolean {
    if (this.#ring.state !== 'ringing') return false;
    const inner = this.#leave();
    this.#settle();
    this.#ring.setLeg(leg);
    inner?.end({ by: 'system', reason: 'answered-elsewhere', text: `picked up by ${by}` });
    this.#deps.events.publish({ type: 'call.picked-up', callId: this.#request.callId, data: { by, from: this.#extension } });
    void leg.ended.then((termination) => this.#over(termination));
    this.#pickedUpBy = leg;
    this.#ring.accept(by);
    return true;
  }

  /** What rings has nothing to say any more. */
  #leave(): PartyRing | undefined {
    const inner = this.#inner;
    this.#inner = undefined;
    this.#letGo();
    return inner;
  }

  #end(termination: Termination): void {
    this.#leave()?.end(termination);
    this.#pickedUpBy?.hangUp(termination);
    this.#over(termination);
  }

  #over(termination: Termination): PartyRing {
    const goesTo = this.#inner?.goesTo;
    this.#settle();
    this.#ring.over(termination, goesTo);
    return this.#ring;
  }

  #settle(): void {
    for (const undo of this.#undo.splice(0).reverse()) undo();
  }
}

import type { AgentId, CallLeg, FlowId, SeatDialer, SeatRing, SeatRingEvent, Termination } from '@yixian/contracts';

export type SeatRequest = Parameters<SeatDialer['ring']>[0] & {
  /** Told of every leg that is called for this ring, and that ends with it. */
  dialled?: (leg: CallLeg) => void;
};

/** A ring as the edge itself sees it. */
export interface PartyRing extends SeatRing {
  /** The party sends audio before it has been accepted, on `leg`: an announcement of the network, its ringback. */
  readonly early: boolean;
  onEarly(listener: () => void): () => void;
  /** Where an ended ring leads on: a rule forwards to a flow, which nobody can ring. */
  readonly goesTo: FlowId | undefined;
}

/**
 *  ringing ──accept()──▶ accepted ──over()──▶ ended
 *     └──over()───────────────────────────────▲
 *
 * The one implementation of `SeatRing`: its owner says what accepting and ending mean for the kind of seat.
 */
export interface OpenSeatRing extends PartyRing {
  /** The party is reached over another leg from now on. */
  setLeg(leg: CallLeg): void;
  /** The phone rings (180, 183); told once. */
  rings(): void;
  /** There is audio to hear before the answer. */
  hearEarly(): void;
  /** Somebody has taken it; not when it has ended. */
  accept(takenBy?: AgentId): void;
  /** What "answer" from the desk does. */
  onAnswer(answer: () => boolean): void;
  /** It is over, however that came; the first reason counts. */
  over(termination: Termination, goesTo?: FlowId): void;
}

/** @param onEnd what the owner does when somebody ends the ring (not when it is over by itself); has to lead to `over` */
export function openSeatRing(first: CallLeg, onEnd: (termination: Termination) => void): OpenSeatRing {
  const listeners = new Set<(event: SeatRingEvent) => void>();
  const earlyListeners = new Set<() => void>();
  let leg = first;
  let state: SeatRing['state'] = 'ringing';
  let termination: Termination | undefined;
  let takenBy: AgentId | undefined;
  let goesTo: FlowId | undefined;
  let answer: (() => boolean) | undefined;
  let rang = false;
  let early = false;

  function emit(event: SeatRingEvent): void {
    for (const listener of [...listeners]) listener(event);
  }

  return {
    get leg() {
      return leg;
    },
    get state() {
      return state;
    },
    get termination() {
      return termination;
    },
    get takenBy() {
      return takenBy;
    },
    get goesTo() {
      return goesTo;
    },
    get answer() {
      return answer;
    },
    get early() {
      return early;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onEarly(listener) {
      earlyListeners.add(listener);
      return () => earlyListeners.delete(listener);
    },
    end(how) {
      if (state !== 'ended') onEnd(how);
    },
    onAnswer(how) {
      answer = () => state === 'ringing' && how();
    },
    setLeg(next) {
      leg = next;
    },
    rings() {
      if (rang || state !== 'ringing') return;
      rang = true;
      emit({ type: 'ringing' });
    },
    hearEarly() {
      if (early || state !== 'ringing') return;
      early = true;
      for (const listener of [...earlyListeners]) listener();
    },
    accept(by) {
      if (state !== 'ringing') return;
      state = 'accepted';
      takenBy = by;
      emit({ type: 'accepted' });
    },
    over(how, flowId) {
      if (state === 'ended') return;
      state = 'ended';
      termination = how;
      goesTo = flowId;
      emit({ type: 'ended', termination: how });
      listeners.clear();
      earlyListeners.clear();
    },
  };
}

/** A ring that was over before it began. */
export function endedRing(leg: CallLeg, goesTo?: FlowId): OpenSeatRing {
  const ring = openSeatRing(leg, () => undefined);
  ring.over(leg.termination ?? { by: 'system', reason: 'switch-failure' }, goesTo);
  return ring;
}

/** A phone that is taken by answering it: a registered one, or a number where nobody has to confirm. */
export function ringOfLeg(leg: CallLeg, takenBy?: AgentId): OpenSeatRing {
  const ring = openSeatRing(leg, (termination) => leg.hangUp(termination));
  watch(leg, {
    rings: () => ring.rings(),
    early: () => ring.hearEarly(),
    answered: () => ring.accept(takenBy),
    ended: (termination) => ring.over(termination),
  });
  return ring;
}

/** What a dialled leg tells, also what it had to tell before anybody listened. */
export function watch(
  leg: CallLeg,
  tell: { rings(): void; early(): void; answered(): void; ended(termination: Termination): void },
): () => void {
  if (leg.state === 'ended') {
    tell.ended(leg.termination ?? { by: 'system', reason: 'switch-failure' });
    return () => undefined;
  }
  const stop = leg.subscribe((event) => {
    if (event.type === 'ringing') tell.rings();
    if (event.type === 'early-media') {
      tell.early();
      tell.rings();
    }
    if (event.type === 'answered') tell.answered();
    if (event.type === 'ended') tell.ended(event.termination);
  });
  if (leg.state === 'early') tell.early();
  if (leg.state === 'ringing' || leg.state === 'early') tell.rings();
  if (leg.state === 'answered') tell.answered();
  return stop;
}

/** Lets one ring that has not ended stand for another: what `inner` tells, `outer` tells, except its end. */
export function passOn(inner: PartyRing, outer: OpenSeatRing, ended: (termination: Termination) => void): () => void {
  const accepted = () => {
    outer.setLeg(inner.leg);
    outer.accept(inner.takenBy);
  };
  const early = () => {
    outer.setLeg(inner.leg);
    outer.hearEarly();
  };
  outer.setLeg(inner.leg);
  const stopEarly = inner.onEarly(early);
  const stop = inner.subscribe((event) => {
    if (event.type === 'ringing') {
      outer.setLeg(inner.leg);
      outer.rings();
    }
    if (event.type === 'accepted') accepted();
    if (event.type === 'ended') ended(event.termination);
  });
  if (inner.early) {
    early();
    outer.rings();
  }
  if (inner.state === 'accepted') accepted();
  return () => {
    stop();
    stopEarly();
  };
}

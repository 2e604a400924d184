import type { CallLeg, SeatRing, SeatRingEvent, Termination } from '@yixian/contracts';

/**
 *  ringing ──accept()──▶ accepted ──▶ ended
 *     └───────────────────────────────▲      end(), or the party
 *
 * The one implementation of `SeatRing`: its owner says what accepting and ending mean for the kind of seat.
 */
export interface OpenSeatRing extends SeatRing {
  /** The phone rings (180, 183); told once. */
  rings(): void;
  /** Somebody has taken it; not when it has ended. */
  accept(): void;
  /** It is over, however that came; the first reason counts. */
  over(termination: Termination): void;
}

/** @param onEnd what the owner does when somebody ends the ring (not when it is over by itself); has to lead to `over` */
export function openSeatRing(leg: CallLeg, onEnd: (termination: Termination) => void): OpenSeatRing {
  const listeners = new Set<(event: SeatRingEvent) => void>();
  let state: SeatRing['state'] = 'ringing';
  let termination: Termination | undefined;
  let rang = false;

  function emit(event: SeatRingEvent): void {
    for (const listener of [...listeners]) listener(event);
  }

  return {
    leg,
    get state() {
      return state;
    },
    get termination() {
      return termination;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    end(how) {
      if (state !== 'ended') onEnd(how);
    },
    rings() {
      if (rang || state !== 'ringing') return;
      rang = true;
      emit({ type: 'ringing' });
    },
    accept() {
      if (state !== 'ringing') return;
      state = 'accepted';
      emit({ type: 'accepted' });
    },
    over(how) {
      if (state === 'ended') return;
      state = 'ended';
      termination = how;
      emit({ type: 'ended', termination: how });
      listeners.clear();
    },
  };
}

/** A phone that is taken by answering it: a registered one, or a number where nobody has to confirm. */
export function ringOfLeg(leg: CallLeg): SeatRing {
  const ring = openSeatRing(leg, (termination) => leg.hangUp(termination));
  follow(leg, ring);
  if (leg.state === 'answered') ring.accept();
  leg.subscribe((event) => {
    if (event.type === 'answered') ring.accept();
  });
  return ring;
}

/** What every leg of its own tells its ring: that it rings and that it has ended, also if that was before. */
export function follow(leg: CallLeg, ring: OpenSeatRing): void {
  if (leg.state === 'ended') {
    if (leg.termination) ring.over(leg.termination);
    return;
  }
  if (leg.state === 'ringing' || leg.state === 'early') ring.rings();
  leg.subscribe((event) => {
    if (event.type === 'ringing' || event.type === 'early-media') ring.rings();
    if (event.type === 'ended') ring.over(event.termination);
  });
}

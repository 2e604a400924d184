import type { CallId, CallLeg, Clock, PartyAddress, Termination, Trunk, TrunkId } from '@yixian/contracts';
import { isTrunkFailure } from '../core/callee-failure.js';
import { endedLeg } from './ended-leg.js';
import { type OpenSeatRing, openSeatRing, watch } from './seat-ring.js';
import type { DialTrunk } from './trunk-dialer.js';

export interface NumberRingDeps {
  clock: Clock;
  dialTrunk: DialTrunk;
  /** How long a trunk may show no sign of the called party before the next one is tried, milliseconds. */
  trunkProgressMs: number;
}

export interface NumberRequest {
  number: string;
  /** In the order in which they are tried. */
  trunkIds: readonly TrunkId[];
  /** Whom the called party is shown, by trunk. */
  show(trunk: Trunk): PartyAddress;
  /** Altogether, whichever trunk. */
  timeoutMs: number;
  callId?: CallId;
  /** Told of every leg that is called. */
  dialled?: (leg: CallLeg) => void;
  /** What an answer leads to; default: the ring is accepted. The ring is over when the leg is. */
  answered?: (ring: OpenSeatRing, leg: CallLeg) => void;
}

/**
 * Rings a number over the trunks that allow it. The next trunk is tried when one is full, cannot be reached, answers 503
 * or shows no sign of the called party; never once something rang.
 */
export function ringNumber(deps: NumberRingDeps, request: NumberRequest): OpenSeatRing {
  const { clock, dialTrunk } = deps;
  const { number, trunkIds, timeoutMs } = request;
  const until = clock.monotonic() + timeoutMs;
  const none: Termination = { by: 'system', reason: 'unknown-number', text: `no trunk may call ${number}` };
  let current: CallLeg | undefined;
  let given: Termination | undefined;
  const ring = openSeatRing(endedLeg({ number }, { number: '' }, none), (termination) => {
    given = termination;
    current?.hangUp(termination);
    ring.over(termination);
  });

  function attempt(index: number, failed: Termination): void {
    const trunkId = trunkIds[index];
    if (trunkId === undefined) {
      ring.over(failed);
      return;
    }
    const left = until - clock.monotonic();
    if (left <= 0) {
      ring.over({ by: 'called', reason: 'no-answer' });
      return;
    }
    const { callId, show } = request;
    const dialled = dialTrunk({ trunkId, number, show, timeoutMs: left, ...(callId === undefined ? {} : { callId }) });
    if ('failed' in dialled) {
      attempt(index + 1, dialled.failed);
      return;
    }
    current = dialled.leg;
    ring.setLeg(current);
    request.dialled?.(current);
    follow(current, index);
  }

  function follow(leg: CallLeg, index: number): void {
    let progress = false;
    const another = index + 1 < trunkIds.length;
    const timer = another
      ? clock.setTimer(deps.trunkProgressMs, () => leg.hangUp({ by: 'system', reason: 'no-response', text: 'no sign of the called party' }))
      : undefined;
    const seen = () => {
      progress = true;
      timer?.cancel();
    };
    watch(leg, {
      rings() {
        seen();
        ring.rings();
      },
      early: () => ring.hearEarly(),
      answered() {
        seen();
        if (request.answered) request.answered(ring, leg);
        else ring.accept();
      },
      ended(termination) {
        timer?.cancel();
        if (another && !progress && !given && isTrunkFailure(termination)) attempt(index + 1, termination);
        else ring.over(given ?? termination);
      },
    });
  }

  attempt(0, none);
  return ring;
}

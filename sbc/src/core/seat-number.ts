import type { Seat } from '@yixian/contracts';
import { isDialable } from './number-rules.js';
import { type RoutingView, trunksAllowing } from './routing.js';

/** Why an agent's calls cannot ring there; undefined when they can. Names the field. */
export function seatRefusal(view: RoutingView, seat: Seat): string | undefined {
  const { number } = seat;
  if (seat.kind !== 'phone') {
    const extra = (['number', 'confirm', 'persistent', 'confirmEach'] as const).find((field) => seat[field] !== undefined);
    return extra && `${extra}: goes with kind phone only; other seats ring at the extension`;
  }
  if (number === undefined) return 'number: a seat of kind phone needs the number to call';
  if (!isDialable(number)) return `number: ${number.slice(0, 40)} is no telephone number`;
  // It would come back to us and ring in circles.
  if (view.accessCode(number) || view.extension(number) || view.group(number)) {
    return `number: ${number} is one of our own numbers; a phone seat is a line outside`;
  }
  if (trunksAllowing(view, number).length === 0) return `number: no trunk may call ${number}`;
  if (seat.confirmEach && !seat.persistent) return 'confirmEach: goes with persistent only; other seats are asked for each call anyway';
  return undefined;
}

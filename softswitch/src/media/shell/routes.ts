import type { MediaLeg } from './leg.js';

/** Listener → those it is to hear. */
export type RouteChange = readonly [MediaLeg, readonly MediaLeg[]];

/** The media thread's side of who hears whom. A listener who hears one party is passed its packets; one who hears several is mixed for. */
export class Routes {
  /** Puts all the changes into force before the next packet is looked at. What stays as it was is not touched. */
  set(changes: readonly RouteChange[]): void {
    for (const [listener, heard] of changes) this.#hear(listener, heard);
  }

  /** The leg hears and is heard no more. */
  remove(leg: MediaLeg): void {
    const listeners = [...new Set([...leg.relayTo, ...leg.mixedFor])];
    this.set([[leg, []], ...listeners.map((listener): RouteChange => [listener, listener.hears.filter((other) => other !== leg)])]);
  }

  #hear(listener: MediaLeg, heard: readonly MediaLeg[]): void {
    const before = listener.hears;
    if (same(before, heard)) return;
    for (const party of before) take(before.length === 1 ? party.relayTo : party.mixedFor, listener);
    for (const party of heard) (heard.length === 1 ? party.relayTo : party.mixedFor).push(listener);
    listener.hears = heard;
    // What comes next begins a talkspurt; a mix that goes on with others does not.
    if (before.length < 2 || heard.length < 2) listener.out.newFeed();
  }
}

const same = (a: readonly MediaLeg[], b: readonly MediaLeg[]): boolean => a.length === b.length && a.every((leg) => b.includes(leg));

function take(from: MediaLeg[], leg: MediaLeg): void {
  const at = from.indexOf(leg);
  if (at >= 0) from.splice(at, 1);
}

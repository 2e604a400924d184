import { JitterBuffer } from '../core/jitter-buffer.js';
import type { MediaEnvironment } from './environment.js';
import type { MediaLeg } from './leg.js';
import { Mixer } from './mixer.js';

/** Listener → those it is to hear. */
export type RouteChange = readonly [MediaLeg, readonly MediaLeg[]];

/** The media thread's side of who hears whom. A listener who hears one party is passed its packets; one who hears several is mixed for. */
export class Routes {
  readonly #env: MediaEnvironment;
  readonly #mixers = new Set<Mixer>();
  /** Who mixes for or from a leg. */
  readonly #mixerOf = new Map<MediaLeg, Mixer>();

  constructor(env: MediaEnvironment) {
    this.#env = env;
  }

  get mixers(): number {
    return this.#mixers.size;
  }

  /** What was lost on the way into mixes, over all. */
  mixLoss(): { late: number; madeUp: number } {
    const loss = { late: this.#env.counters.mixLate, madeUp: this.#env.counters.mixMadeUp };
    for (const { speaker } of this.#mixerOf.keys()) {
      loss.late += speaker?.late ?? 0;
      loss.madeUp += speaker?.madeUp ?? 0;
    }
    return loss;
  }

  /** Puts all the changes into force before the next packet is looked at. What stays as it was is not touched. */
  set(changes: readonly RouteChange[]): void {
    const touched = new Set<MediaLeg>();
    for (const [listener, heard] of changes) this.#hear(listener, heard, touched);
    this.#regroup(touched);
  }

  /** The leg hears and is heard no more. */
  remove(leg: MediaLeg): void {
    const listeners = [...new Set([...leg.relayTo, ...leg.mixedFor])];
    this.set([[leg, []], ...listeners.map((listener): RouteChange => [listener, listener.hears.filter((other) => other !== leg)])]);
  }

  #hear(listener: MediaLeg, heard: readonly MediaLeg[], touched: Set<MediaLeg>): void {
    const before = listener.hears;
    if (same(before, heard)) return;
    for (const party of before) take(before.length === 1 ? party.relayTo : party.mixedFor, listener);
    for (const party of heard) (heard.length === 1 ? party.relayTo : party.mixedFor).push(listener);
    listener.hears = heard;
    // What comes next begins a talkspurt; a mix that goes on with others does not.
    if (before.length < 2 || heard.length < 2) listener.out.newFeed();
    for (const leg of [listener, ...before, ...heard]) touched.add(leg);
  }

  /** Legs that are mixed with one another are one mixer's; a circle that falls apart keeps its mixer for one of the parts. */
  #regroup(touched: ReadonlySet<MediaLeg>): void {
    const seen = new Set<MediaLeg>();
    const claimed = new Set<Mixer>();
    const left = new Set<Mixer>();
    for (const start of touched) {
      if (seen.has(start)) continue;
      const circle = connected(start, seen);
      const known = new Set(circle.flatMap((leg) => this.#mixerOf.get(leg) ?? []));
      for (const mixer of known) left.add(mixer);
      const listeners = circle.filter((leg) => leg.hears.length > 1);
      const free = [...known].find((mixer) => !claimed.has(mixer));
      const mixer = listeners.length === 0 ? undefined : (free ?? new Mixer(this.#env));
      for (const leg of circle) this.#join(leg, mixer);
      if (!mixer) continue;
      claimed.add(mixer);
      this.#mixers.add(mixer);
      mixer.set(listeners);
    }
    for (const mixer of left) {
      if (claimed.has(mixer)) continue;
      mixer.set([]);
      this.#mixers.delete(mixer);
    }
  }

  #join(leg: MediaLeg, mixer: Mixer | undefined): void {
    if (mixer) this.#mixerOf.set(leg, mixer);
    else this.#mixerOf.delete(leg);
    if (leg.mixedFor.length > 0) {
      leg.speaker ??= new JitterBuffer();
    } else if (leg.speaker) {
      this.#env.counters.mixLate += leg.speaker.late;
      this.#env.counters.mixMadeUp += leg.speaker.madeUp;
      leg.speaker = undefined;
    }
  }
}

/** All legs that share a mix with this one, directly or through others. */
function connected(start: MediaLeg, seen: Set<MediaLeg>): MediaLeg[] {
  const circle: MediaLeg[] = [start];
  seen.add(start);
  for (const leg of circle) {
    for (const next of leg.hears.length > 1 ? [...leg.hears, ...leg.mixedFor] : leg.mixedFor) {
      if (seen.has(next)) continue;
      seen.add(next);
      circle.push(next);
    }
  }
  return circle;
}

const same = (a: readonly MediaLeg[], b: readonly MediaLeg[]): boolean => a.length === b.length && a.every((leg) => b.includes(leg));

function take(from: MediaLeg[], leg: MediaLeg): void {
  const at = from.indexOf(leg);
  if (at >= 0) from.splice(at, 1);
}

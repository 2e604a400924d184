/** What a call is placed by: larger key first, then who came first. */
export interface Placed {
  readonly key: number;
  readonly arrived: number;
  readonly order: number;
}

/** Within one queue: larger priority first, ageing counted, then first come. */
export function byPlace(a: Placed, b: Placed): number {
  if (a.key !== b.key) return b.key - a.key;
  return byArrival(a, b);
}

/** First come first, whatever the priorities. */
export function byArrival(a: Placed, b: Placed): number {
  return a.arrived - b.arrived || a.order - b.order;
}

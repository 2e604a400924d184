/**
 * The number itself, as the small integer it mostly is. A difference of epoch milliseconds is computed as a fraction at first,
 * and whatever field has once been given one keeps its numbers on the heap from then on, each by itself: one more look into
 * cold memory for every call and agent, for good.
 */
export function small(n: number): number {
  const whole = n | 0;
  return whole === n ? whole : n;
}

import { encodeAlaw, encodeUlaw } from './g711.js';

// Mixes of 16-bit samples: each listener's is the sum of all it hears, and the sum of a circle is made once: who speaks in it gets
// the sum less the own voice (N−1), who does not gets the sum as it is, encoded once for each law.

type Law = 'PCMA' | 'PCMU';

/** Up to here a sum is passed as it is; what is louder is pressed together, so that several loud voices do not clip. */
const KNEE = 24_576;
const ROOM = 32_767 - KNEE;

/** Soft limiting: continuous, monotonic, of slope one at the knee, within 16 bits for every sum. */
export function limit(sum: number): number {
  if (sum > KNEE) return KNEE + Math.trunc((ROOM * (sum - KNEE)) / (ROOM + (sum - KNEE)));
  if (sum < -KNEE) return -KNEE - Math.trunc((ROOM * (-KNEE - sum)) / (ROOM + (-KNEE - sum)));
  return sum;
}

const encoded = (one: (sample: number) => number): Uint8Array => Uint8Array.from({ length: 65_536 }, (_, i) => one(i - 32_768));

/** Sample + 32768 → octet. */
const OCTETS: Readonly<Record<Law, Uint8Array>> = { PCMA: encoded(encodeAlaw), PCMU: encoded(encodeUlaw) };

/** Adds a frame to a sum. */
export function add(sum: Int32Array, frame: Int16Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (frame[i] as number);
}

/** The sum, less one voice where given, as octets of a law. */
export function encodeMix(sum: Int32Array, less: Int16Array | undefined, law: Law, into: Uint8Array, at: number): void {
  const octets = OCTETS[law];
  for (let i = 0; i < sum.length; i++) {
    const value = (sum[i] as number) - (less ? (less[i] as number) : 0);
    into[at + i] = octets[(value > KNEE || value < -KNEE ? limit(value) : value) + 32_768] as number;
  }
}

/** Listeners whose mixes are made of one sum. */
export interface MixGroup<L> {
  /** Whose voices are in the sum. */
  readonly voices: readonly L[];
  /** `own`: the listener's own voice is in the sum and has to be taken out. */
  readonly listeners: readonly { readonly listener: L; readonly own: boolean }[];
}

/** Puts listeners together whose mixes differ in their own voices at most. */
export function planMix<L>(hearing: ReadonlyMap<L, readonly L[]>): MixGroup<L>[] {
  const speakers = new Map<L, number>();
  for (const heard of hearing.values()) for (const leg of heard) if (!speakers.has(leg)) speakers.set(leg, speakers.size);
  const groups = new Map<string, { voices: L[]; listeners: { listener: L; own: boolean }[] }>();
  for (const [listener, heard] of hearing) {
    const own = speakers.has(listener);
    const voices = own ? [...heard, listener] : [...heard];
    const key = voices
      .map((leg) => speakers.get(leg) as number)
      .sort((a, b) => a - b)
      .join();
    const group = groups.get(key) ?? { voices, listeners: [] };
    group.listeners.push({ listener, own });
    groups.set(key, group);
  }
  return [...groups.values()];
}

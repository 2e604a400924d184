/** Timer values of RFC 3261 §17 and Table 4, milliseconds. */
export const T1 = 500;
export const T2 = 4_000;
export const T4 = 5_000;
/** Timers B, F, H, J, L, M, and the wait for an ACK or a PRACK. */
export const T1_64 = 64 * T1;
/** Timer D on unreliable transports: at least 32 s. */
export const TIMER_D = 32_000;

export type TimerName = 'A' | 'B' | 'D' | 'E' | 'F' | 'G' | 'H' | 'I' | 'J' | 'K' | 'L' | 'M';

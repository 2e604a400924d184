import type { RecordingPause } from '@yixian/contracts';

export function pauseBegun(pauses: readonly RecordingPause[], at: number): RecordingPause[] {
  return [...pauses, { from: at, to: null }];
}

export function pauseEnded(pauses: readonly RecordingPause[], at: number): RecordingPause[] {
  return pauses.map((pause) => (pause.to === null ? { ...pause, to: Math.max(pause.from, at) } : pause));
}

/** Pauses as they stand when the recording is over: all ended, none outside of it. */
export function pausesWithin(
  pauses: readonly RecordingPause[],
  startedAt: number,
  endedAt: number,
): { pauses: RecordingPause[]; pausedMs: number } {
  const clipped = pauses.map(({ from, to }) => ({ from: Math.max(from, startedAt), to: Math.min(to ?? endedAt, endedAt) }));
  const real = clipped.filter(({ from, to }) => to > from);
  return { pauses: real, pausedMs: real.reduce((sum, { from, to }) => sum + to - from, 0) };
}

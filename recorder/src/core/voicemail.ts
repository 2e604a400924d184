import type { RecordingResult } from '@yixian/contracts';

/** A message shorter than this is a caller who hung up at the beep. */
export const SHORTEST_MESSAGE_MS = 1_000;

/** How long somebody spoke: the silence that ended the recording is no message. */
export function spokenMs(result: Pick<RecordingResult, 'durationMs' | 'reason'>, endAfterSilenceMs: number): number {
  return result.reason === 'silence' ? Math.max(0, result.durationMs - endAfterSilenceMs) : result.durationMs;
}

import type { CallerNotes } from '@yixian/contracts';
import { SHORTEST_MESSAGE_MS } from '../core/voicemail.js';
import type { Context } from './context.js';
import { startRecording } from './recording.js';
import { beep } from './voicemail.js';

type NoteRequest = Parameters<CallerNotes['record']>[0];

/**
 * What a caller says for a flow: a recording of the call like any other, whatever the policy, that ends by silence, a key, or
 * its longest duration. Undefined when nothing was said or it could not be kept.
 */
export async function takeNote(context: Context, request: NoteRequest): Promise<{ recordingId: string; durationMs: number } | undefined> {
  const { callId, caller, leg, maxDurationMs, endAfterSilenceMs, finishOn = '' } = request;
  await beep(leg);
  if (leg.state === 'ended') return undefined;
  let stop: (() => void) | undefined;
  let pressed = false;
  const unsubscribe = leg.subscribe((event) => {
    if (event.type !== 'digit' || !finishOn.includes(event.digit.digit)) return;
    // It may still be beginning.
    pressed = true;
    stop?.();
  });
  try {
    const recording = await startRecording(context, {
      ...{ callId, direction: 'inbound', otherParty: caller, left: leg.behind ?? leg, demanded: true },
      note: { maxDurationMs, endAfterSilenceMs },
    });
    if (!recording) return undefined;
    const over = ended(context, recording.id);
    stop = () => void recording.stop().catch((error: Error) => context.options.logger.error({ err: error, callId }, 'a note went on'));
    if (pressed) stop();
    // The leg behind goes on when a lent one is taken back.
    if (leg.behind) void leg.ended.then(stop);
    const durationMs = await over;
    // Silence that ended it is at its end: nothing but that, and nothing was said.
    const silent = durationMs >= endAfterSilenceMs && durationMs - endAfterSilenceMs < SHORTEST_MESSAGE_MS;
    return silent || durationMs === 0 ? undefined : { recordingId: recording.id, durationMs };
  } finally {
    unsubscribe();
    // The key that ended it is no choice for the next menu.
    leg.clearDigits();
  }
}

/** How long the recording became, when it is over; 0 when it failed. */
function ended({ options }: Context, recordingId: string): Promise<number> {
  return new Promise((resolve) => {
    const unsubscribe = options.events.subscribe((event) => {
      if (event.type !== 'recording.stopped' && event.type !== 'recording.failed') return;
      if (event.data.recordingId !== recordingId) return;
      unsubscribe();
      resolve(event.type === 'recording.stopped' ? event.data.durationMs : 0);
    });
  });
}

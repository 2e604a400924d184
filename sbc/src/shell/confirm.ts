import type { CallLeg, Clock, Logger, MediaItem, Playback, Prompts } from '@yixian/contracts';
import { newConfirmation, stepConfirmation } from '../core/confirmation.js';
import { messageOf } from './deadline.js';

export interface ConfirmDeps {
  clock: Pick<Clock, 'monotonic'>;
  logger: Logger;
  prompts?: Pick<Prompts, 'item'>;
}

export interface ConfirmTimes {
  /** How long each round waits for the key, its prompt included, milliseconds. */
  roundMs: number;
  rounds: number;
}

/** `cancelled`: whoever asked has cancelled the collection; it was decided elsewhere. */
export type Confirmed = 'accepted' | 'not-confirmed' | 'leg-ended' | 'cancelled';

const PROMPT = 'accept-call';
/** Where the prompt is missing: three beeps ask for the key. */
const BEEPS: MediaItem[] = [1, 2, 3].flatMap((): MediaItem[] => [
  { kind: 'tone', tone: 'beep', durationMs: 200 },
  { kind: 'silence', durationMs: 200 },
]);

/**
 * Asks an answered phone for key 1, by RFC 4733, INFO or as a tone in the audio: mobile networks often send tones only.
 * Nothing plays any more when it resolves; it never rejects.
 */
export async function askToAccept(deps: ConfirmDeps, leg: CallLeg, times: ConfirmTimes, language?: string): Promise<Confirmed> {
  const item = deps.prompts?.item(PROMPT, language);
  const question = item ? [item] : BEEPS;
  let state = newConfirmation(times.rounds);
  let prompt: Playback = leg.play(question);
  let roundEnds = deps.clock.monotonic() + times.roundMs;
  try {
    while (state.phase === 'asking') {
      const left = Math.max(1, roundEnds - deps.clock.monotonic());
      const { digits, reason } = await leg.collect({ maxDigits: 1, firstDigitTimeoutMs: left, interDigitTimeoutMs: left, inBand: true });
      if (reason === 'leg-ended' || leg.state === 'ended') return 'leg-ended';
      if (reason === 'cancelled') return 'cancelled';
      const step = stepConfirmation(state, digits ? { type: 'key', digit: digits } : { type: 'roundOver' });
      state = step.state;
      if (step.effect !== 'ask') continue;
      prompt = leg.play(question);
      roundEnds = deps.clock.monotonic() + times.roundMs;
    }
  } catch (error) {
    if (leg.state === 'ended') return 'leg-ended';
    deps.logger.error({ legId: leg.id, problem: messageOf(error) }, 'a virtual seat could not be asked to accept');
    return 'not-confirmed';
  } finally {
    prompt.stop();
  }
  return state.phase === 'accepted' ? 'accepted' : 'not-confirmed';
}

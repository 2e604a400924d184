import { type FindToneOptions, toneDurationMs } from './audio.js';
import type { BaresipPhone } from './baresip.js';
import { eventually } from './wait.js';

/** A machine that is busy with other tests is slow, not wrong. */
const HEARD_WITHIN_MS = 30_000;

/** A browser's microphone takes a steady tone for noise and lowers it: beside a telephone's it is weak, but there. */
const BESIDE_OTHERS = { minShare: 0.01, minLevel: 0.004 };

/** Milliseconds of a tone in what a phone heard in its newest call. */
export async function heardMs(phone: BaresipPhone, hertz: number, options?: FindToneOptions): Promise<number> {
  const { channels } = await phone.lastHeard();
  return toneDurationMs(channels[0] ?? new Int16Array(), hertz, options);
}

/**
 * Waits until a phone hears this tone, beside others too, or does so no longer: by the last second of what it has heard.
 * A phone that is sent nothing hears on what it heard last.
 */
export async function phoneHears(phone: BaresipPhone, hertz: number, is = true): Promise<void> {
  await eventually(
    `${phone.user} ${is ? 'hears' : 'does not hear'} ${hertz} Hz`,
    async () => {
      const lately = (await phone.heard()).at(-1)?.channels[0]?.slice(-8_000);
      if (!lately?.length) return undefined; // its stream has only just begun
      const ms = toneDurationMs(lately, hertz, BESIDE_OTHERS);
      return (is ? ms > 600 : ms < 50) ? true : undefined;
    },
    HEARD_WITHIN_MS,
  );
}

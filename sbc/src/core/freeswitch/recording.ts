// A recording is put together in frames of 20 ms from what each party said, one raw file per party (16 bit, 8 kHz, mono).

export const FRAME_MS = 20;
export const FRAME_SAMPLES = 160;
export const FRAME_BYTES = FRAME_SAMPLES * 2;

/** Something that held from a moment on. */
export interface Since<T> {
  at: number;
  value: T;
}

/** What held at a moment; the first entry before it began. */
export function heldAt<T>(log: readonly Since<T>[], at: number, before: T): T {
  for (let i = log.length - 1; i >= 0; i--) {
    const entry = log[i];
    if (entry && entry.at <= at) return entry.value;
  }
  return before;
}

/** The frames of a party on the wall clock. What FreeSWITCH did not write (no packets came) is silence where it fell. */
export interface Track {
  /** Wall clock of its first frame, moved by the gaps since. */
  readonly startedAt: number;
}

/** Which frame of a track stands at a moment; undefined before it began. */
export function frameAt(track: Track, at: number): number | undefined {
  const index = Math.round((at - track.startedAt) / FRAME_MS);
  return index < 0 ? undefined : index;
}

/** The track after a moment for which its file had no frame though it should have. */
export function withGap(track: Track): Track {
  return { startedAt: track.startedAt + FRAME_MS };
}

/** The sum of several voices, clipped. */
export function mixed(voices: readonly Int16Array[]): Int16Array {
  const sum = new Int16Array(FRAME_SAMPLES);
  for (let i = 0; i < FRAME_SAMPLES; i++) {
    let total = 0;
    for (const voice of voices) total += voice[i] ?? 0;
    sum[i] = Math.max(-32_768, Math.min(32_767, total));
  }
  return sum;
}

/** Interleaved samples of one frame. */
export function frameOf(channels: readonly Int16Array[]): Int16Array {
  const frame = new Int16Array(FRAME_SAMPLES * channels.length);
  for (const [c, samples] of channels.entries()) {
    for (let i = 0; i < FRAME_SAMPLES; i++) frame[i * channels.length + c] = samples[i] ?? 0;
  }
  return frame;
}

/** Mean square below which a frame is silence: about -50 dBm0. */
const SILENT = 100 * 100;

export function isSilence(samples: Int16Array): boolean {
  let energy = 0;
  for (const sample of samples) energy += sample * sample;
  return energy / Math.max(1, samples.length) < SILENT;
}

export const WAV_HEADER_BYTES = 44;

/** The header of a PCM16 WAV of 8 kHz. */
export function wavHeader(channels: number, dataBytes: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(WAV_HEADER_BYTES));
  const text = (at: number, word: string): void => {
    for (let i = 0; i < word.length; i++) view.setUint8(at + i, word.charCodeAt(i));
  };
  text(0, 'RIFF');
  view.setUint32(4, 36 + dataBytes, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, 8_000, true);
  view.setUint32(28, 8_000 * 2 * channels, true);
  view.setUint16(32, 2 * channels, true);
  view.setUint16(34, 16, true);
  text(36, 'data');
  view.setUint32(40, dataBytes, true);
  return new Uint8Array(view.buffer);
}

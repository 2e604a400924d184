import { noise } from './audio.js';

/** Half a second and more that is as hard on a speech coder as speech: glides of pitch and formants, noise, silence, a click. */
export function likeSpeech(frames: number): Int16Array {
  const random = noise(7);
  const out = new Int16Array(frames * 80);
  let phase = 0;
  let [y1, y2] = [0, 0];
  for (let n = 0; n < out.length; n++) {
    const t = n / out.length;
    phase += (110 + 70 * Math.sin(5 * t)) / 8000;
    const pulse = phase >= 1 ? 1 : 0;
    if (pulse) phase -= 1;
    const voiced = t < 0.55 || t > 0.8;
    const drive = (voiced ? 9000 * pulse : 0) + 250 * random();
    const formant = 2 * Math.PI * ((500 + 700 * t) / 8000);
    const y = drive + 1.9 * 0.97 * Math.cos(formant) * y1 - 0.92 * y2;
    [y2, y1] = [y1, y];
    out[n] = Math.max(-32768, Math.min(32767, Math.round(t > 0.7 && t < 0.75 ? 0 : y)));
  }
  return out;
}

// Music for the queue: an own slow melody over soft chords in C pentatonic. Notes ring over the loop point, so the loop has no seam.

const MIDI_A4 = 69;
const frequency = (midi) => 440 * 2 ** ((midi - MIDI_A4) / 12);

// Eight bars of four beats; chords C, Am, F, G, C, Em, F, G as low arpeggios.
const CHORDS = [
  [48, 55, 60, 64],
  [45, 52, 57, 60],
  [41, 48, 53, 57],
  [43, 50, 55, 59],
  [48, 55, 60, 64],
  [40, 47, 52, 55],
  [41, 48, 53, 57],
  [43, 50, 55, 62],
];
// [beat, midi, beats]
const MELODY = [
  [0, 76, 1.5],
  [1.5, 74, 0.5],
  [2, 72, 1],
  [3, 67, 1],
  [4, 69, 1.5],
  [5.5, 72, 0.5],
  [6, 76, 2],
  [8, 77, 1],
  [9, 76, 1],
  [10, 72, 1],
  [11, 69, 1],
  [12, 74, 3],
  [16, 79, 1.5],
  [17.5, 76, 0.5],
  [18, 74, 1],
  [19, 72, 1],
  [20, 71, 1.5],
  [21.5, 74, 0.5],
  [22, 67, 2],
  [24, 69, 1],
  [25, 72, 1],
  [26, 77, 1],
  [27, 76, 1],
  [28, 74, 1.5],
  [29.5, 71, 0.5],
  [30, 72, 2],
];
const BEATS = 32;
const PEAK = 0.28;

/** A plucked, bell-like note: few harmonics (the telephone passes 300–3400 Hz), quick attack, long decay. */
function strike(samples, rate, startSeconds, midi, seconds, level) {
  const f = frequency(midi);
  const begin = Math.round(startSeconds * rate);
  const length = Math.round(seconds * rate);
  for (let i = 0; i < length; i++) {
    const t = i / rate;
    const attack = Math.min(1, t / 0.012);
    const release = Math.min(1, (length - i) / (0.08 * rate));
    const decay = Math.exp(-t * 1.6);
    const tone =
      Math.sin(2 * Math.PI * f * t) +
      0.35 * Math.sin(4 * Math.PI * f * t) * Math.exp(-t * 2) +
      0.12 * Math.sin(6 * Math.PI * f * t) * Math.exp(-t * 3);
    const at = (begin + i) % samples.length;
    samples[at] += tone * attack * decay * release * level;
  }
}

/**
 * @param {number} seconds length of the loop
 * @param {number} rate samples a second
 * @returns {Buffer} 16-bit little-endian mono samples
 */
export function renderMusic(seconds, rate) {
  const samples = new Float64Array(seconds * rate);
  const beat = seconds / BEATS;
  for (const [at, midi, beats] of MELODY) strike(samples, rate, at * beat, midi, beats * beat + 1.2, 1);
  CHORDS.forEach((chord, bar) => {
    const order = [0, 2, 1, 3, 2, 3, 1, 2];
    order.forEach((note, i) => {
      strike(samples, rate, (bar * 4 + i / 2) * beat, chord[note] + 12, 2 * beat + 0.6, 0.3);
    });
  });
  const peak = samples.reduce((most, s) => Math.max(most, Math.abs(s)), 0);
  const out = Buffer.alloc(samples.length * 2);
  samples.forEach((s, i) => {
    out.writeInt16LE(Math.round((s / peak) * PEAK * 32767), i * 2);
  });
  return out;
}

// What a leg of G.729 costs: `node softswitch/dist/bench/g729.js`. Figures go into docs/performance-media.md.
import { G729Decoder } from '../src/media/core/g729/decoder.js';
import { G729Encoder } from '../src/media/core/g729/encoder.js';
import { likeSpeech } from '../test/media/g729-speech.js';

const FRAMES = 3_000;
const speech = likeSpeech(FRAMES);
const octets = new Uint8Array(FRAMES * 10);
const heard = new Int16Array(80);

function percentOfCore(work: (frame: number) => void): number {
  for (let i = 0; i < FRAMES; i++) work(i);
  const before = process.cpuUsage();
  for (let i = 0; i < FRAMES; i++) work(i);
  const { user, system } = process.cpuUsage(before);
  return ((user + system) / 1_000 / (FRAMES * 10)) * 100;
}

const encoder = new G729Encoder();
const decoder = new G729Decoder();
const coding = percentOfCore((i) => encoder.encode(speech, i * 80, octets, i * 10));
const decoding = percentOfCore((i) => decoder.decode(octets, i * 10, heard, 0));
console.log(`coder ${coding.toFixed(2)} % of a core, decoder ${decoding.toFixed(2)} %, a leg ${(coding + decoding).toFixed(2)} %`);

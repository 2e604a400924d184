import { buildHead, DamagedContainer, HEAD_BYTES, type Head, PREFIX_BYTES, parseHead, type Suite } from './container.js';

// The file of an encrypted recording that is still going on. Nothing in it is ever written twice: what is there is there, and a
// writer that dies leaves whole pieces and at most a part of one. When it is over its audio goes into the container in which it
// stays (`container.ts`), whose head has to know the length.
//
//   0    128 head of a container with "YXP1" in front, no length, and at 80 the number of channels
//   128  384 key slots, as in a container
//   512  …   pieces: length of the audio (4 bytes, big-endian), cipher text, tag

const MAGIC = new TextEncoder().encode('YXP1');
const CHANNELS_AT = 80;
export const LENGTH_BYTES = 4;

export interface RunningHead extends Head {
  channels: 1 | 2;
}

export function buildRunningHead({ suite, id, channels }: { suite: Suite; id: string; channels: 1 | 2 }): Uint8Array {
  const head = buildHead({ suite, audioBytes: 0, id });
  head.set(MAGIC);
  head[CHANNELS_AT] = channels;
  return head;
}

/** @throws DamagedContainer saying what is not as it should be */
export function parseRunningHead(bytes: Uint8Array): RunningHead {
  const head = Uint8Array.from(bytes.subarray(0, HEAD_BYTES));
  if (!MAGIC.every((byte, at) => head[at] === byte)) throw new DamagedContainer('the file is no recording under way');
  const channels = head[CHANNELS_AT];
  if (channels !== 1 && channels !== 2) throw new DamagedContainer('the file names an impossible number of channels');
  head.set(new TextEncoder().encode('YXR1'));
  return { ...parseHead(head), channels };
}

export interface Piece {
  index: number;
  /** Of its cipher text in the file. */
  offset: number;
  /** Of its audio in the recording, and how long that is. */
  at: number;
  bytes: number;
}

/** Where the pieces begin. */
export const firstPiece: Piece = { index: -1, offset: PREFIX_BYTES, at: 0, bytes: 0 };

/** The piece after `last`, whose length stands at `nextOffset(last)`. Undefined when it is not whole, or none. */
export function nextPiece(head: RunningHead, last: Piece, tagBytes: number, bytes: number, fileBytes: number): Piece | undefined {
  const offset = nextOffset(last, tagBytes) + LENGTH_BYTES;
  if (bytes === 0 || bytes > head.chunkBytes || offset + bytes + tagBytes > fileBytes) return undefined;
  return { index: last.index + 1, offset, at: last.at + last.bytes, bytes };
}

export function nextOffset(last: Piece, tagBytes: number): number {
  return last.index < 0 ? PREFIX_BYTES : last.offset + last.bytes + tagBytes;
}

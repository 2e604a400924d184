// What a recording writes to, and the buffers that all of them share.

/** 1.28 s of stereo. */
export const CHUNK_BYTES = 40_960;
/** A disk that is so far behind (about ten seconds of stereo) is given up. */
export const MAX_QUEUED_BYTES = 320_000;
const MAX_SPARE_CHUNKS = 16;

export interface AudioWriter {
  /** Why nothing can be written any more. */
  readonly error: string | undefined;
  /** A buffer to fill and give to `write`. */
  borrow(): Uint8Array;
  /** Takes the first `bytes` of it; the buffer is the writer's. */
  write(chunk: Uint8Array, bytes: number): void;
  /** Calls back once everything is written, or has failed, with the bytes of audio that were. */
  close(done: (error: string | undefined, bytes: number) => void): void;
}

const spare: Uint8Array[] = [];

export function borrowChunk(): Uint8Array {
  return spare.pop() ?? new Uint8Array(CHUNK_BYTES);
}

export function giveBack(chunk: Uint8Array): void {
  if (chunk.length === CHUNK_BYTES && spare.length < MAX_SPARE_CHUNKS) spare.push(chunk);
}

import { type FileHandle, open } from 'node:fs/promises';
import type { AudioSource } from '@yixian/contracts';
import { DamagedContainer, PREFIX_BYTES, slotsOf, TAG_OF } from '../core/container.js';
import { firstPiece, LENGTH_BYTES, nextOffset, nextPiece, type Piece, parseRunningHead, type RunningHead } from '../core/running.js';
import { WAV_HEADER_BYTES, wavHeader } from '../core/wav.js';
import { authenticated, openSlots, readExactly, rewrapSlots } from './container-file.js';
import type { Keyring, MasterKey } from './keyring.js';
import { cipherOf } from './suites.js';

/** An encrypted recording under way, or left by a process that died, as the WAV it is. */
export interface RunningAudio extends AudioSource {
  head: RunningHead;
  durationMs: number;
}

interface Opened {
  head: RunningHead;
  headBytes: Uint8Array;
  key: Uint8Array;
  pieces: Piece[];
}

const FRAMES_PER_MS = 8;

/**
 * What is in it now, to its last whole piece.
 * @param id of the recording it has to hold
 * @throws DamagedContainer, KeyMissing, or an error of the file system
 */
export async function openRunning(path: string, id: string, keyring: Pick<Keyring, 'get'>): Promise<RunningAudio> {
  const file = await open(path, 'r');
  try {
    return audioOf(path, await look(file, id, keyring));
  } finally {
    await file.close();
  }
}

/**
 * Cuts off what cannot be opened at its end, and flushes it: the torn piece of a writer that died, or all from the first that was
 * changed.
 * @returns the audio that is left and how many whole pieces were cut off
 * @throws DamagedContainer, KeyMissing, or an error of the file system
 */
export async function mendRunning(path: string, id: string, keyring: Pick<Keyring, 'get'>): Promise<{ audio: RunningAudio; lost: number }> {
  const file = await open(path, 'r+');
  try {
    const opened = await look(file, id, keyring);
    const found = opened.pieces.length;
    let sound = 0;
    while (sound < found && (await openPiece(file, opened, opened.pieces[sound] as Piece))) sound += 1;
    opened.pieces.length = sound;
    await file.truncate(nextOffset(opened.pieces.at(-1) ?? firstPiece, TAG_OF[opened.head.suite]));
    await file.sync();
    return { audio: audioOf(path, opened), lost: found - sound };
  } finally {
    await file.close();
  }
}

/** The master keys its data key is wrapped with; none when the file is not there or no such file. */
export async function keysOfRunning(path: string): Promise<string[]> {
  try {
    const file = await open(path, 'r');
    try {
      return slotsOf(await readExactly(file, 0, PREFIX_BYTES)).flatMap((slot) => slot?.keyId ?? []);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof DamagedContainer || (error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/**
 * Lets it depend on another master key, while it grows.
 * @throws DamagedContainer, KeyMissing, or an error of the file system
 */
export async function rewrapRunning(path: string, keyring: Pick<Keyring, 'get'>, master: MasterKey): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const prefix = await readExactly(file, 0, PREFIX_BYTES);
    const { suite } = parseRunningHead(prefix);
    await rewrapSlots(file, suite, await openSlots(prefix, suite, keyring), master);
  } finally {
    await file.close();
  }
}

async function look(file: FileHandle, id: string, keyring: Pick<Keyring, 'get'>): Promise<Opened> {
  const prefix = await readExactly(file, 0, PREFIX_BYTES);
  const head = parseRunningHead(prefix);
  if (head.id !== id) throw new DamagedContainer(`the file holds ${head.id}`);
  const { headBytes, key } = await openSlots(prefix, head.suite, keyring);
  const { size } = await file.stat();
  const tagBytes = TAG_OF[head.suite];
  const pieces: Piece[] = [];
  for (let last: Piece | undefined = firstPiece; last; ) {
    const at = nextOffset(last, tagBytes);
    const bytes: number = at + LENGTH_BYTES > size ? 0 : (await readExactly(file, at, LENGTH_BYTES)).readUInt32BE();
    last = nextPiece(head, last, tagBytes, bytes, size);
    if (last) pieces.push(last);
  }
  return { head, headBytes, key, pieces };
}

/** Undefined when it was changed. */
async function openPiece(file: FileHandle, { head, headBytes, key }: Opened, piece: Piece): Promise<Uint8Array | undefined> {
  const cipher = cipherOf(head.suite);
  const sealed = await readExactly(file, piece.offset, piece.bytes + TAG_OF[head.suite]);
  const [text, tag] = [sealed.subarray(0, piece.bytes), sealed.subarray(piece.bytes)];
  return cipher.open(key, cipher.chunkIv(piece.index, head.chunkBytes), text, tag, authenticated(headBytes, piece.index));
}

function audioOf(path: string, opened: Opened): RunningAudio {
  const { head, pieces } = opened;
  const last = pieces.at(-1);
  const audioBytes = last ? last.at + last.bytes : 0;
  const bytes = WAV_HEADER_BYTES + audioBytes;
  return {
    ...{ head, bytes, durationMs: Math.round(audioBytes / (2 * head.channels) / FRAMES_PER_MS) },
    async *read(from, to) {
      if (from < WAV_HEADER_BYTES) yield wavHeader(head.channels, audioBytes).subarray(from, Math.min(to, WAV_HEADER_BYTES));
      const [start, end] = [Math.max(0, from - WAV_HEADER_BYTES), Math.min(to, bytes) - WAV_HEADER_BYTES];
      if (start >= end) return;
      const file = await open(path, 'r');
      try {
        for (let n = firstAfter(pieces, start); n < pieces.length; n += 1) {
          const piece = pieces[n] as Piece;
          if (piece.at >= end) return;
          const plain = await openPiece(file, opened, piece);
          if (!plain) throw new DamagedContainer(`the file was changed within bytes ${piece.offset} to ${piece.offset + piece.bytes}`);
          yield plain.subarray(Math.max(0, start - piece.at), Math.min(piece.bytes, end - piece.at));
        }
      } finally {
        await file.close();
      }
    },
  };
}

/** The piece that holds this byte of the audio. */
function firstAfter(pieces: readonly Piece[], at: number): number {
  let [low, high] = [0, pieces.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const piece = pieces[middle] as Piece;
    if (piece.at + piece.bytes <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

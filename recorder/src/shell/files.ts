import { chmod, mkdir, open, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { HEADER_WINDOW, repairWav, type WavRepair } from '../core/wav.js';

/** `2026/03/01/rec-….wav`, the day in UTC. */
export function datedName(id: string, at: number, folder = ''): string {
  const day = new Date(at).toISOString().slice(0, 10).replaceAll('-', '/');
  return join(folder, day, `${id}.wav`);
}

/** @throws Error when `name` leads out of the folder */
export function within(directory: string, name: string): string {
  const path = resolve(directory, name);
  if (!path.startsWith(resolve(directory) + sep)) throw new Error(`${name} is not inside the recordings folder`);
  return path;
}

/** Makes the folder of a file, which only its owner can enter. Each time anew: somebody may have tidied it away. */
export async function makeFolder(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
}

export async function freeBytes(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

export async function makePrivate(path: string): Promise<void> {
  await chmod(path, 0o600);
}

export async function isMissing(path: string): Promise<boolean> {
  try {
    await stat(path);
    return false;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
    throw error;
  }
}

/**
 * Makes the WAV of a killed writer playable to its last sample, in place and flushed to disk.
 * @throws Error when there is no file or it is not a WAV
 */
export async function repairFile(path: string): Promise<WavRepair> {
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    const head = new Uint8Array(Math.min(size, HEADER_WINDOW));
    await file.read(head, 0, head.byteLength, 0);
    const repair = repairWav(head, size);
    if (size !== repair.length) await file.truncate(repair.length);
    for (const { offset, value } of repair.patches) {
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setUint32(0, value, true);
      await file.write(bytes, 0, 4, offset);
    }
    await file.sync();
    return repair;
  } finally {
    await file.close();
  }
}

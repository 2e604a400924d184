import { open, rm, stat } from 'node:fs/promises';
import type { AudioCipher, AudioSeal, AudioSink, AudioSource } from '@yixian/contracts';
import { DamagedContainer } from '../core/container.js';
import { createDigester, type Digests, encryptAudio, openContainer } from './container-file.js';
import type { Context } from './context.js';
import { isMissing, within } from './files.js';
import type { MasterKey } from './keyring.js';
import { mendRunning, openRunning, type RunningAudio, rewrapRunning } from './running-file.js';
import { hashOf, signatureOf } from './suites.js';

// What is done with audio before and when it is over: it is encrypted where the settings ask for it, and sealed.

/** Audio in the form in which it stays. */
export interface Kept {
  /** Relative to the recordings folder. */
  file: string;
  cipher: AudioCipher;
  digests: Digests;
  master: MasterKey;
  /** To be called when the row tells of the master key. */
  release(): void;
}

export const containerName = (name: string): string => name.replace(/\.wav$/, '.yxr');
/** Of a recording that is encrypted and not over. */
export const runningName = (name: string): string => name.replace(/\.wav$/, '.yxp');

/** How audio is written until it is over. */
export interface Writing {
  /** Undefined: as a plain file. */
  sink: AudioSink | undefined;
  /**
   * To be called when others can see the file by its row or note: a master key that another process was just removing is exchanged.
   * Never rejects.
   */
  seen(): Promise<void>;
  /** To be called when it is stored: its master key may go. */
  release(): void;
  /** It has not begun after all. */
  abandon(): Promise<void>;
}

const PLAIN: Writing = { sink: undefined, seen: async () => undefined, release: () => undefined, abandon: async () => undefined };

/**
 * Readies the encrypted file of a recording where the settings ask for it. A switch that takes no sink writes a plain file, which
 * is encrypted when it is over.
 */
export async function beginWriting(context: Context, about: { id: string; path: string; channels: 1 | 2 }): Promise<Writing> {
  const { keyring, sealing, options } = context;
  const suite = context.cipher();
  if (suite === 'none' || !options.switch.takesSinks) return PLAIN;
  const master = await keyring.current();
  const release = keyring.claim(master.id);
  const path = runningName(about.path);
  try {
    const sink = await sealing.begin({ ...about, path, suite, master });
    return {
      sink,
      release,
      async seen() {
        if (await keyring.has(master.id)) return;
        await context
          .alone(async () => rewrapRunning(path, keyring, await keyring.current()))
          .catch((error: unknown) => options.logger.error({ err: error, id: about.id }, 'a recording keeps a master key that is removed'));
      },
      async abandon() {
        release();
        sink.close();
        await rm(path, { force: true });
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

/**
 * Encrypts the file where the settings ask for it; the plain one is gone when this resolves. Tried again after a failure it
 * begins anew, and finds what a dead process had finished.
 */
export async function storeAudio(context: Context, id: string, name: string): Promise<Kept> {
  const { options, keyring, background } = context;
  const master = await keyring.current();
  const release = keyring.claim(master.id);
  try {
    return { ...(await background.queue(() => keep(context, id, name, master))), master, release };
  } catch (error) {
    release();
    options.logger.error({ err: error, id }, 'what was recorded cannot be stored yet');
    throw error;
  }
}

async function keep(context: Context, id: string, name: string, master: MasterKey): Promise<Pick<Kept, 'file' | 'cipher' | 'digests'>> {
  const from = within(context.options.directory, name);
  const container = within(context.options.directory, containerName(name));
  const running = runningName(from);
  if (!(await isMissing(running))) {
    const audio = await openRunning(running, id, context.keyring);
    const inForce = context.cipher();
    // What began encrypted is never plain.
    const cipher = inForce === 'none' ? audio.head.suite : inForce;
    const digests = await encryptRunning(context, audio, { running, to: container, id, suite: cipher, master, hash: hashOf(cipher) });
    await rm(running, { force: true });
    context.counters.encrypted += 1;
    return { file: containerName(name), cipher, digests };
  }
  if (await isMissing(from)) {
    // Encrypted, and killed before the row knew of it.
    const source = await openContainer(container, id, context.keyring);
    return {
      file: containerName(name),
      cipher: await cipherInside(container),
      digests: await digestsOf(source, await cipherInside(container)),
    };
  }
  const cipher = context.cipher();
  if (cipher === 'none') return { file: name, cipher, digests: await digestsOf(await plainSource(from), cipher) };
  const digests = await encryptAudio({ from: await plainSource(from), to: container, id, suite: cipher, master, hash: hashOf(cipher) });
  await rm(from, { force: true });
  context.counters.encrypted += 1;
  return { file: containerName(name), cipher, digests };
}

/** Where a piece was changed, what was said before it. */
async function encryptRunning(
  { options, keyring }: Context,
  audio: RunningAudio,
  request: Omit<Parameters<typeof encryptAudio>[0], 'from'> & { running: string },
): Promise<Digests> {
  try {
    return await encryptAudio({ ...request, from: audio });
  } catch (error) {
    if (!(error instanceof DamagedContainer)) throw error;
    const { audio: sound, lost } = await mendRunning(request.running, request.id, keyring);
    options.logger.error({ err: error, id: request.id, lost }, 'a recording was changed while it was written: what is behind that is lost');
    return encryptAudio({ ...request, from: sound });
  }
}

async function cipherInside(path: string): Promise<AudioCipher> {
  const file = await open(path, 'r');
  try {
    const { buffer } = await file.read(Buffer.alloc(5), 0, 5, 0);
    return buffer[4] === 1 ? 'aes-256-gcm' : 'sm4-ctr-sm3';
  } finally {
    await file.close();
  }
}

export async function digestsOf(source: AudioSource, cipher: AudioCipher): Promise<Digests> {
  const digester = createDigester(hashOf(cipher));
  for await (const piece of source.read(0, source.bytes)) digester.take(piece);
  return digester.digests();
}

const PIECE_BYTES = 64 * 1024;

/** A file as it is. */
export async function plainSource(path: string): Promise<AudioSource> {
  const { size } = await stat(path);
  return {
    bytes: size,
    async *read(from, to) {
      const file = await open(path, 'r');
      try {
        for (let at = from; at < to; ) {
          const { bytesRead, buffer } = await file.read(
            Buffer.alloc(Math.min(PIECE_BYTES, to - at)),
            0,
            Math.min(PIECE_BYTES, to - at),
            at,
          );
          if (bytesRead === 0) throw new Error('the file ends too early');
          at += bytesRead;
          yield buffer.subarray(0, bytesRead);
        }
      } finally {
        await file.close();
      }
    },
  };
}

export function sealOf({ cipher, digests, master }: Pick<Kept, 'cipher' | 'digests' | 'master'>, facts: string): AudioSeal {
  const hash = hashOf(cipher);
  return { hash, content: digests.content, keyId: master.id, signature: signatureOf(hash, master.key, facts, digests.content) };
}

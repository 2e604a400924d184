import type { AudioKind, AudioSeal, StoredAudio } from '@yixian/contracts';
import { recordingFacts, voicemailFacts } from '../core/facts.js';
import { rewrapFile } from './container-file.js';
import type { Context } from './context.js';
import { within } from './files.js';
import type { MasterKey } from './keyring.js';
import { sameHex, signatureOf } from './suites.js';

// What one file and its row depend on: exchanged for another master key.

/**
 * To be called when a row tells of a master key: whoever removed that key in the same moment may not have seen the row. What depends
 * on it is given the newest one. Never rejects.
 */
export async function keepOpenable(context: Context, kind: AudioKind, id: string, keyId: string): Promise<void> {
  const { rows, logger } = context.options;
  try {
    if (await context.keyring.has(keyId)) return;
    await context.alone(async () => {
      if ((await context.keyring.ids()).length === 0) throw new Error('the keys folder is empty');
      const master = await context.keyring.current();
      if (kind === 'recording') {
        const row = await rows.recording(id);
        if (row?.seal?.keyId === keyId) await rows.update(id, { seal: await rekeyed(context, row, recordingFacts(row), master) });
      } else {
        const row = await rows.voicemail(id);
        if (row?.seal?.keyId === keyId) await rows.updateVoicemail(id, { seal: await rekeyed(context, row, voicemailFacts(row), master) });
      }
    });
    logger.info({ id, keyId }, 'its master key was removed while it was stored: it depends on the newest one');
  } catch (error) {
    logger.error({ err: error, id, keyId }, 'its master key was removed while it was stored');
  }
}

/** The old signature has to be good before a new one is put in its place: a forged row must not become a true one. */
export async function rekeyed(context: Context, row: StoredAudio & { id: string }, facts: string, master: MasterKey): Promise<AudioSeal> {
  const { seal } = row;
  if (!seal) throw new Error('it has no signature');
  const old = await context.keyring.get(seal.keyId);
  if (!old) throw new Error(`the master key ${seal.keyId} is not in the keys folder`);
  if (!sameHex(signatureOf(seal.hash, old.key, facts, seal.content), seal.signature)) throw new Error('its signature is not good');
  if (row.cipher !== 'none') await rewrapFile(within(context.options.directory, row.file), context.keyring, master);
  return { ...seal, keyId: master.id, signature: signatureOf(seal.hash, master.key, facts, seal.content) };
}

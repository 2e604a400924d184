import type { AudioKind, RecordingRow, RecordingRows, VoicemailRow } from '@yixian/contracts';
import { DamagedContainer } from '../core/container.js';
import { recordingFacts, voicemailFacts } from '../core/facts.js';
import { KeyMissing, openContainer } from './container-file.js';
import { messageOf } from './context.js';
import { within } from './files.js';
import type { Keyring } from './keyring.js';
import { digestsOf, plainSource } from './store-audio.js';
import { sameHex, signatureOf } from './suites.js';

/** What became of one file. `unsealed`: older than seals; its checksum fits, its row cannot be checked. */
export type Verdict =
  | { state: 'good' | 'unsealed' }
  | { state: 'missing' | 'truncated' | 'changed' | 'swapped' | 'row-changed' | 'key-missing' | 'unreadable'; text: string };

export interface Verified {
  kind: AudioKind;
  id: string;
  file: string;
  verdict: Verdict;
}

export interface VerifyDeps {
  rows: Pick<RecordingRows, 'keptRecordings' | 'keptVoicemails'>;
  directory: string;
  keyring: Pick<Keyring, 'get'>;
}

const BATCH = 200;

/** Reads every file that is kept and compares it with its row, one at a time, in the order of ids. */
export async function* verifyAll(deps: VerifyDeps): AsyncGenerator<Verified> {
  for await (const row of every((after) => deps.rows.keptRecordings(after, BATCH))) {
    // A recording that failed has no audio to answer for.
    if (row.state === 'failed') continue;
    yield { kind: 'recording', id: row.id, file: row.file, verdict: await verify(deps, row, recordingFacts(row)) };
  }
  for await (const row of every((after) => deps.rows.keptVoicemails(after, BATCH))) {
    yield { kind: 'voicemail', id: row.id, file: row.file, verdict: await verify(deps, row, voicemailFacts(row)) };
  }
}

async function* every<R extends { id: string }>(page: (after: string) => Promise<R[]>): AsyncGenerator<R> {
  for (let after = ''; ; ) {
    const rows = await page(after);
    yield* rows;
    const last = rows.at(-1);
    if (!last) return;
    after = last.id;
  }
}

async function verify(deps: VerifyDeps, row: RecordingRow | VoicemailRow, facts: string): Promise<Verdict> {
  const { seal } = row;
  try {
    const content = await contentOf(deps, row);
    if (content) return content;
    if (!seal) return { state: 'unsealed' };
    const master = await deps.keyring.get(seal.keyId);
    if (!master) return { state: 'key-missing', text: `the master key ${seal.keyId} is not in the keys folder` };
    if (sameHex(signatureOf(seal.hash, master.key, facts, seal.content), seal.signature)) return { state: 'good' };
    return { state: 'row-changed', text: 'the row in the database was changed' };
  } catch (error) {
    return { state: 'unreadable', text: messageOf(error) };
  }
}

/** What is wrong with the file itself; undefined for nothing. */
async function contentOf(deps: VerifyDeps, row: RecordingRow | VoicemailRow): Promise<Verdict | undefined> {
  const { directory, keyring } = deps;
  try {
    const path = within(directory, row.file);
    const source = row.cipher === 'none' ? await plainSource(path) : await openContainer(path, row.id, keyring);
    const expected = row.bytes ?? source.bytes;
    const { sha256, content } = await digestsOf(source, row.cipher);
    const same = sameHex(sha256, row.sha256 ?? '') && (row.seal === null || sameHex(content, row.seal.content));
    if (same) return undefined;
    const other = await holderOf(deps.rows, sha256);
    if (!other && source.bytes < expected) return { state: 'truncated', text: `${source.bytes} bytes of ${expected} are left` };
    return other ? { state: 'swapped', text: `the file holds ${other}` } : { state: 'changed', text: 'the audio is not what was recorded' };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { state: 'missing', text: 'the file is not there' };
    if (error instanceof KeyMissing) return { state: 'key-missing', text: error.message };
    if (!(error instanceof DamagedContainer)) throw error;
    const swapped = /^the file holds /.test(error.message);
    const truncated = /truncated|ends (too early|within)/.test(error.message);
    return { state: swapped ? 'swapped' : truncated ? 'truncated' : 'changed', text: error.message };
  }
}

/** Whose audio this is; asked only of a file that is not what it should be. */
async function holderOf(rows: VerifyDeps['rows'], sha256: string): Promise<string | undefined> {
  for await (const row of every((after) => rows.keptRecordings(after, BATCH))) if (row.sha256 === sha256) return row.id;
  for await (const row of every((after) => rows.keptVoicemails(after, BATCH))) if (row.sha256 === sha256) return row.id;
  return undefined;
}

import type { AudioKind, RecordingRow, RecordingRows, VoicemailRow } from '@yixian/contracts';

const finished = (row: RecordingRow): boolean => row.state === 'complete' || row.state === 'failed';
const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1);

/** The rows in memory, by the rules of the tables. */
export class MemoryRows implements RecordingRows {
  recordings = new Map<string, RecordingRow>();
  voicemails: VoicemailRow[] = [];
  erasedIds = new Set<string>();
  /** So many of the next writes fail. */
  failures = 0;

  async #write(): Promise<void> {
    if (this.failures === 0) return;
    this.failures -= 1;
    throw new Error('the database is away');
  }

  async insert(row: RecordingRow): Promise<void> {
    await this.#write();
    if (!this.recordings.has(row.id)) this.recordings.set(row.id, structuredClone(row));
  }

  async update(id: string, change: Partial<RecordingRow>): Promise<void> {
    await this.#write();
    const row = this.recordings.get(id);
    if (row) this.recordings.set(id, { ...row, ...structuredClone(change) });
  }

  async recording(id: string): Promise<RecordingRow | undefined> {
    return structuredClone(this.recordings.get(id));
  }

  async unfinished(): Promise<RecordingRow[]> {
    return [...this.recordings.values()].filter((row) => row.state === 'recording');
  }

  async insertVoicemail(row: VoicemailRow): Promise<void> {
    await this.#write();
    if (!this.voicemails.some((one) => one.id === row.id)) this.voicemails.push(structuredClone(row));
  }

  async updateVoicemail(id: string, change: Partial<VoicemailRow>): Promise<void> {
    await this.#write();
    const row = this.voicemails.find((one) => one.id === id);
    if (row) Object.assign(row, structuredClone(change));
  }

  async voicemail(id: string): Promise<VoicemailRow | undefined> {
    return structuredClone(this.voicemails.find((one) => one.id === id));
  }

  async hold(id: string, held: boolean): Promise<RecordingRow | undefined> {
    const row = this.recordings.get(id);
    if (!row || row.state === 'deleted') return undefined;
    row.held = held;
    return structuredClone(row);
  }

  async markDeleted(kind: AudioKind, id: string, at: number): Promise<{ file: string } | undefined> {
    await this.#write();
    if (kind === 'voicemail') {
      const message = this.voicemails.find((one) => one.id === id && one.deletedAt === null);
      if (message) message.deletedAt = at;
      return message && { file: message.file };
    }
    const row = this.recordings.get(id);
    if (!row || !finished(row) || row.held) return undefined;
    row.state = 'deleted';
    return { file: row.file };
  }

  async notErased(kind: AudioKind, limit: number): Promise<{ id: string; file: string }[]> {
    const deleted =
      kind === 'recording'
        ? [...this.recordings.values()].filter((row) => row.state === 'deleted')
        : this.voicemails.filter((row) => row.deletedAt !== null);
    return deleted.filter((row) => !this.erasedIds.has(row.id)).slice(0, limit);
  }

  async erased(_kind: AudioKind, id: string): Promise<void> {
    await this.#write();
    this.erasedIds.add(id);
  }

  async expiredRecordings(before: number, limit: number): Promise<string[]> {
    const old = this.#kept().filter((row) => !row.held && row.startedAt < before);
    return old.slice(0, limit).map((row) => row.id);
  }

  async expiredVoicemails(box: string, before: number, limit: number): Promise<string[]> {
    const old = this.#keptMessages().filter((row) => row.box === box && row.leftAt < before);
    return old.slice(0, limit).map((row) => row.id);
  }

  async keptRecordings(after: string, limit: number): Promise<RecordingRow[]> {
    return this.#kept()
      .filter((row) => row.id > after)
      .slice(0, limit);
  }

  async keptVoicemails(after: string, limit: number): Promise<VoicemailRow[]> {
    return this.#keptMessages()
      .filter((row) => row.id > after)
      .slice(0, limit);
  }

  async recordingsOfOtherKeys(keyId: string, limit: number): Promise<RecordingRow[]> {
    return this.#kept()
      .filter((row) => row.seal && row.seal.keyId !== keyId)
      .slice(0, limit);
  }

  async voicemailsOfOtherKeys(keyId: string, limit: number): Promise<VoicemailRow[]> {
    return this.#keptMessages()
      .filter((row) => row.seal && row.seal.keyId !== keyId)
      .slice(0, limit);
  }

  async keysInUse(): Promise<string[]> {
    return [...new Set([...this.#kept(), ...this.#keptMessages()].flatMap((row) => row.seal?.keyId ?? []))];
  }

  async messageCounts(): Promise<{ box: string; newMessages: number; oldMessages: number }[]> {
    const boxes = new Map<string, { box: string; newMessages: number; oldMessages: number }>();
    for (const { box, heardAt } of this.#keptMessages()) {
      const count = boxes.get(box) ?? { box, newMessages: 0, oldMessages: 0 };
      count[heardAt === null ? 'newMessages' : 'oldMessages'] += 1;
      boxes.set(box, count);
    }
    return [...boxes.values()];
  }

  #kept(): RecordingRow[] {
    return structuredClone([...this.recordings.values()].filter(finished)).toSorted(byId);
  }

  #keptMessages(): VoicemailRow[] {
    return structuredClone(this.voicemails.filter((row) => row.deletedAt === null)).toSorted(byId);
  }
}

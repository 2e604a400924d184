import type { CallOutcome } from './call-record.js';
import type { HotlineSettings } from './directory.js';
import type { CallDirection } from './events.js';
import type { AgentId, CallId, EpochMs, QueueId, RecordingId } from './ids.js';

// Rows of recordings and messages, and the ports around them: db ▸ recorder, recorder ▸ admin.

/** How the audio lies on the disk. */
export type AudioCipher = HotlineSettings['recordingEncryption'];

/** Shows any change of the audio and of the row's facts. */
export interface AudioSeal {
  hash: 'sha256' | 'sm3';
  /** Of the audio as a WAV, hexadecimal. */
  content: string;
  /** The master key the signature, and the data key in the file, depend on. */
  keyId: string;
  /** HMAC with `hash` over the facts of the row and `content`, hexadecimal. */
  signature: string;
}

/** What recordings and messages have in common. */
export interface StoredAudio {
  /** Relative to the recordings folder. */
  file: string;
  /** Of the audio as a WAV. */
  bytes: number | null;
  /** Of the audio as a WAV, hexadecimal; null while it is being written. */
  sha256: string | null;
  cipher: AudioCipher;
  /** Null while it is being written, and of audio older than seals. */
  seal: AudioSeal | null;
}

/** A stretch in which silence was written on purpose. `to` is null while it lasts. */
export interface RecordingPause {
  from: EpochMs;
  to: EpochMs | null;
}

export interface RecordingRow extends StoredAudio {
  id: RecordingId;
  callId: CallId;
  /** Who talked last on our side. */
  agentId: AgentId | null;
  queueId: QueueId | null;
  direction: CallDirection | null;
  trunkId: string | null;
  /** Our side's extension, also where it is no agent's. */
  extension: string | null;
  /** The other party's number. */
  otherParty: string | null;
  /** Business groups of the agent and the queue at that time. */
  groups: string[];
  startedAt: EpochMs;
  endedAt: EpochMs | null;
  /** Pauses included. */
  durationMs: number | null;
  pauses: RecordingPause[];
  pausedMs: number;
  state: 'recording' | 'complete' | 'failed' | 'deleted';
  /** Legal hold: it cannot be deleted, by nobody and no rule. */
  held: boolean;
}

/** A recording as a search finds it. */
export interface FoundRecording extends RecordingRow {
  /** Of its call; null while that lasts. */
  outcome: CallOutcome | null;
}

export interface RecordingQuery {
  /** Began at or after. */
  from?: EpochMs;
  /** Began before. */
  to?: EpochMs;
  /** Of ours on either side. */
  extension?: string;
  /** Staff number: extension or user name of an agent who spoke in it, whoever was the last. */
  agent?: string;
  /** The other party's number, or its beginning followed by `*`. */
  party?: string;
  /** Of the call, or its beginning followed by `*`. */
  caller?: string;
  queue?: string;
  group?: string;
  outcome?: CallOutcome;
  direction?: CallDirection;
  minDurationMs?: number;
  maxDurationMs?: number;
  callId?: string;
  limit: number;
  cursor?: string;
}

export interface VoicemailRow extends StoredAudio {
  id: string;
  callId: CallId;
  box: string;
  caller: string;
  leftAt: EpochMs;
  durationMs: number;
  heardAt: EpochMs | null;
  /** User name. */
  heardBy: string | null;
  deletedAt: EpochMs | null;
}

export interface VoicemailQuery {
  /** Only of these boxes. */
  boxes?: readonly string[];
  heard?: boolean;
  limit: number;
  cursor?: string;
}

export type AudioKind = 'recording' | 'voicemail';

/** What an error-free start of a row needs not say. */
export const RECORDING_DEFAULTS = {
  direction: null,
  trunkId: null,
  extension: null,
  otherParty: null,
  groups: [],
  pauses: [],
  pausedMs: 0,
  held: false,
  cipher: 'none',
  seal: null,
} satisfies Partial<RecordingRow>;

export const VOICEMAIL_DEFAULTS = {
  bytes: null,
  sha256: null,
  cipher: 'none',
  seal: null,
  heardAt: null,
  heardBy: null,
  deletedAt: null,
} satisfies Partial<VoicemailRow>;

/** db ▸ recorder: the rows of recordings and voicemails. */
export interface RecordingRows {
  insert(row: RecordingRow): Promise<void>;
  update(id: RecordingId, change: Partial<Omit<RecordingRow, 'id' | 'callId'>>): Promise<void>;
  recording(id: RecordingId): Promise<RecordingRow | undefined>;
  /** Rows a dead process left in state `recording`. */
  unfinished(): Promise<RecordingRow[]>;
  insertVoicemail(row: VoicemailRow): Promise<void>;
  updateVoicemail(id: string, change: Partial<Omit<VoicemailRow, 'id' | 'callId'>>): Promise<void>;
  voicemail(id: string): Promise<VoicemailRow | undefined>;
  /** Sets or lifts the hold; undefined when it is deleted or unknown. */
  hold(id: RecordingId, held: boolean): Promise<RecordingRow | undefined>;
  /** Marks it deleted, in one step with the check that it may be; undefined when it is running, held, deleted or unknown. */
  markDeleted(kind: AudioKind, id: string, at: EpochMs): Promise<{ file: string } | undefined>;
  /** Marked deleted, the file perhaps still there. */
  notErased(kind: AudioKind, limit: number): Promise<{ id: string; file: string }[]>;
  /** The file of what was marked deleted is gone. */
  erased(kind: AudioKind, id: string): Promise<void>;
  /** Finished, not held, begun before. */
  expiredRecordings(before: EpochMs, limit: number): Promise<RecordingId[]>;
  expiredVoicemails(box: string, before: EpochMs, limit: number): Promise<string[]>;
  /** Everything that is kept and finished, in the order of ids, from after `after`. */
  keptRecordings(after: string, limit: number): Promise<RecordingRow[]>;
  keptVoicemails(after: string, limit: number): Promise<VoicemailRow[]>;
  /** Kept, and dependent on another master key than this. */
  recordingsOfOtherKeys(keyId: string, limit: number): Promise<RecordingRow[]>;
  voicemailsOfOtherKeys(keyId: string, limit: number): Promise<VoicemailRow[]>;
  /** Master keys that something kept depends on. */
  keysInUse(): Promise<string[]>;
  messageCounts(): Promise<{ box: string; newMessages: number; oldMessages: number }[]>;
}

/** Audio as a WAV, whatever lies on the disk. */
export interface AudioSource {
  readonly bytes: number;
  /** Bytes `from` to before `to`. Throws on the way when the file was changed. */
  read(from: number, to: number): AsyncIterable<Uint8Array>;
}

/** The loudest sample of each of `points` stretches of equal length, 0–1 of full scale, channel by channel. */
export interface Waveform {
  durationMs: number;
  peaks: number[][];
}

/** A message as a telephone plays it. */
export interface MailboxMessage {
  id: string;
  /** Who left it. */
  caller: string;
  leftAt: EpochMs;
  isNew: boolean;
}

/** recorder ▸ sbc: the boxes of an extension (`VoicemailBox.extensions`), heard at its phone. Rejects as `RecordingArchive` does. */
export interface Mailbox {
  /** New ones first, the oldest of them first; a hundred at most. */
  messages(extension: string): Promise<MailboxMessage[]>;
  /** Audio a leg can play, until `release`. */
  open(id: string): Promise<{ path: string; release(): Promise<void> }>;
  markHeard(id: string, extension: string): Promise<void>;
  remove(id: string, extension: string): Promise<void>;
}

/**
 * recorder ▸ admin: what is kept, to be heard, held and deleted. Each rejects with a DomainError: `not-found` (no row, or the
 * file is missing), `conflict` (held, still running), `unavailable` (the file was changed, the key is not there).
 */
export interface RecordingArchive {
  open(kind: AudioKind, row: StoredAudio & { id: string }): Promise<AudioSource>;
  waveform(kind: AudioKind, row: StoredAudio & { id: string }, points: number): Promise<Waveform>;
  /** The row stays as `deleted`, the file goes. */
  remove(id: RecordingId, by: string): Promise<void>;
  hold(id: RecordingId, held: boolean): Promise<RecordingRow>;
  removeVoicemail(id: string, by: string): Promise<void>;
  markHeard(id: string, heard: boolean, by: string): Promise<VoicemailRow>;
  /** A new master key; what depends on older ones is changed over in the background, without encrypting audio again. */
  rotateKey(): Promise<{ keyId: string }>;
}

import type { RecordingRow, VoicemailRow } from '@yixian/contracts';

// What a signature covers beside the audio: who talked with whom, when, how long, and where silence was written on purpose. State,
// hold, whether a message was heard, and where the file lies may change without anybody having forged anything.

/** Always the same text for the same facts. */
export function recordingFacts(row: RecordingRow): string {
  const { id, callId, agentId, queueId, direction, trunkId, extension, otherParty, groups } = row;
  const { startedAt, endedAt, durationMs, pauses, pausedMs, bytes, sha256 } = row;
  const stretches = pauses.map(({ from, to }) => [from, to]);
  const who = [id, callId, agentId, queueId, direction, trunkId, extension, otherParty, groups];
  return JSON.stringify(['recording', ...who, startedAt, endedAt, durationMs, stretches, pausedMs, bytes, sha256]);
}

export function voicemailFacts({ id, callId, box, caller, leftAt, durationMs, bytes, sha256 }: VoicemailRow): string {
  return JSON.stringify(['voicemail', id, callId, box, caller, leftAt, durationMs, bytes, sha256]);
}

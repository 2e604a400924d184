import type { Role } from '@yixian/contracts';
import * as audio from './core/audio-schemas.js';
import { guarded, type Route } from './core/route.js';
import { type AnySchema, byId, listOf, recording, voicemail } from './core/schemas.js';
import {
  createDeleteRecording,
  createExportRecordings,
  createGetRecording,
  createHoldRecording,
  createListRecordings,
  createRecordingAudio,
  createRecordingWaveform,
  createRotateRecordingKey,
  type RecordingDeps,
} from './handlers/recordings.js';
import {
  createDeleteVoicemail,
  createListVoicemails,
  createPutVoicemail,
  createVoicemailAudio,
  type VoicemailDeps,
} from './handlers/voicemails.js';

const V1 = '/api/v1';
const everyone: readonly Role[] = ['agent', 'supervisor', 'admin'];
const leaders: readonly Role[] = ['supervisor', 'admin'];
const admins: readonly Role[] = ['admin'];
const json = (schema: AnySchema) => ({ kind: 'json' as const, schema, status: 200 as const });
const empty = { kind: 'empty' as const, status: 204 as const };
const wav = { kind: 'audio' as const, contentType: 'audio/wav' };
const PLAYED = 'Takes Range and If-Range. Opening it is audited.';

/** Rows of the table for recordings and messages. */
export function audioRoutes(deps: RecordingDeps & VoicemailDeps): Route[] {
  return [...recordingRoutes(deps), ...voicemailRoutes(deps)];
}

function recordingRoutes(deps: RecordingDeps): Route[] {
  const all = { tag: 'recordings', roles: leaders, path: `${V1}/recordings` };
  const one = { ...all, path: `${V1}/recordings/:id`, params: byId };
  return [
    guarded({
      ...all,
      method: 'get',
      summary: 'Recordings, newest first',
      description: 'A supervisor finds those of the led groups. Criteria may be combined.',
      query: audio.recordingsQuery,
      response: json(listOf(recording)),
      handler: createListRecordings(deps),
    }),
    // before /:id, which it would be one of
    guarded({
      ...all,
      method: 'get',
      path: `${V1}/recordings/export`,
      summary: 'What a search finds as an Excel list, or with the audio as a zip',
      description: 'At most 20000 rows as xlsx; 1000 recordings and 4 GB as zip. More answers 400. Audited.',
      query: audio.recordingExport,
      response: {
        kind: 'stream',
        contentTypes: ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'application/zip'],
      },
      handler: createExportRecordings(deps),
    }),
    guarded({
      ...all,
      method: 'post',
      path: `${V1}/recordings/keys/rotate`,
      roles: admins,
      summary: 'A new master key; what depends on older ones is changed over in the background. Audited.',
      response: json(audio.rotatedKey),
      handler: createRotateRecordingKey(deps),
    }),
    guarded({ ...one, method: 'get', summary: 'One recording', response: json(recording), handler: createGetRecording(deps) }),
    guarded({
      ...one,
      method: 'get',
      path: `${V1}/recordings/:id/audio`,
      summary: 'Its audio: caller left, agent right',
      description: PLAYED,
      query: audio.audioQuery,
      response: wav,
      handler: createRecordingAudio(deps),
    }),
    guarded({
      ...one,
      method: 'get',
      path: `${V1}/recordings/:id/waveform`,
      summary: 'Its outline, for a player to draw',
      query: audio.waveformQuery,
      response: json(audio.waveform),
      handler: createRecordingWaveform(deps),
    }),
    guarded({
      ...one,
      method: 'delete',
      summary: 'Delete the audio; the row stays as deleted',
      description: 'One under legal hold, or still being written, answers 409. Audited.',
      response: empty,
      handler: createDeleteRecording(deps),
    }),
    guarded({
      ...one,
      method: 'put',
      path: `${V1}/recordings/:id/hold`,
      roles: admins,
      summary: 'Legal hold: nobody and no rule can delete it until it is lifted. Audited.',
      body: audio.holdBody,
      response: json(recording),
      handler: createHoldRecording(deps),
    }),
  ];
}

function voicemailRoutes(deps: VoicemailDeps): Route[] {
  const all = { tag: 'voicemails', roles: everyone, path: `${V1}/voicemails` };
  const one = { ...all, path: `${V1}/voicemails/:id`, params: byId };
  return [
    guarded({
      ...all,
      method: 'get',
      summary: 'Messages left, newest first',
      description: 'An agent sees the boxes that hold the own extension.',
      query: audio.voicemailsQuery,
      response: json(listOf(voicemail)),
      handler: createListVoicemails(deps),
    }),
    guarded({
      ...one,
      method: 'get',
      path: `${V1}/voicemails/:id/audio`,
      summary: 'The audio of a message',
      description: PLAYED,
      query: audio.audioQuery,
      response: wav,
      handler: createVoicemailAudio(deps),
    }),
    guarded({
      ...one,
      method: 'put',
      summary: 'Mark a message as heard, or as new again; the lamps of the box’s telephones follow',
      body: audio.heardBody,
      response: json(voicemail),
      handler: createPutVoicemail(deps),
    }),
    guarded({ ...one, method: 'delete', summary: 'Delete a message. Audited.', response: empty, handler: createDeleteVoicemail(deps) }),
  ];
}

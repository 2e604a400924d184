import {
  type Clock,
  DomainError,
  type FoundRecording,
  type IdentityStore,
  type Logger,
  maySeeRecording,
  type RecordQueries,
  recordingView,
  type Viewer,
} from '@yixian/contracts';
import type { z } from 'zod';
import type { FileReply, GuardedRequest } from '../core/route.js';
import type { byId, recordingsQuery } from '../core/schemas.js';
import { epochRange, visiblePage } from './page.js';

export interface RecordingDeps {
  records: Pick<RecordQueries, 'recordings' | 'recording'>;
  identity: Pick<IdentityStore, 'audit'>;
  recordingsDir: string;
  clock: Clock;
  logger: Logger;
}

type ById = GuardedRequest<z.output<typeof byId>, unknown, unknown>;

export function createListRecordings(deps: RecordingDeps) {
  return async ({ viewer, query }: GuardedRequest<unknown, z.output<typeof recordingsQuery>, unknown>) => {
    const { from, to, ...others } = query;
    const filter = { ...others, ...epochRange({ from, to }) };
    const page = await visiblePage(
      (limit, cursor) => deps.records.recordings({ ...filter, limit, ...(cursor === undefined ? {} : { cursor }) }),
      (row) => maySeeRecording(viewer, row),
      query,
    );
    return { items: page.items.map(recordingView), next: page.next };
  };
}

async function visibleRecording(deps: RecordingDeps, viewer: Viewer, id: string): Promise<FoundRecording> {
  const row = await deps.records.recording(id);
  if (!row) throw new DomainError('not-found', `there is no recording ${id}`, { id });
  if (!maySeeRecording(viewer, row)) throw new DomainError('forbidden', `recording ${id} is not of your groups`, { id });
  return row;
}

export function createGetRecording(deps: RecordingDeps) {
  return async ({ viewer, params }: ById) => recordingView(await visibleRecording(deps, viewer, params.id));
}

/** The audio, whole or by Range. Opening it is audited; the parts that follow are not. */
export function createRecordingAudio(deps: RecordingDeps) {
  return async ({ viewer, principal, params, opening, address }: ById): Promise<FileReply> => {
    const row = await visibleRecording(deps, viewer, params.id);
    if (row.state === 'deleted') throw new DomainError('not-found', `recording ${row.id} was deleted`, { id: row.id });
    if (opening) {
      await deps.identity.audit({
        at: deps.clock.now(),
        username: principal.user.username,
        action: 'recording.opened',
        subject: row.id,
        details: { callId: row.callId, address },
      });
    }
    return {
      root: deps.recordingsDir,
      path: row.file,
      contentType: 'audio/wav',
      name: `${row.id}.wav`,
      sha256: row.state === 'complete' ? row.sha256 : null,
      what: `the audio of recording ${row.id}`,
    };
  };
}

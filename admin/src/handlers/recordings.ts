import {
  type Clock,
  type Directory,
  DomainError,
  type FoundRecording,
  type IdentityStore,
  type Logger,
  type MaskFacts,
  maskFor,
  maySeeRecording,
  type RecordingArchive,
  type RecordingQuery,
  type RecordQueries,
  recordingView,
  type Viewer,
} from '@yixian/contracts';
import type { z } from 'zod';
import type { holdBody, recordingExport, recordingsQuery, waveformQuery } from '../core/audio-schemas.js';
import { audioFileName, recordingColumns, SHEET_NAME } from '../core/recording-sheet.js';
import type { AudioReply, GuardedRequest, StreamReply } from '../core/route.js';
import type { byId } from '../core/schemas.js';
import { localTimes } from '../shell/local-time.js';
import { workbook, XLSX, zipOf } from '../shell/zip.js';
import { epochRange, visiblePage } from './page.js';

/** What recordings and messages need beside what every handler has. */
export interface AudioDeps {
  archive: RecordingArchive;
  directory: Pick<Directory, 'agent' | 'queue' | 'boxes'> & MaskFacts;
  /** Of the hotline: times in lists and file names. */
  timeZone: string;
}

export interface RecordingDeps extends AudioDeps {
  records: Pick<RecordQueries, 'recordings' | 'recording'>;
  identity: Pick<IdentityStore, 'audit'>;
  clock: Clock;
  logger: Logger;
}

type ById = GuardedRequest<z.output<typeof byId>, unknown, unknown>;
type Search = Omit<z.output<typeof recordingsQuery>, 'limit' | 'cursor'>;

function filterOf({ from, to, minSeconds, maxSeconds, ...others }: Search): Omit<RecordingQuery, 'limit' | 'cursor'> {
  return {
    ...others,
    ...epochRange({ from, to }),
    ...(minSeconds === undefined ? {} : { minDurationMs: minSeconds * 1000 }),
    ...(maxSeconds === undefined ? {} : { maxDurationMs: maxSeconds * 1000 }),
  };
}

async function found(deps: RecordingDeps, viewer: Viewer, search: Search, query: { limit: number; cursor?: string | undefined }) {
  const filter = filterOf(search);
  return visiblePage(
    (limit, cursor) => deps.records.recordings({ ...filter, limit, ...(cursor === undefined ? {} : { cursor }) }),
    (row) => maySeeRecording(viewer, row),
    query,
  );
}

export function createListRecordings(deps: RecordingDeps) {
  return async ({ viewer, query }: GuardedRequest<unknown, z.output<typeof recordingsQuery>, unknown>) => {
    const { limit, cursor, ...search } = query;
    const page = await found(deps, viewer, search, { limit, cursor });
    return { items: page.items.map(recordingView), next: page.next };
  };
}

async function visibleRecording(deps: RecordingDeps, viewer: Viewer, id: string): Promise<FoundRecording> {
  const row = await deps.records.recording(id);
  if (!row) throw new DomainError('not-found', `there is no recording ${id}`, { id });
  if (!maySeeRecording(viewer, row)) throw new DomainError('forbidden', `recording ${id} is not of your groups`, { id });
  return row;
}

async function keptRecording(deps: RecordingDeps, viewer: Viewer, id: string): Promise<FoundRecording> {
  const row = await visibleRecording(deps, viewer, id);
  if (row.state === 'deleted') throw new DomainError('not-found', `recording ${row.id} was deleted`, { id: row.id });
  return row;
}

export function createGetRecording(deps: RecordingDeps) {
  return async ({ viewer, params }: ById) => recordingView(await visibleRecording(deps, viewer, params.id));
}

const audit = (
  deps: RecordingDeps,
  request: ById | Omit<ById, 'params'>,
  action: string,
  subject: string,
  details: object,
): Promise<void> =>
  deps.identity.audit({
    at: deps.clock.now(),
    username: request.principal.user.username,
    action,
    subject,
    details: { ...details, address: request.address },
  });

/** The audio, whole or by Range. Opening it is audited; the parts that follow are not. */
export function createRecordingAudio(deps: RecordingDeps) {
  const times = localTimes(deps.timeZone);
  return async (request: GuardedRequest<z.output<typeof byId>, { download?: boolean | undefined }, unknown>): Promise<AudioReply> => {
    const row = await keptRecording(deps, request.viewer, request.params.id);
    const audio = await deps.archive.open('recording', row);
    if (request.opening) await audit(deps, request, 'recording.opened', row.id, { callId: row.callId });
    const download = request.query.download ?? false;
    const name = download
      ? audioFileName(row, times.stamp(row.startedAt), maskFor(deps.directory, request.viewer.role)(row.otherParty))
      : `${row.id}.wav`;
    return { audio, name, download, sha256: row.state === 'complete' ? row.sha256 : null };
  };
}

export function createRecordingWaveform(deps: RecordingDeps) {
  return async ({ viewer, params, query }: GuardedRequest<z.output<typeof byId>, z.output<typeof waveformQuery>, unknown>) => {
    const row = await keptRecording(deps, viewer, params.id);
    const { durationMs, peaks } = await deps.archive.waveform('recording', row, query.points);
    return { durationSeconds: durationMs / 1000, peaks, pauses: recordingView(row).pauses };
  };
}

export function createDeleteRecording(deps: RecordingDeps) {
  return async (request: ById) => {
    const { id } = await keptRecording(deps, request.viewer, request.params.id);
    await deps.archive.remove(id, request.principal.user.username);
    await audit(deps, request, 'recording.deleted', id, { because: 'request' });
  };
}

export function createHoldRecording(deps: RecordingDeps) {
  return async (request: GuardedRequest<z.output<typeof byId>, unknown, z.output<typeof holdBody>>) => {
    const { held } = { held: request.body.hold };
    const { id, outcome } = await keptRecording(deps, request.viewer, request.params.id);
    const row = await deps.archive.hold(id, held);
    await audit(deps, request, held ? 'recording.held' : 'recording.released', id, {});
    return recordingView({ ...row, outcome });
  };
}

export function createRotateRecordingKey(deps: RecordingDeps) {
  return async (request: Omit<ById, 'params'>) => {
    const { keyId } = await deps.archive.rotateKey();
    await audit(deps, request, 'recording-key.rotated', keyId, {});
    return { keyId };
  };
}

/** Rows of a list are held in memory while it is made. */
const MOST_ROWS = { xlsx: 20_000, zip: 1_000 } as const;
const MOST_BYTES = 4 * 1024 ** 3;
const PAGE = 500;

/** What a search finds as an Excel list, or with the audio as a zip. Audited with its criteria. */
export function createExportRecordings(deps: RecordingDeps) {
  const times = localTimes(deps.timeZone);
  return async (request: GuardedRequest<unknown, z.output<typeof recordingExport>, unknown>): Promise<StreamReply> => {
    const { format, ...search } = request.query;
    const rows = await everything(deps, request.viewer, search, MOST_ROWS[format]);
    if (format === 'zip') refuseTooMuch(rows);
    await audit(deps, request, 'recordings.exported', format, { ...search, rows: rows.length });
    const now = deps.clock.now();
    // Personal numbers stay hidden in file names and lists too.
    const party: (number: string) => string = maskFor(deps.directory, request.viewer.role);
    const withAudio = (row: FoundRecording): boolean => row.state === 'complete';
    const audioName = (row: FoundRecording): string | undefined =>
      withAudio(row) ? audioFileName(row, times.stamp(row.startedAt), row.otherParty && party(row.otherParty)) : undefined;
    const columns = recordingColumns({
      serial: times.serial,
      agentName: (id) => deps.directory.agent(id)?.name,
      queueName: (id) => deps.directory.queue(id)?.name,
      party,
      ...(format === 'zip' ? { audioName } : {}),
    });
    const list = workbook(SHEET_NAME, columns, rows, new Date(now));
    const stamp = times.stamp(now);
    if (format === 'xlsx') return { content: list, contentType: XLSX, name: `${SHEET_NAME}-${stamp}.xlsx` };
    const entries = rows.filter(withAudio).map((row) => ({
      name: audioName(row) ?? `${row.id}.wav`,
      at: new Date(row.startedAt),
      open: () => audioOf(deps, row),
    }));
    const content = zipOf({ name: `${SHEET_NAME}.xlsx`, content: list, at: new Date(now) }, entries);
    return { content, contentType: 'application/zip', name: `${SHEET_NAME}-${stamp}.zip` };
  };
}

async function everything(deps: RecordingDeps, viewer: Viewer, search: Search, most: number): Promise<FoundRecording[]> {
  const rows: FoundRecording[] = [];
  let cursor: string | undefined;
  do {
    const page = await found(deps, viewer, search, { limit: PAGE, cursor });
    rows.push(...page.items);
    if (rows.length > most) {
      throw new DomainError('bad-request', `more than ${most} recordings fit: narrow the search, e.g. by from and to`, { limit: most });
    }
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return rows;
}

function refuseTooMuch(rows: readonly FoundRecording[]): void {
  const bytes = rows.reduce((sum, row) => sum + (row.bytes ?? 0), 0);
  if (bytes <= MOST_BYTES) return;
  const [asked, most] = [bytes, MOST_BYTES].map((one) => `${(one / 1024 ** 3).toFixed(1)} GB`);
  throw new DomainError('bad-request', `that is ${asked} of audio, ${most} go into one zip: narrow the search, e.g. by from and to`, {
    bytes,
    limit: MOST_BYTES,
  });
}

/** Deleted or lost since the list was made: its entry stays empty, the others are not kept back. */
async function audioOf(deps: RecordingDeps, row: FoundRecording) {
  try {
    return await deps.archive.open('recording', row);
  } catch (error) {
    deps.logger.warn({ err: error, recordingId: row.id }, 'left empty in an export');
    return undefined;
  }
}

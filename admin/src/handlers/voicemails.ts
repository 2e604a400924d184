import {
  type Clock,
  type Directory,
  DomainError,
  type IdentityStore,
  type RecordingArchive,
  type RecordQueries,
  type Viewer,
  type VoicemailRow,
  voicemailView,
} from '@yixian/contracts';
import type { z } from 'zod';
import type { heardBody, voicemailsQuery } from '../core/audio-schemas.js';
import type { AudioReply, GuardedRequest } from '../core/route.js';
import type { byId } from '../core/schemas.js';

export interface VoicemailDeps {
  records: Pick<RecordQueries, 'voicemails' | 'voicemail'>;
  archive: RecordingArchive;
  identity: Pick<IdentityStore, 'audit'>;
  directory: Pick<Directory, 'boxes'>;
  clock: Clock;
}

/** Boxes are for those whose extension stands in them; supervisors and administrators have them all. */
function boxesOf({ directory }: VoicemailDeps, viewer: Viewer): string[] | 'all' {
  if (viewer.role !== 'agent') return 'all';
  const { agentId } = viewer;
  return agentId === null ? [] : directory.boxes().flatMap((box) => (box.extensions.includes(agentId) ? [box.id] : []));
}

export function createListVoicemails(deps: VoicemailDeps) {
  return async ({ viewer, query }: GuardedRequest<unknown, z.output<typeof voicemailsQuery>, unknown>) => {
    const { box, limit, cursor, heard } = query;
    const own = boxesOf(deps, viewer);
    if (box !== undefined && own !== 'all' && !own.includes(box)) throw new DomainError('forbidden', `box ${box} is not yours`, { box });
    const boxes = box === undefined ? own : [box];
    const page = await deps.records.voicemails({
      limit,
      ...(cursor === undefined ? {} : { cursor }),
      ...(heard === undefined ? {} : { heard }),
      ...(boxes === 'all' ? {} : { boxes }),
    });
    return { items: page.items.map(voicemailView), next: page.next };
  };
}

async function ownVoicemail(deps: VoicemailDeps, viewer: Viewer, id: string): Promise<VoicemailRow> {
  const row = await deps.records.voicemail(id);
  if (!row) throw new DomainError('not-found', `there is no voicemail ${id}`, { id });
  const own = boxesOf(deps, viewer);
  if (own !== 'all' && !own.includes(row.box)) throw new DomainError('forbidden', `voicemail ${id} is not of a box of yours`, { id });
  if (row.deletedAt !== null) throw new DomainError('not-found', `voicemail ${id} was deleted`, { id });
  return row;
}

type ById<B = unknown> = GuardedRequest<z.output<typeof byId>, unknown, B>;

const audit = (deps: VoicemailDeps, request: ById, action: string, row: VoicemailRow): Promise<void> =>
  deps.identity.audit({
    at: deps.clock.now(),
    username: request.principal.user.username,
    action,
    subject: row.id,
    details: { callId: row.callId, box: row.box, address: request.address },
  });

/** The audio of a message. To play it does not yet mark it as heard: that is said by PUT, or by a telephone. */
export function createVoicemailAudio(deps: VoicemailDeps) {
  return async (request: GuardedRequest<z.output<typeof byId>, { download?: boolean | undefined }, unknown>): Promise<AudioReply> => {
    const row = await ownVoicemail(deps, request.viewer, request.params.id);
    const audio = await deps.archive.open('voicemail', row);
    if (request.opening) await audit(deps, request, 'voicemail.opened', row);
    return { audio, name: `${row.id}.wav`, download: request.query.download ?? false, sha256: row.sha256 };
  };
}

export function createPutVoicemail(deps: VoicemailDeps) {
  return async (request: ById<z.output<typeof heardBody>>) => {
    const row = await ownVoicemail(deps, request.viewer, request.params.id);
    return voicemailView(await deps.archive.markHeard(row.id, request.body.heard, request.principal.user.username));
  };
}

export function createDeleteVoicemail(deps: VoicemailDeps) {
  return async (request: ById) => {
    const row = await ownVoicemail(deps, request.viewer, request.params.id);
    await deps.archive.removeVoicemail(row.id, request.principal.user.username);
    await audit(deps, request, 'voicemail.deleted', row);
  };
}

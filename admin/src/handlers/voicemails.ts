import { type Clock, DomainError, type IdentityStore, type RecordQueries, voicemailView } from '@yixian/contracts';
import type { z } from 'zod';
import type { FileReply, GuardedRequest } from '../core/route.js';
import type { byId, pageQuery } from '../core/schemas.js';

export interface VoicemailDeps {
  records: Pick<RecordQueries, 'voicemails' | 'voicemail'>;
  identity: Pick<IdentityStore, 'audit'>;
  recordingsDir: string;
  clock: Clock;
}

export function createListVoicemails(deps: VoicemailDeps) {
  return async ({ query }: GuardedRequest<unknown, z.output<typeof pageQuery>, unknown>) => {
    const page = await deps.records.voicemails(query);
    return { items: page.items.map(voicemailView), next: page.next };
  };
}

export function createVoicemailAudio(deps: VoicemailDeps) {
  return async (request: GuardedRequest<z.output<typeof byId>, unknown, unknown>): Promise<FileReply> => {
    const { id } = request.params;
    const row = await deps.records.voicemail(id);
    if (!row) throw new DomainError('not-found', `there is no voicemail ${id}`, { id });
    if (request.opening) {
      const { username } = request.principal.user;
      const details = { callId: row.callId, address: request.address };
      await deps.identity.audit({ at: deps.clock.now(), username, action: 'voicemail.opened', subject: id, details });
    }
    return {
      root: deps.recordingsDir,
      path: row.file,
      contentType: 'audio/wav',
      name: `${id}.wav`,
      sha256: null,
      what: `the audio of voicemail ${id}`,
    };
  };
}

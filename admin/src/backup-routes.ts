import { type Backups, DomainError } from '@yixian/contracts';
import { admins, empty, json, V1 } from './config-rows.js';
import { backup, backupWanted, byBackup } from './core/backup-schemas.js';
import { guarded, type Route } from './core/route.js';
import { listOf } from './core/schemas.js';
import { type AdministrationDeps, change } from './handlers/config/change.js';

/** Backups: made, checked, taken along. Putting one back is a command, for the hotline must not run. */
export function backupRoutes(deps: AdministrationDeps & { backups: Backups }): Route[] {
  const { backups } = deps;
  const all = { tag: 'backups', roles: admins, path: `${V1}/backups` };
  const one = { ...all, path: `${V1}/backups/:id`, params: byBackup };
  return [
    guarded({
      ...all,
      method: 'get',
      summary: 'Backups, newest first',
      response: json(listOf(backup)),
      handler: async () => ({ items: await backups.list(), next: null }),
    }),
    guarded({
      ...all,
      method: 'post',
      summary: 'Begin a backup',
      description: 'Made in the background while calls go on, one at a time; the list tells when it is whole. Audited.',
      body: backupWanted,
      response: json(backup, 201),
      async handler(request) {
        const begun = await backups.make(request.body);
        await change(deps, request, (c) => c.audit('backup.made', begun.name, { recordings: request.body.recordings }));
        return begun;
      },
    }),
    guarded({
      ...one,
      method: 'post',
      path: `${V1}/backups/:id/check`,
      summary: 'Begin to read a backup whole and compare it with its check sums',
      response: json(backup),
      handler: ({ params }) => backups.check(params.id),
    }),
    guarded({
      ...one,
      method: 'get',
      path: `${V1}/backups/:id/file`,
      summary: 'The file',
      description: 'It holds keys and password hashes: whoever has it has the hotline. Takes Range. Audited.',
      response: { kind: 'file', contentType: 'application/gzip' },
      async handler(request) {
        const { id: name } = request.params;
        const file = backups.locate(name);
        if (!file) throw new DomainError('not-found', `there is no backup ${name}`, { name });
        if (request.opening) await change(deps, request, (c) => c.audit('backup.downloaded', name, {}));
        return { ...file, contentType: 'application/gzip', name, sha256: null, what: `backup ${name}` };
      },
    }),
    guarded({
      ...one,
      method: 'delete',
      summary: 'Delete a backup. Audited.',
      response: empty,
      async handler(request) {
        const { id: name } = request.params;
        await backups.delete(name);
        await change(deps, request, (c) => c.audit('backup.deleted', name, {}));
      },
    }),
  ];
}

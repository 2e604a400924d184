import { randomBytes } from 'node:crypto';
import { type Backups, DomainError, isoTime } from '@yixian/contracts';
import { admins, empty, json, V1 } from './config-rows.js';
import { backup, backupLink, backupWanted, byBackup, byBackupLink } from './core/backup-schemas.js';
import { BoundedMap } from './core/bounded-map.js';
import { guarded, open, type Route } from './core/route.js';
import { listOf } from './core/schemas.js';
import { type AdministrationDeps, change } from './handlers/config/change.js';

/** As long as a browser needs to follow a link, and to go on after a broken connection; short enough for a log it may get into. */
const LINK_MS = 60_000;
const MOST_LINKS = 100;

/** Backups: made, checked, taken along. Putting one back is a command, for the hotline must not run. */
export function backupRoutes(deps: AdministrationDeps & { backups: Backups }): Route[] {
  const { backups, clock } = deps;
  const links = new BoundedMap<string, { name: string; until: number }>(MOST_LINKS);
  const fileOf = (name: string) => {
    const file = backups.locate(name);
    if (!file) throw new DomainError('not-found', `there is no backup ${name}`, { name });
    return { ...file, contentType: 'application/gzip', name, sha256: null, what: `backup ${name}` };
  };
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
        const file = fileOf(name);
        if (request.opening) await change(deps, request, (c) => c.audit('backup.downloaded', name, {}));
        return file;
      },
    }),
    guarded({
      ...one,
      method: 'post',
      path: `${V1}/backups/:id/link`,
      summary: 'A link to the file that a browser can follow by itself',
      description: 'It is taken without a session for a minute, so that a browser writes a large file to its disk as it comes. Audited.',
      response: json(backupLink, 201),
      async handler(request) {
        const { id: name } = request.params;
        fileOf(name);
        await change(deps, request, (c) => c.audit('backup.downloaded', name, {}));
        const ticket = randomBytes(32).toString('base64url');
        const until = clock.now() + LINK_MS;
        links.set(ticket, { name, until });
        return { path: `${V1}/backups/${name}/file/${ticket}`, expiresAt: isoTime(until) };
      },
    }),
    open({
      tag: 'backups',
      method: 'get',
      path: `${V1}/backups/:id/file/:ticket`,
      params: byBackupLink,
      summary: 'The file, by a link made a moment before',
      description: 'Takes Range.',
      response: { kind: 'file', contentType: 'application/gzip' },
      async handler({ params: { id: name, ticket } }) {
        const link = links.get(ticket);
        if (link?.name !== name || link.until <= clock.now())
          throw new DomainError('not-found', 'the link is over; make a new one', { name });
        return fileOf(name);
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

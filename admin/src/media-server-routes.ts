import { DomainError, type MediaServerState, type MediaServers } from '@yixian/contracts';
import { admins, json, V1 } from './config-rows.js';
import { guarded, type Route } from './core/route.js';
import { listOf } from './core/schemas.js';
import { byMediaServer, mediaServer, mediaServerWanted } from './core/system-schemas.js';
import { type AdministrationDeps, change } from './handlers/config/change.js';

/** FreeSWITCH servers: how they are, and taken out of service without a lost call. */
export function mediaServerRoutes(deps: AdministrationDeps & { mediaServers: MediaServers }): Route[] {
  const { mediaServers } = deps;
  const all = { tag: 'system', roles: admins, path: `${V1}/media-servers` };
  const view = ({ fault, ...state }: MediaServerState) => ({ ...state, fault: fault ?? null });
  const list = () => mediaServers.list().map(view);
  return [
    guarded({
      ...all,
      method: 'get',
      summary: 'Media servers outside of the program; none with the embedded switch',
      response: json(listOf(mediaServer)),
      handler: async () => ({ items: list(), next: null }),
    }),
    guarded({
      ...all,
      method: 'put',
      path: `${V1}/media-servers/:name`,
      params: byMediaServer,
      summary: 'Drain a media server, or let it take calls again',
      description:
        'A drained one takes no new calls, those it has go on. Every process of the hotline sees it within seconds; a restart of the media server ends it. Audited.',
      body: mediaServerWanted,
      response: json(mediaServer),
      async handler(request) {
        const { name } = request.params;
        const { drained } = request.body;
        const known = mediaServers.list().find((one) => one.name === name);
        if (!known) throw new DomainError('not-found', `there is no media server ${name}`, { name });
        if (!known.up) throw new DomainError('conflict', known.fault ?? `${name} is not up`, { name });
        await mediaServers.drain(name, drained);
        await change(deps, request, (c) => c.audit(drained ? 'media-server.drained' : 'media-server.in-service', name, {}));
        return view({ ...known, drained });
      },
    }),
  ];
}

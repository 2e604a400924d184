import { type AccessCode, type ConfigReader, DomainError, type RouteTarget } from '@yixian/contracts';
import type { z } from 'zod';
import type { byNumber, newNumber, numberChange, removal } from '../../core/config/schemas.js';
import type { GuardedRequest } from '../../core/route.js';
import type { livePage } from '../../core/schemas.js';
import { type AdministrationDeps, fieldError } from './change.js';
import { createKindHandlers, defined, type Kind } from './kind.js';

type ByNumber = z.output<typeof byNumber>;

/** What agents' phones dial to be ready or not, to pick up, to hear messages: an access code would hide it. */
export const PHONE_CODE = /^\*(1[0-4]|5|8|97)/;

const kind: Kind<AccessCode, AccessCode & { revision: number }> = {
  what: 'number',
  keyField: 'number',
  table: (config) => config.numbers,
  rows: (config) => config.numbers,
  view: ({ number, name, target, enabled, revision }) => ({ number, name, target, enabled, revision }),
  async check({ config }, code, before) {
    if (PHONE_CODE.test(code.number)) throw fieldError('number', `${code.number} is a code of the agents’ phones`);
    await assertTarget(config, code.target);
    if (before !== undefined) return;
    // an access code would hide the extension or the group: nobody could call it any more
    for (const [kind, table] of [
      ['extension', config.extensions],
      ['group', config.groups],
    ] as const) {
      if (!(await table.get(code.number))) continue;
      throw new DomainError(
        'conflict',
        `number ${code.number} is an ${kind === 'group' ? 'extension group' : kind}; delete that first or take another number`,
        {
          usedBy: [{ kind, id: code.number }],
        },
      );
    }
  },
  uses: async () => [],
};

async function assertTarget(config: ConfigReader, target: RouteTarget): Promise<void> {
  switch (target.kind) {
    case 'toFlow':
      if (!(await config.flows.get(target.flowId))) throw fieldError('target.flowId', `there is no flow ${target.flowId}`);
      return;
    case 'toExtension':
      if (!(await config.extensions.get(target.extension)))
        throw fieldError('target.extension', `there is no extension ${target.extension}`);
      return;
    case 'toGroup':
      if (!(await config.groups.get(target.number))) throw fieldError('target.number', `there is no group ${target.number}`);
      return;
    case 'toTrunk': {
      const trunk = await config.trunks.get(target.trunkId);
      if (!trunk) throw fieldError('target.trunkId', `there is no trunk ${target.trunkId}`);
      if (trunk.outboundUri === null) throw fieldError('target.trunkId', `trunk ${trunk.id} is inbound only: it has no outboundUri`);
      return;
    }
    case 'reject':
      return;
  }
}

/** Access codes and the numbers of trunks: what is dialled and where it leads. */
export function createNumbers(deps: AdministrationDeps) {
  const numbers = createKindHandlers(deps, kind);
  return {
    list: ({ query }: GuardedRequest<unknown, z.output<typeof livePage>, unknown>) => numbers.list(query),
    get: ({ params }: GuardedRequest<ByNumber, unknown, unknown>) => numbers.get(params.number),
    add: (request: GuardedRequest<unknown, unknown, z.output<typeof newNumber>>) =>
      numbers.add(request, { ...request.body, name: request.body.name ?? request.body.number }),
    change: (request: GuardedRequest<ByNumber, unknown, z.output<typeof numberChange>>) => {
      const { revision, ...fields } = request.body;
      return numbers.change(request, request.params.number, revision, () => defined<AccessCode>(fields));
    },
    remove: (request: GuardedRequest<ByNumber, z.output<typeof removal>, unknown>) =>
      numbers.remove(request, request.params.number, request.query),
  };
}

import { DomainError, type ExtensionGroup, type Revised, type VoicemailBox } from '@yixian/contracts';
import type { z } from 'zod';
import type { boxChange, byNumber, groupChange, newBox, newGroup, removal } from '../../core/config/schemas.js';
import { flowsUsing, numbersTo, queuesLeadingTo } from '../../core/config/uses.js';
import type { GuardedRequest } from '../../core/route.js';
import type { byId, livePage } from '../../core/schemas.js';
import { type AdministrationDeps, type Change, fieldError, surroundings } from './change.js';
import { createKindHandlers, defined, type Kind } from './kind.js';
import { PHONE_CODE } from './numbers.js';
import { assertExtensions, differs } from './references.js';

type ById = z.output<typeof byId>;
type ByNumber = z.output<typeof byNumber>;

function boxKind(deps: AdministrationDeps): Kind<VoicemailBox, Revised<VoicemailBox>> {
  return {
    what: 'box',
    keyField: 'id',
    table: (config) => config.boxes,
    rows: (config) => config.boxes,
    view: (box) => box,
    async check({ config }, box, before) {
      if (differs(before, box, 'extensions')) await assertExtensions(config, 'extensions', box.extensions);
    },
    async uses({ config }, { id }) {
      return [
        ...(await queuesLeadingTo(config, ({ to }) => to.kind === 'voicemail' && to.box === id)),
        ...flowsUsing(await config.flows.published(), deps.validators.flow, await surroundings(deps, config), 'boxes', id),
      ];
    },
  };
}

/** Voicemail boxes. */
export function createBoxes(deps: AdministrationDeps) {
  const boxes = createKindHandlers(deps, boxKind(deps));
  return {
    list: ({ query }: GuardedRequest<unknown, z.output<typeof livePage>, unknown>) => boxes.list(query),
    get: ({ params }: GuardedRequest<ById, unknown, unknown>) => boxes.get(params.id),
    add: (request: GuardedRequest<unknown, unknown, z.output<typeof newBox>>) =>
      boxes.add(request, { ...request.body, name: request.body.name ?? request.body.id }),
    change(request: GuardedRequest<ById, unknown, z.output<typeof boxChange>>) {
      const { revision, ...fields } = request.body;
      return boxes.change(request, request.params.id, revision, () => defined<VoicemailBox>(fields));
    },
    remove: (request: GuardedRequest<ById, z.output<typeof removal>, unknown>) => boxes.remove(request, request.params.id, request.query),
  };
}

const groupKind: Kind<ExtensionGroup, Revised<ExtensionGroup>> = {
  what: 'group',
  keyField: 'number',
  table: (config) => config.groups,
  rows: (config) => config.groups,
  view: (group) => group,
  async check({ config }, group, before) {
    if (differs(before, group, 'members')) await assertExtensions(config, 'members', group.members);
    if (!before) await assertFree(config, group.number);
  },
  uses: ({ config }, { number }) => numbersTo(config, (target) => target.kind === 'toGroup' && target.number === number),
};

async function assertFree(config: Change['config'], number: string): Promise<void> {
  if (PHONE_CODE.test(number)) throw fieldError('number', `${number} is a code of the agents’ phones`);
  for (const [kind, table] of [
    ['extension', config.extensions],
    ['number', config.numbers],
  ] as const) {
    if (!(await table.get(number))) continue;
    const message = `group ${number} cannot be made: ${number} is ${kind === 'number' ? 'a number that leads elsewhere' : 'an extension'}`;
    throw new DomainError('conflict', message, { usedBy: [{ kind, id: number }] });
  }
}

/** Numbers that stand for several extensions. */
export function createGroups(deps: AdministrationDeps) {
  const groups = createKindHandlers(deps, groupKind);
  return {
    list: ({ query }: GuardedRequest<unknown, z.output<typeof livePage>, unknown>) => groups.list(query),
    get: ({ params }: GuardedRequest<ByNumber, unknown, unknown>) => groups.get(params.number),
    add: (request: GuardedRequest<unknown, unknown, z.output<typeof newGroup>>) =>
      groups.add(request, { ...request.body, name: request.body.name ?? request.body.number }),
    change(request: GuardedRequest<ByNumber, unknown, z.output<typeof groupChange>>) {
      const { revision, ...fields } = request.body;
      return groups.change(request, request.params.number, revision, () => defined<ExtensionGroup>(fields));
    },
    remove: (request: GuardedRequest<ByNumber, z.output<typeof removal>, unknown>) =>
      groups.remove(request, request.params.number, request.query),
  };
}

import type { Trunk } from '@yixian/contracts';
import type { z } from 'zod';
import type { newTrunk, removal, trunkChange } from '../../core/config/schemas.js';
import { numbersTo } from '../../core/config/uses.js';
import type { GuardedRequest } from '../../core/route.js';
import type { byId, livePage } from '../../core/schemas.js';
import { type AdministrationDeps, checkField, fieldError } from './change.js';
import { createKindHandlers, defined, type Kind } from './kind.js';
import { assertPolicy, differs } from './references.js';

type ById = z.output<typeof byId>;
type TrunkView = Omit<Trunk, 'auth'> & { auth: { username: string } | null; revision: number };
type AuthGiven = { username: string; password?: string | undefined } | null | undefined;

function kindOf({ validators, prompts }: AdministrationDeps): Kind<Trunk, TrunkView> {
  return {
    what: 'trunk',
    keyField: 'id',
    table: (config) => config.trunks,
    rows: (config) => config.trunks,
    view: (trunk) => ({ ...trunk, auth: trunk.auth && { username: trunk.auth.username } }),
    async check(_change, trunk, before) {
      trunk.inboundAddresses.forEach((block, i) => {
        checkField(`inboundAddresses.${i}`, () => validators.addressBlock(block));
      });
      trunk.outboundNumbers.forEach((rule, i) => {
        checkField(`outboundNumbers.${i}`, () => validators.numberRule(rule));
      });
      const { outboundUri } = trunk;
      if (outboundUri !== null) checkField('outboundUri', () => validators.trunkUri(outboundUri));
      if (differs(before, trunk, 'recording')) assertPolicy(prompts, 'recording', trunk.recording);
    },
    uses: ({ config }, { id }) => numbersTo(config, (target) => target.kind === 'toTrunk' && target.trunkId === id),
    secretsChanged: (before, after) => (after.auth && after.auth.password !== before?.auth?.password ? ['auth.password'] : []),
  };
}

/** The password may be left out where one is known already. */
function authOf(given: AuthGiven, before: Trunk['auth']): Trunk['auth'] | undefined {
  if (given === undefined || given === null) return given;
  const password = given.password ?? before?.password;
  if (password === undefined) throw fieldError('auth.password', 'is needed: none is known yet');
  return { username: given.username, password };
}

export function createTrunks(deps: AdministrationDeps) {
  const trunks = createKindHandlers(deps, kindOf(deps));
  return {
    list: ({ query }: GuardedRequest<unknown, z.output<typeof livePage>, unknown>) => trunks.list(query),
    get: ({ params }: GuardedRequest<ById, unknown, unknown>) => trunks.get(params.id),
    async add(request: GuardedRequest<unknown, unknown, z.output<typeof newTrunk>>) {
      const { auth, ...fields } = request.body;
      return trunks.add(request, { ...fields, name: fields.name ?? fields.id, auth: authOf(auth, null) ?? null });
    },
    change(request: GuardedRequest<ById, unknown, z.output<typeof trunkChange>>) {
      const { revision, auth, ...fields } = request.body;
      return trunks.change(request, request.params.id, revision, (before) =>
        defined<Trunk>({ ...fields, auth: authOf(auth, before.auth) }),
      );
    },
    remove: (request: GuardedRequest<ById, z.output<typeof removal>, unknown>) => trunks.remove(request, request.params.id, request.query),
  };
}

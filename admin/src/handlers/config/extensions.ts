import {
  type Acd,
  type AgentId,
  type ConfigReader,
  DomainError,
  EXTENSION_DEFAULTS,
  type Extension,
  type Revised,
} from '@yixian/contracts';
import type { z } from 'zod';
import type { byExtensionNumber, extensionChange, newExtension, removal } from '../../core/config/schemas.js';
import { flowsUsing, numbersTo, type Use } from '../../core/config/uses.js';
import type { GuardedRequest } from '../../core/route.js';
import type { livePage } from '../../core/schemas.js';
import { type AdministrationDeps, type Change, surroundings } from './change.js';
import { createKindHandlers, defined, type Kind } from './kind.js';

type ByExtension = z.output<typeof byExtensionNumber>;
type ExtensionView = Omit<Extension, 'sipPassword' | keyof typeof EXTENSION_DEFAULTS> & { revision: number };

/** Without its secret. */
export function extensionView({ number, displayName, outboundAllowed, enabled, revision }: Revised<Extension>): ExtensionView {
  return { number, displayName, outboundAllowed, enabled, revision };
}

/** What would miss the extension, beside its user. */
export async function extensionUses(deps: AdministrationDeps, { config }: Pick<Change, 'config'>, number: string): Promise<Use[]> {
  return [
    ...signedIn(deps.acd, number),
    ...(await numbersTo(config, (target) => target.kind === 'toExtension' && target.extension === number)),
    ...flowsUsing(await config.flows.published(), deps.validators.flow, await surroundings(deps, config), 'extensions', number),
  ];
}

/** The agent of the extension, while signed in. */
export function signedIn(acd: Pick<Acd, 'agent'>, extension: AgentId): Use[] {
  const agent = acd.agent(extension);
  return agent && agent.state !== 'offline' ? [{ kind: 'agent', id: extension, at: `signed in, ${agent.state}` }] : [];
}

/** @throws DomainError `conflict` when the digits lead elsewhere already */
export async function assertFreeNumber(config: Pick<ConfigReader, 'numbers'>, number: string): Promise<void> {
  if (!(await config.numbers.get(number))) return;
  throw new DomainError('conflict', `extension ${number} cannot be made: the number ${number} leads elsewhere already`, {
    usedBy: [{ kind: 'number', id: number }],
  });
}

function kindOf(deps: AdministrationDeps): Kind<Extension, ExtensionView> {
  return {
    what: 'extension',
    keyField: 'number',
    table: (config) => config.extensions,
    rows: (config) => config.extensions,
    view: extensionView,
    async check({ config }, { number }, before) {
      if (!before) await assertFreeNumber(config, number);
    },
    async uses(c, { number }) {
      const owners = (await c.config.users.list()).filter((user) => user.extension === number);
      return [...owners.map((user): Use => ({ kind: 'user', id: user.username })), ...(await extensionUses(deps, c, number))];
    },
    secretsChanged: (before, after) => (before?.sipPassword === after.sipPassword ? [] : ['sipPassword']),
  };
}

/** Internal numbers and the SIP secrets phones register with. */
export function createExtensions(deps: AdministrationDeps) {
  const extensions = createKindHandlers(deps, kindOf(deps));
  const owned = async (views: ExtensionView[]) => {
    const users = new Map((await deps.config.users.list()).map((user) => [user.extension, user.username]));
    return views.map((view) => ({ ...view, user: users.get(view.number) ?? null }));
  };
  const owner = async (view: ExtensionView, secret?: string) => {
    const [one] = await owned([view]);
    return { ...view, ...one, ...(secret === undefined ? {} : { sipPassword: secret }) };
  };

  return {
    async list({ query }: GuardedRequest<unknown, z.output<typeof livePage>, unknown>) {
      const { items, next } = await extensions.list(query);
      return { items: await owned(items), next };
    },
    get: async ({ params }: GuardedRequest<ByExtension, unknown, unknown>) => owner(await extensions.get(params.extension)),
    async add(request: GuardedRequest<unknown, unknown, z.output<typeof newExtension>>) {
      const { sipPassword, displayName, ...fields } = request.body;
      const made = sipPassword === undefined ? deps.randomSecret() : undefined;
      const secret = sipPassword ?? made ?? '';
      return owner(
        await extensions.add(request, { ...EXTENSION_DEFAULTS, ...fields, displayName: displayName ?? fields.number, sipPassword: secret }),
        made,
      );
    },
    async change(request: GuardedRequest<ByExtension, unknown, z.output<typeof extensionChange>>) {
      const { revision, sipPassword, generateSipPassword, ...fields } = request.body;
      const made = generateSipPassword ? deps.randomSecret() : undefined;
      const change = defined<Extension>({ ...fields, sipPassword: made ?? sipPassword });
      return owner(await extensions.change(request, request.params.extension, revision, () => change), made);
    },
    remove: (request: GuardedRequest<ByExtension, z.output<typeof removal>, unknown>) =>
      extensions.remove(request, request.params.extension, request.query),
  };
}

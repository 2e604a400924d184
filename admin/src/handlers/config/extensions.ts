import {
  type Acd,
  type AgentId,
  type ConfigReader,
  DomainError,
  EXTENSION_DEFAULTS,
  type Extension,
  type ForwardRules,
  type Revised,
  seconds,
} from '@yixian/contracts';
import type { z } from 'zod';
import type { byExtensionNumber, extensionChange, newExtension, removal } from '../../core/config/schemas.js';
import { flowsUsing, namingExtension, numbersTo, type Use } from '../../core/config/uses.js';
import type { GuardedRequest } from '../../core/route.js';
import type { livePage } from '../../core/schemas.js';
import { type AdministrationDeps, type Change, fieldError, surroundings } from './change.js';
import { createKindHandlers, defined, type Kind } from './kind.js';

type ByExtension = z.output<typeof byExtensionNumber>;
type ForwardsView = Omit<ForwardRules, 'noAnswer'> & { noAnswer: { to: string; afterSeconds: number } | null };
type ExtensionView = Omit<Extension, 'sipPassword' | 'forwards'> & { forwards: ForwardsView; revision: number };

/** Without its secret. */
export function extensionView({ sipPassword: _secret, forwards, ...same }: Revised<Extension>): ExtensionView {
  const { noAnswer, ...others } = forwards;
  return { ...same, forwards: { ...others, noAnswer: noAnswer && { to: noAnswer.to, afterSeconds: seconds(noAnswer.afterMs) } } };
}

/** Rules that are not given stay. */
function forwardsOf(before: ForwardRules, given: z.output<typeof extensionChange>['forwards']): ForwardRules | undefined {
  if (given === undefined) return undefined;
  const { noAnswer, ...others } = given;
  const rule = noAnswer && { to: noAnswer.to, afterMs: Math.round(noAnswer.afterSeconds * 1000) };
  return { ...before, ...defined<ForwardRules>({ ...others, noAnswer: rule }) };
}

function checkForwards({ number, forwards }: Extension): void {
  const to = { always: forwards.always, busy: forwards.busy, 'noAnswer.to': forwards.noAnswer?.to, notRegistered: forwards.notRegistered };
  const own = Object.entries(to).find(([, target]) => target === number);
  if (own) throw fieldError(`forwards.${own[0]}`, 'is this extension itself');
}

/** What would miss the extension, beside its user. */
export async function extensionUses(deps: AdministrationDeps, { config }: Pick<Change, 'config'>, number: string): Promise<Use[]> {
  return [
    ...signedIn(deps.acd, number),
    ...(await numbersTo(config, (target) => target.kind === 'toExtension' && target.extension === number)),
    ...(await namingExtension(config, number)),
    ...flowsUsing(await config.flows.published(), deps.validators.flow, await surroundings(deps, config), 'extensions', number),
  ];
}

/** The agent of the extension, while signed in. */
export function signedIn(acd: Pick<Acd, 'agent'>, extension: AgentId): Use[] {
  const agent = acd.agent(extension);
  return agent && agent.state !== 'offline' ? [{ kind: 'agent', id: extension, at: `signed in, ${agent.state}` }] : [];
}

/** @throws DomainError `conflict` when the digits lead elsewhere already */
export async function assertFreeNumber(config: Pick<ConfigReader, 'numbers' | 'groups'>, number: string): Promise<void> {
  const isGroup = (await config.groups.get(number)) !== undefined;
  if (!isGroup && !(await config.numbers.get(number))) return;
  throw new DomainError('conflict', `extension ${number} cannot be made: the number ${number} leads elsewhere already`, {
    usedBy: [{ kind: isGroup ? 'group' : 'number', id: number }],
  });
}

function kindOf(deps: AdministrationDeps): Kind<Extension, ExtensionView> {
  return {
    what: 'extension',
    keyField: 'number',
    table: (config) => config.extensions,
    rows: (config) => config.extensions,
    view: extensionView,
    async check({ config }, extension, before) {
      if (!before) await assertFreeNumber(config, extension.number);
      checkForwards(extension);
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
      const { sipPassword, displayName, forwards, ...fields } = request.body;
      const made = sipPassword === undefined ? deps.randomSecret() : undefined;
      const secret = sipPassword ?? made ?? '';
      const rules = forwardsOf(EXTENSION_DEFAULTS.forwards, forwards) ?? EXTENSION_DEFAULTS.forwards;
      return owner(
        await extensions.add(request, { ...fields, forwards: rules, displayName: displayName ?? fields.number, sipPassword: secret }),
        made,
      );
    },
    async change(request: GuardedRequest<ByExtension, unknown, z.output<typeof extensionChange>>) {
      const { revision, sipPassword, generateSipPassword, forwards, ...fields } = request.body;
      const made = generateSipPassword ? deps.randomSecret() : undefined;
      const secret = made ?? sipPassword;
      const changed = await extensions.change(request, request.params.extension, revision, (before) =>
        defined<Extension>({ ...fields, forwards: forwardsOf(before.forwards, forwards), sipPassword: secret }),
      );
      return owner(changed, made);
    },
    remove: (request: GuardedRequest<ByExtension, z.output<typeof removal>, unknown>) =>
      extensions.remove(request, request.params.extension, request.query),
  };
}

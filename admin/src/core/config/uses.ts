import { type ConfigReader, DomainError, type Extension, type OverflowRule, type RecordingPolicy } from '@yixian/contracts';

/** Something that would be left without what it needs. */
export interface Use {
  kind: 'flow' | 'number' | 'queue' | 'user' | 'agent' | 'extension' | 'call' | 'box' | 'group' | 'trunk' | 'settings';
  id: string;
  /** Where in it, e.g. the node and field of a flow. */
  at?: string;
}

export interface FlowFinding {
  nodeId: string | null;
  field: string;
  message: string;
}

/** Ids that exist outside a flow. */
export interface FlowSurroundings {
  queues: string[];
  prompts: string[];
  extensions: string[];
  flows: string[];
  schedules: string[];
  /** Caller lists. */
  lists: string[];
  /** Voicemail boxes. */
  boxes: string[];
  skills: string[];
}

/** Checks a flow document wholly; an empty list when it can be run. */
export type FlowChecker = (document: unknown, surroundings: FlowSurroundings) => readonly FlowFinding[];

const MOST_NAMED = 20;

/**
 * Flows in force that name the thing: those with a fault more when it is taken away.
 * @param kind where the thing stands among the surroundings
 */
export function flowsUsing(
  published: readonly { flowId: string; document: unknown }[],
  check: FlowChecker,
  surroundings: FlowSurroundings,
  kind: keyof FlowSurroundings,
  id: string,
): Use[] {
  const without = { ...surroundings, [kind]: surroundings[kind].filter((one) => one !== id) };
  return published
    .filter(({ flowId }) => kind !== 'flows' || flowId !== id)
    .flatMap(({ flowId, document }) => {
      const before = new Set(check(document, surroundings).map((finding) => JSON.stringify(finding)));
      return check(document, without)
        .filter((finding) => !before.has(JSON.stringify(finding)))
        .map(({ nodeId, field }): Use => ({ kind: 'flow', id: flowId, at: `node ${nodeId}, field ${field}` }));
    });
}

/** Access codes that lead there. */
export async function numbersTo(config: Pick<ConfigReader, 'numbers'>, leadsThere: (target: Target) => boolean): Promise<Use[]> {
  return (await config.numbers.list()).filter(({ target }) => leadsThere(target)).map(({ number }) => ({ kind: 'number', id: number }));
}
type Target = Awaited<ReturnType<ConfigReader['numbers']['list']>>[number]['target'];

/** Queues with a rule of overflow that fits. */
export async function queuesLeadingTo(config: Pick<ConfigReader, 'queues'>, fits: (rule: OverflowRule) => boolean): Promise<Use[]> {
  const queues = await config.queues.list();
  return queues.filter((queue) => queue.overflow.some(fits)).map(({ id }): Use => ({ kind: 'queue', id, at: 'overflow' }));
}

/** Everything that plays a prompt, beside flows. */
export async function playing(config: ConfigReader, prompt: string): Promise<Use[]> {
  const announced = (policy: RecordingPolicy | null): boolean => policy?.announcement === prompt;
  const [queues, users, trunks] = [await config.queues.list(), await config.users.list(), await config.trunks.list()];
  const settings = await config.settings.get();
  const directions = (['inbound', 'outbound', 'internal'] as const).filter((direction) => announced(settings.recording[direction]));
  return [
    ...queues.filter((q) => q.music === prompt).map(({ id }): Use => ({ kind: 'queue', id, at: 'music' })),
    ...queues.filter((q) => q.callback?.prompt === prompt).map(({ id }): Use => ({ kind: 'queue', id, at: 'callback' })),
    ...queues.filter((q) => announced(q.recording)).map(({ id }): Use => ({ kind: 'queue', id, at: 'recording' })),
    ...users.filter((u) => announced(u.recording)).map((u): Use => ({ kind: 'user', id: u.username, at: 'recording' })),
    ...trunks.filter((t) => announced(t.recording)).map(({ id }): Use => ({ kind: 'trunk', id, at: 'recording' })),
    ...directions.map((direction): Use => ({ kind: 'settings', id: 'recording', at: direction })),
  ];
}

/** Everything that names an extension, beside its user, numbers and flows. */
export async function namingExtension(config: ConfigReader, number: string): Promise<Use[]> {
  const [queues, groups, boxes] = [await config.queues.list(), await config.groups.list(), await config.boxes.list()];
  const others = (await config.extensions.list()).filter((extension) => extension.number !== number);
  const leadsThere = ({ forwards: f }: Extension): boolean => [f.always, f.busy, f.notRegistered, f.noAnswer?.to].includes(number);
  return [
    ...queues.filter((q) => q.agentOrder.includes(number)).map(({ id }): Use => ({ kind: 'queue', id, at: 'agentOrder' })),
    ...groups.filter((g) => g.members.includes(number)).map((g): Use => ({ kind: 'group', id: g.number })),
    ...boxes.filter((b) => b.extensions.includes(number)).map(({ id }): Use => ({ kind: 'box', id })),
    ...others.filter(leadsThere).map((e): Use => ({ kind: 'extension', id: e.number, at: 'forwards' })),
  ];
}

/** @throws DomainError `conflict` naming everything that uses it */
export function assertUnused(what: string, id: string, uses: readonly Use[]): void {
  if (uses.length === 0) return;
  const words = uses.slice(0, MOST_NAMED).map((use) => `${use.kind} ${use.id}${use.at ? ` (${use.at})` : ''}`);
  const more = uses.length > MOST_NAMED ? ` and ${uses.length - MOST_NAMED} more` : '';
  throw new DomainError('conflict', `${what} ${id} is in use by ${words.join(', ')}${more}`, { usedBy: uses });
}

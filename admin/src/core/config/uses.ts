import { type ConfigReader, DomainError } from '@yixian/contracts';

/** Something that would be left without what it needs. */
export interface Use {
  kind: 'flow' | 'number' | 'queue' | 'user' | 'agent' | 'extension' | 'call';
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

/** @throws DomainError `conflict` naming everything that uses it */
export function assertUnused(what: string, id: string, uses: readonly Use[]): void {
  if (uses.length === 0) return;
  const words = uses.slice(0, MOST_NAMED).map((use) => `${use.kind} ${use.id}${use.at ? ` (${use.at})` : ''}`);
  const more = uses.length > MOST_NAMED ? ` and ${uses.length - MOST_NAMED} more` : '';
  throw new DomainError('conflict', `${what} ${id} is in use by ${words.join(', ')}${more}`, { usedBy: uses });
}

import {
  type ConfigReader,
  DomainError,
  type FlowHead,
  type FlowTable,
  type FlowVersionHead,
  isoTime,
  type Revised,
} from '@yixian/contracts';
import type { z } from 'zod';
import type { byVersion, flowChange, newFlow, oneRevision, removal, rollback } from '../../core/config/schemas.js';
import { assertUnused, type FlowFinding, flowsUsing, numbersTo, queuesLeadingTo } from '../../core/config/uses.js';
import type { GuardedRequest } from '../../core/route.js';
import type { byId, livePage } from '../../core/schemas.js';
import { pageOf } from '../page.js';
import {
  type AdministrationDeps,
  assertRevision,
  assertSameKey,
  type Change,
  change,
  fieldError,
  present,
  surroundings,
} from './change.js';

type ById = z.output<typeof byId>;
type ByIdRequest<Q, B> = GuardedRequest<ById, Q, B>;

function versionView(head: FlowVersionHead) {
  const { version, state, createdAt, createdBy, publishedAt, publishedBy } = head;
  return {
    version,
    state,
    createdAt: isoTime(createdAt),
    createdBy,
    publishedAt: publishedAt === null ? null : isoTime(publishedAt),
    publishedBy,
  };
}

function headView(flow: Revised<FlowHead>) {
  const { id, name, published, draft, revision } = flow;
  return { id, name, revision, published: published && versionView(published), draft: draft && versionView(draft) };
}

export function createFlows(deps: AdministrationDeps) {
  return {
    async list({ query }: GuardedRequest<unknown, z.output<typeof livePage>, unknown>) {
      const { items, next } = pageOf(await deps.config.flows.list(), (flow) => flow.id, query);
      return { items: items.map(headView), next };
    },
    get: async ({ params }: ByIdRequest<unknown, unknown>) =>
      detail(deps, deps.config, await present(deps.config.flows, 'flow', params.id)),
    async versions({ params, query }: ByIdRequest<z.output<typeof livePage>, unknown>) {
      await present(deps.config.flows, 'flow', params.id);
      const heads = await deps.config.flows.versions(params.id);
      const rest = query.cursor === undefined ? heads : heads.filter((head) => head.version < Number(query.cursor));
      const items = rest.slice(0, query.limit);
      return { items: items.map(versionView), next: rest.length > items.length ? String(items.at(-1)?.version) : null };
    },
    async version({ params }: GuardedRequest<z.output<typeof byVersion>, unknown, unknown>) {
      await present(deps.config.flows, 'flow', params.id);
      const found = await versionOf(deps.config.flows, params.id, params.version);
      return { ...versionView(found), document: found.document };
    },
    add: (request: GuardedRequest<unknown, unknown, z.output<typeof newFlow>>) => add(deps, request),
    change: (request: ByIdRequest<unknown, z.output<typeof flowChange>>) => edit(deps, request),
    publish: (request: ByIdRequest<unknown, z.output<typeof oneRevision>>) => publish(deps, request),
    rollback: (request: ByIdRequest<unknown, z.output<typeof rollback>>) => goBack(deps, request),
    remove: (request: ByIdRequest<z.output<typeof removal>, unknown>) => remove(deps, request),
  };
}

/** With the document an editor opens, and what is wrong with it. */
async function detail(deps: AdministrationDeps, config: ConfigReader, flow: Revised<FlowHead>) {
  const open = flow.draft ?? flow.published;
  const document = open && (await config.flows.version(flow.id, open.version))?.document;
  const problems = open ? await problemsOf(deps, config, flow.id, document) : [];
  return { ...headView(flow), document: document ?? null, problems: problems.map(problemView) };
}

export async function problemsOf(deps: AdministrationDeps, config: ConfigReader, id: string, document: unknown): Promise<FlowFinding[]> {
  const own = (document as { id?: unknown } | null)?.id;
  const otherId = own === id ? [] : [{ nodeId: null, field: 'id', message: `must be ${id}, as the flow it belongs to` }];
  return [...otherId, ...deps.validators.flow(document, await surroundings(deps, config))];
}

export const problemView = ({ nodeId, field, message }: FlowFinding) => ({ node: nodeId, field, message });

/** A draft is kept whatever is wrong with it: half-done work is not lost. */
async function add(deps: AdministrationDeps, request: GuardedRequest<unknown, unknown, z.output<typeof newFlow>>) {
  const { document, name } = request.body;
  const id = request.body.id ?? idIn(document);
  return change(deps, request, async (c) => {
    await c.config.flows.insert({ id, name: name ?? nameIn(document) ?? id });
    return saveDraft(deps, c, 'flow.created', id, name ?? nameIn(document) ?? id, document);
  });
}

async function edit(deps: AdministrationDeps, request: ByIdRequest<unknown, z.output<typeof flowChange>>) {
  const { id } = request.params;
  const { document, revision, name } = request.body;
  assertSameKey('id', id, request.body.id);
  return change(deps, request, async (c) => {
    const before = await present(c.config.flows, 'flow', id);
    assertRevision('flow', id, before.revision, revision);
    return saveDraft(deps, c, 'flow.changed', id, name ?? nameIn(document) ?? before.name, document);
  });
}

async function saveDraft(deps: AdministrationDeps, c: Change, action: string, id: string, name: string, document: unknown) {
  const head = await c.config.flows.saveDraft(id, { name, document, by: c.by, at: c.now });
  const saved = await detail(deps, c.config, head);
  await c.audit(action, id, { draft: head.draft?.version, name, problems: saved.problems.length });
  return saved;
}

const LONGEST_NAME = 100;

function nameIn(document: unknown): string | undefined {
  const { name } = document as { name?: unknown };
  // a draft may hold anything; what is listed is one line of text
  const line = typeof name === 'string' ? name.replace(/\p{C}/gu, '').trim().slice(0, LONGEST_NAME) : '';
  return line === '' ? undefined : line;
}

function idIn(document: unknown): string {
  const { id } = document as { id?: unknown };
  if (typeof id === 'string' && /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(id)) return id;
  throw fieldError('id', 'is needed, here or in the document: letters, digits, - and _');
}

function publish(deps: AdministrationDeps, request: ByIdRequest<unknown, z.output<typeof oneRevision>>) {
  const { id } = request.params;
  return change(deps, request, async (c) => {
    const flow = await present(c.config.flows, 'flow', id);
    assertRevision('flow', id, flow.revision, request.body.revision);
    if (!flow.draft) throw new DomainError('conflict', `flow ${id} has no draft to publish: change it first`, { id });
    return putInForce(deps, c, 'flow.published', flow, flow.draft.version);
  });
}

/** Puts an earlier version into force, for the next call; a draft stays as it is. */
function goBack(deps: AdministrationDeps, request: ByIdRequest<unknown, z.output<typeof rollback>>) {
  const { id } = request.params;
  return change(deps, request, async (c) => {
    const flow = await present(c.config.flows, 'flow', id);
    assertRevision('flow', id, flow.revision, request.body.revision);
    const retired = (await c.config.flows.versions(id)).filter((v) => v.state === 'retired').map((v) => v.version);
    const current = flow.published?.version ?? Number.POSITIVE_INFINITY;
    const wanted = request.body.version ?? retired.find((version) => version < current);
    if (wanted === undefined) throw new DomainError('conflict', `flow ${id} has no earlier version to go back to`, { id });
    if (wanted === flow.published?.version) throw new DomainError('conflict', `flow ${id} is at version ${wanted} already`, { id });
    if (!retired.includes(wanted)) throw fieldError('version', `flow ${id} never had a version ${wanted} in force`);
    return putInForce(deps, c, 'flow.rolled-back', flow, wanted);
  });
}

async function putInForce(deps: AdministrationDeps, c: Change, action: string, flow: Revised<FlowHead>, version: number) {
  const { document } = await versionOf(c.config.flows, flow.id, version);
  assertValid(flow.id, version, await problemsOf(deps, c.config, flow.id, document));
  const head = await c.config.flows.publish(flow.id, version, c.by, c.now);
  await c.audit(action, flow.id, { before: { version: flow.published?.version ?? null }, after: { version } });
  return detail(deps, c.config, head);
}

function assertValid(id: string, version: number, problems: readonly FlowFinding[]): void {
  const [first] = problems;
  if (!first) return;
  const at = first.nodeId === null ? `field ${first.field}` : `node ${first.nodeId}, field ${first.field}`;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  throw new DomainError('bad-request', `flow ${id} version ${version} cannot be published: ${at}: ${first.message}${more}`, {
    problems: problems.map(problemView),
  });
}

async function versionOf(flows: FlowTable, id: string, version: number) {
  const found = await flows.version(id, version);
  if (!found) throw new DomainError('not-found', `flow ${id} has no version ${version}`, { id, version });
  return found;
}

function remove(deps: AdministrationDeps, request: ByIdRequest<z.output<typeof removal>, unknown>): Promise<void> {
  const { id } = request.params;
  return change(deps, request, async (c) => {
    const flow = await present(c.config.flows, 'flow', id);
    assertRevision('flow', id, flow.revision, request.query.revision);
    assertUnused('flow', id, [
      ...(await numbersTo(c.config, (target) => target.kind === 'toFlow' && target.flowId === id)),
      ...(await queuesLeadingTo(c.config, ({ to }) => to.kind === 'flow' && to.flowId === id)),
      ...flowsUsing(await c.config.flows.published(), deps.validators.flow, await surroundings(deps, c.config), 'flows', id),
    ]);
    await c.config.flows.delete(id);
    await c.audit('flow.deleted', id, { before: headView(flow) });
  });
}

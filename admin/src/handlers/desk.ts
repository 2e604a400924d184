import { type Acd, type Directory, DomainError, isoTime, type Seat, type SeatDialer, type TargetsView } from '@yixian/contracts';
import type { z } from 'zod';
import { assertDirects } from '../commands/command.js';
import type { seatsQuery, targetsQuery } from '../core/desk-schemas.js';
import { flowNames } from '../core/flow-names.js';
import type { GuardedRequest } from '../core/route.js';
import type { byExtension, byId } from '../core/schemas.js';

export interface DeskDeps {
  acd: Acd;
  seats: Pick<SeatDialer, 'reachable' | 'refusal'>;
  directory: Pick<Directory, 'extensions' | 'flow' | 'flowIds' | 'settings'>;
}

/** Most of a kind that are shown: whoever wants another types more of the name. */
const MOST = 50;

/** What a desk offers to choose from. */
export function createGetDesk(deps: DeskDeps) {
  return async () => {
    const { notReadyReasons, dispositions } = deps.directory.settings();
    return { notReadyReasons, dispositions };
  };
}

/**
 * Whom a caller can be put through to, who is free first. Colleagues are shown by name and state only: what they do is for
 * their supervisors.
 */
export function createListTargets(deps: DeskDeps) {
  return async ({ viewer, query }: GuardedRequest<unknown, z.output<typeof targetsQuery>, unknown>): Promise<TargetsView> => {
    const wanted = query.search.trim().toLowerCase();
    const fits = (...words: string[]): boolean => words.some((word) => word.toLowerCase().includes(wanted));
    const agents = deps.acd
      .agents()
      .filter((agent) => agent.agentId !== viewer.agentId && fits(agent.agentId, agent.name))
      .map(({ agentId, name, state, since, reachable }) => {
        const free = reachable && (state === 'ready' || state === 'not-ready' || state === 'wrap-up');
        return { extension: agentId, name, state, since: isoTime(since), free };
      })
      .sort((a, b) => rank(a) - rank(b) || a.extension.localeCompare(b.extension));
    const agentIds = new Set(deps.acd.agents().map((agent) => agent.agentId));
    return {
      agents: agents.slice(0, MOST),
      queues: deps.acd
        .queues()
        .filter((queue) => fits(queue.queueId, queue.name))
        .map((queue) => ({
          id: queue.queueId,
          name: queue.name,
          waitingCount: queue.waiting.length,
          ready: queue.ready,
          open: queue.door.open,
        }))
        .slice(0, MOST),
      extensions: deps.directory
        .extensions()
        .filter((e) => e.enabled && !agentIds.has(e.number) && e.number !== viewer.agentId && fits(e.number, e.displayName))
        .map((e) => ({ number: e.number, name: e.displayName }))
        .slice(0, MOST),
      flows: deps.directory
        .flowIds()
        .map((id) => ({ id, name: flowNames(id, deps.directory.flow(id)?.document).name }))
        .filter(({ id, name }) => fits(id, name))
        .slice(0, MOST),
    };
  };
}

function rank({ free, state }: { free: boolean; state: string }): number {
  if (free) return state === 'ready' ? 0 : 1;
  return state === 'offline' ? 3 : 2;
}

/** What a published flow and its nodes are called: a call's path in words. */
export function createGetFlowNames(deps: DeskDeps) {
  return async ({ params: { id } }: GuardedRequest<z.output<typeof byId>, unknown, unknown>) => {
    const found = deps.directory.flow(id);
    if (!found) throw new DomainError('not-found', `there is no published flow ${id}`, { id });
    return { id, version: found.version, ...flowNames(id, found.document) };
  };
}

/** Each kind of seat, whether it could ring now, and what is in the way. */
export function createListSeats(deps: DeskDeps) {
  return async (request: GuardedRequest<z.output<typeof byExtension>, z.output<typeof seatsQuery>, unknown>) => {
    const { extension } = request.params;
    assertDirects(request, extension, 'see the seats');
    const agent = deps.acd.agent(extension);
    if (!agent) throw new DomainError('not-found', `there is no agent ${extension}`, { extension });
    const number = request.query.number ?? agent.seat.number;
    const kinds: Seat[] = [{ kind: 'softphone' }, { kind: 'sip' }, { kind: 'phone', ...(number === undefined ? {} : { number }) }];
    return { items: kinds.map((seat) => choice(deps, extension, seat)), next: null };
  };
}

function choice(deps: DeskDeps, extension: string, seat: Seat) {
  const refusal = seat.kind === 'phone' && seat.number === undefined ? 'no number is given' : deps.seats.refusal(extension, seat);
  const reachable = refusal === undefined && deps.seats.reachable(extension, seat);
  const why = reachable ? null : (refusal ?? NOT_THERE[seat.kind]);
  return { kind: seat.kind, reachable, why };
}

const NOT_THERE: Record<Seat['kind'], string> = {
  softphone: 'no page of this extension is connected as a telephone',
  sip: 'no telephone is registered at this extension',
  phone: 'no trunk calls this number',
};

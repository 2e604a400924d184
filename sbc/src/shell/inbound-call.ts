import type {
  Call,
  CallId,
  CallLeg,
  Conversations,
  Extension,
  FlowId,
  FlowRunner,
  IdSource,
  LegOrigin,
  PartyAddress,
  Recorder,
  Switch,
  Termination,
  TrunkId,
} from '@yixian/contracts';
import { directionOf, type Route } from '../core/routing.js';
import { runFramed } from './call-frame.js';
import { within } from './deadline.js';
import { type DirectCallDeps, type DirectTarget, runDirectCall } from './direct-call.js';
import { type FeatureDeps, runFeatureCode, runReplacement } from './feature-code.js';
import { runGroupConference } from './group-conference.js';
import { createOwnControl } from './own-control.js';
import type { Parties } from './parties.js';
import type { Routes } from './routes.js';

export interface InboundDeps extends DirectCallDeps, FeatureDeps {
  switch: Switch;
  conversations: Pick<Conversations, 'begin' | 'retrieve' | 'bring'>;
  recorder: Recorder;
  parties: Parties;
  flows: FlowRunner;
  ids: IdSource;
  routes: Routes;
  extension: (number: string) => Extension | undefined;
  trunkHasRoom: (trunkId: TrunkId) => boolean;
}

/** Longest number that is written into a record. */
const MAX_SHOWN = 64;

/** A call that came in: routed, stored, run, closed. Owns the leg from here on. Resolves when the call is closed; never rejects. */
export async function runInboundCall(deps: InboundDeps, leg: CallLeg): Promise<void> {
  const origin: LegOrigin = leg.origin ?? { kind: 'trunk', trunkId: '' };
  const dialled = shown(leg.to.number);
  const caller = origin.kind === 'extension' ? origin.extension : shown(leg.from.number);
  const target = deps.routes.route(leg.to.number, origin);
  const direction = directionOf(origin, target);
  const trunkId = origin.kind === 'trunk' ? origin.trunkId : target.kind === 'toTrunk' ? firstUsable(deps, target.trunkIds) : undefined;
  const id = deps.ids.next('call');
  const language = origin.kind === 'extension' ? deps.extension(origin.extension)?.language : undefined;
  const giveBack = origin.kind === 'trunk' ? deps.live.onTrunk(origin.trunkId) : deps.lines.take(origin.extension, id);
  // A line is free again with its leg, not only when the call's books are closed.
  void leg.ended.then(giveBack);
  try {
    await runFramed(deps, {
      id,
      arrived: {
        direction,
        caller,
        called: dialled,
        ...(trunkId === undefined ? {} : { trunkId }),
        ...(origin.kind === 'extension' ? { extension: origin.extension } : {}),
      },
      caller: () => leg,
      body: (startedAt) =>
        underOwnControl(deps, id, origin, leg, () =>
          proceed(deps, target, origin, {
            id,
            direction,
            caller,
            called: dialled,
            startedAt,
            leg,
            ...(trunkId === undefined ? {} : { trunkId }),
            ...(language ? { language } : {}),
          }),
        ),
    });
  } finally {
    giveBack();
  }
}

/** An agent may hang up the own call at any time, also where nobody has joined it with another. */
async function underOwnControl<T>(deps: InboundDeps, callId: CallId, origin: LegOrigin, leg: CallLeg, body: () => Promise<T>): Promise<T> {
  if (origin.kind !== 'extension' || !deps.lines.isAgent(origin.extension)) return body();
  const takeBack = deps.calls.control(createOwnControl({ callId, agentId: origin.extension, leg: () => leg }));
  return body().finally(takeBack);
}

async function proceed(deps: InboundDeps, target: Route, origin: LegOrigin, call: Call): Promise<Termination> {
  if (call.leg.termination) return call.leg.termination;
  if (call.leg.replaces && origin.kind === 'extension') return runReplacement(deps, call, call.leg.replaces);
  switch (target.kind) {
    case 'toFlow':
      return runFlow(deps, call, target.flowId);
    case 'toGroup':
      if (deps.routes.view().group(target.number)?.mode === 'conference') return conference(deps, call, origin, target.number);
      return direct(deps, call, origin, target);
    case 'toExtension':
    case 'toTrunk':
      return direct(deps, call, origin, target);
    case 'feature':
      return runFeatureCode(deps, call, target.feature);
    case 'reject':
      deps.logger.info({ callId: call.id, caller: call.caller, called: call.called, reason: target.reason }, target.text);
      return { by: 'system', reason: target.reason, text: target.text };
  }
}

async function direct(deps: InboundDeps, call: Call, origin: LegOrigin, target: DirectTarget): Promise<Termination> {
  const callerExtension = origin.kind === 'extension' ? origin.extension : undefined;
  const end = await runDirectCall(deps, {
    call,
    target,
    callerParty: callerParty(deps, call, callerExtension),
    ...(callerExtension === undefined ? {} : { callerExtension }),
  });
  return end.goesTo === undefined || call.leg.termination ? end.termination : runFlow(deps, call, end.goesTo);
}

async function conference(deps: InboundDeps, call: Call, origin: LegOrigin, number: string): Promise<Termination> {
  const group = deps.routes.view().group(number);
  if (!group) return { by: 'system', reason: 'unknown-number', text: `no group ${number}` };
  const callerExtension = origin.kind === 'extension' ? origin.extension : undefined;
  const shown = callerParty(deps, call, callerExtension);
  return runGroupConference(deps, { call, group, shown, ...(callerExtension === undefined ? {} : { callerExtension }) });
}

function callerParty(deps: InboundDeps, call: Call, callerExtension: string | undefined): PartyAddress {
  const own = callerExtension === undefined ? call.leg.from.displayName : deps.extension(callerExtension)?.displayName;
  return { number: call.caller, ...(own ? { displayName: own } : {}) };
}

/** The flow answers the leg and says how the call should end; a caller who left has said it already. */
export async function runFlow(
  deps: Pick<InboundDeps, 'flows' | 'clock' | 'logger' | 'options'>,
  call: Call,
  flowId: FlowId,
  what: Parameters<FlowRunner['run']>[2] = {},
): Promise<Termination> {
  const { clock, logger, options } = deps;
  const flow = deps.flows.run(call, flowId, what);
  const overdue = call.leg.ended.then(() => within(clock, options.flowGraceMs, flow));
  const result = await Promise.race([flow, overdue]);
  if (result === 'too-late') logger.error({ callId: call.id, flowId }, 'a flow went on after its caller had gone');
  if (call.leg.termination) return call.leg.termination;
  return result === 'too-late' ? { by: 'system', reason: 'flow-failure' } : result.termination;
}

/** The trunk a call is put on record with: the first that could carry it now. A later one may carry it when that one fails. */
export function firstUsable(deps: Pick<InboundDeps, 'trunkHasRoom'>, trunkIds: readonly TrunkId[]): TrunkId | undefined {
  return trunkIds.find((id) => deps.trunkHasRoom(id)) ?? trunkIds[0];
}

function shown(number: string): string {
  return number.slice(0, MAX_SHOWN);
}

import type { CallId, CallLedger, CallLeg, Clock, EventBus, EventCatalogue, EventOf, Logger, Switch, Termination } from '@yixian/contracts';
import { refusalFor } from '../core/callee-failure.js';
import { messageOf, within } from './deadline.js';
import type { LiveCalls } from './live-calls.js';
import type { SbcOptions } from './options.js';

export interface FrameDeps {
  ledger: CallLedger;
  events: EventBus;
  clock: Clock;
  logger: Logger;
  live: LiveCalls;
  options: SbcOptions;
  switch?: Pick<Switch, 'traceAs'>;
}

export interface FramedCall {
  id: CallId;
  arrived: EventCatalogue['call.arrived'];
  /** The leg of the party who calls; undefined as long as there is none (click to dial). */
  caller: () => CallLeg | undefined;
  /** The call's own part; runs once its row is stored. Resolves with how the call ended. */
  body: (startedAt: number) => Promise<Termination>;
}

/**
 * The frame of every call: `call.arrived`, the row in the ledger, the call's own part, and, whatever happened, the end
 * of the caller's leg, `leg.ended` and exactly one `call.ended`. Never rejects.
 */
export async function runFramed(deps: FrameDeps, call: FramedCall): Promise<Termination> {
  deps.live.begin(call.id);
  let termination: Termination = { by: 'system', reason: 'switch-failure' };
  try {
    termination = await open(deps, call);
  } finally {
    await close(deps, call, termination).finally(() => deps.live.end(call.id));
  }
  return termination;
}

async function open(deps: FrameDeps, call: FramedCall): Promise<Termination> {
  const arrived = deps.events.publish({ type: 'call.arrived', callId: call.id, data: call.arrived });
  const leg = call.caller();
  if (leg) deps.switch?.traceAs?.(leg, call.id);
  const failed = (reason: 'storage-failure' | 'switch-failure', what: string, error: unknown): Termination => {
    deps.logger.error({ callId: call.id, problem: messageOf(error) }, what);
    return call.caller()?.termination ?? { by: 'system', reason, text: what };
  };
  try {
    const storing = within(deps.clock, deps.options.ledgerMs, deps.ledger.open(arrived as EventOf<'call.arrived'>));
    logArrival(deps.logger, call); // while the row is being stored, so that the caller does not wait for it
    const stored = await storing;
    if (stored === 'too-late') throw new Error(`no answer of the ledger within ${deps.options.ledgerMs} ms`);
  } catch (error) {
    return failed('storage-failure', 'call refused: its record could not be stored', error);
  }
  try {
    return await call.body(arrived.at);
  } catch (error) {
    return failed('switch-failure', `call ended by our own failure: ${messageOf(error)}`, error);
  }
}

/** The line by which a call of ours is found in a trace of the wire, and the other way round. */
function logArrival(logger: Logger, call: FramedCall): void {
  const leg = call.caller();
  const { caller, called } = call.arrived;
  const { transport, address, port } = leg?.source ?? {};
  const wire = leg ? { sipCallId: leg.sipCallId, ...(address ? { source: `${transport}:${address}:${port}` } : {}) } : {};
  logger.info({ callId: call.id, caller, called, ...wire }, 'call arrived');
}

async function close(deps: FrameDeps, call: FramedCall, termination: Termination): Promise<void> {
  const { events, logger, clock, options, live } = deps;
  const leg = call.caller();
  leg?.hangUp(refusalFor(termination));
  try {
    const own = leg ? reportLeg(deps, call.id, leg, 'caller') : undefined;
    const inOrder = await within(clock, 3 * options.legGraceMs, Promise.all([own, live.paid(call.id)]));
    if (inOrder === 'too-late') logger.error({ callId: call.id }, 'a call was closed before everything of it was in order');
  } catch (error) {
    logger.error({ callId: call.id, problem: messageOf(error) }, 'putting an ended call in order failed');
  }
  events.publish({ type: 'call.ended', callId: call.id, data: { termination } });
}

/** Tells `leg.ended` with the leg's media figures, once it has ended. Never rejects. */
export async function reportLeg(
  deps: Pick<FrameDeps, 'events' | 'clock' | 'logger' | 'options'>,
  callId: CallId,
  leg: CallLeg,
  party: string,
): Promise<void> {
  const { clock, logger, options } = deps;
  const ended = await within(clock, options.legGraceMs, leg.ended);
  if (ended === 'too-late') logger.error({ callId, legId: leg.id, state: leg.state }, 'a leg did not end in time after it was told to');
  const termination: Termination = ended === 'too-late' ? { by: 'system', reason: 'switch-failure', text: 'did not end in time' } : ended;
  let stats: Awaited<ReturnType<CallLeg['stats']>> | undefined;
  try {
    const figures = await within(clock, options.legGraceMs, leg.stats());
    if (figures !== 'too-late') stats = figures;
  } catch (error) {
    logger.debug({ callId, legId: leg.id, problem: messageOf(error) }, 'a leg without media figures');
  }
  deps.events.publish({ type: 'leg.ended', callId, data: { legId: leg.id, party, termination, ...(stats ? { stats } : {}) } });
}

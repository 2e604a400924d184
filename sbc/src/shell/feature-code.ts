import type { Acd, Call, CallLeg, Conversations, Mailbox, Prompts, Termination } from '@yixian/contracts';
import type { Feature } from '../core/routing.js';
import type { FrameDeps } from './call-frame.js';
import { messageOf, within } from './deadline.js';
import { runMailbox } from './mailbox.js';
import type { Pickups, RingingCall } from './pickups.js';

const DONE_MS = 250;
const REFUSED_MS = 1_400;
/** Longest wait for the queues' answer and for a tone; a phone must not hang in a feature code. */
const LIMIT_MS = 5_000;

export interface FeatureDeps extends Pick<FrameDeps, 'clock' | 'logger' | 'events' | 'switch'> {
  acd: Pick<Acd, 'setState' | 'setSeat'>;
  pickups: Pickups;
  conversations: Pick<Conversations, 'retrieve'>;
  mailbox?: Mailbox;
  prompts?: Prompts;
}

/** What a phone asks for by a code: the own state and seat, a call that rings elsewhere, a parked one. */
export async function runFeatureCode(deps: FeatureDeps, call: Call, feature: Feature): Promise<Termination> {
  const agentId = call.caller;
  switch (feature.do) {
    case 'state':
      return wish(deps, call, feature.state, () => deps.acd.setState(agentId, feature.state, null, agentId));
    case 'seat': {
      const seat = feature.number === null ? ({ kind: 'sip' } as const) : ({ kind: 'phone', number: feature.number } as const);
      return wish(deps, call, feature.number === null ? 'at the extension' : `at ${feature.number}`, () =>
        deps.acd.setSeat(agentId, seat, agentId),
      );
    }
    case 'pick-up':
      return pickUp(deps, call, deps.pickups.find(agentId, feature.extension));
    case 'retrieve':
      await answer(deps, call);
      return runRetrieval(deps, call, feature.slot);
    case 'mailbox':
      await answer(deps, call);
      return runMailbox(deps, call);
  }
}

/** An INVITE that names the ringing leg whose place it takes (RFC 3891 §3). */
export function runReplacement(deps: FeatureDeps, call: Call, replaced: CallLeg): Promise<Termination> {
  return pickUp(deps, call, deps.pickups.atLeg(call.caller, replaced));
}

/**
 * Answered, done, told by a tone (one beep: done; busy tone: refused), hung up. The agent's line counts as taken as long as
 * the call runs: who becomes ready is not rung with the handset still off.
 */
async function wish(deps: FeatureDeps, call: Call, what: string, act: () => Promise<unknown>): Promise<Termination> {
  const { clock, logger } = deps;
  const agentId = call.caller;
  try {
    await answer(deps, call);
    let done = false;
    try {
      done = (await within(clock, LIMIT_MS, act())) !== 'too-late';
    } catch (error) {
      logger.warn({ callId: call.id, agentId, wish: what, problem: messageOf(error) }, 'feature code refused');
    }
    await tone(deps, call, done);
    if (call.leg.termination) return call.leg.termination;
    return done
      ? { by: 'system', reason: 'normal', text: `${agentId} ${what}` }
      : { by: 'system', reason: 'declined', text: `${agentId} could not become ${what}` };
  } finally {
    call.leg.hangUp({ by: 'system', reason: 'normal' });
  }
}

/** The picked-up call goes on with this phone; this call lasts as long as its leg. */
async function pickUp(deps: FeatureDeps, call: Call, found: RingingCall | { refused: string }): Promise<Termination> {
  if ('refused' in found) {
    deps.logger.info({ callId: call.id, by: call.caller }, found.refused);
    return { by: 'system', reason: 'unknown-number', text: found.refused };
  }
  await answer(deps, call);
  if (!found.takeOver(call.leg, call.caller)) {
    await tone(deps, call, false);
    return call.leg.termination ?? { by: 'system', reason: 'cancelled', text: 'somebody else was faster' };
  }
  deps.switch?.traceAs?.(call.leg, found.callId);
  deps.events.publish({ type: 'call.connected', callId: call.id, data: { to: found.extension } });
  return call.leg.ended;
}

/** Talks with whoever is parked in the slot, or hears that nobody is. */
export async function runRetrieval(
  deps: Pick<FeatureDeps, 'conversations' | 'events' | 'clock'>,
  call: Call,
  slot: string,
  end?: (termination: Termination) => void,
): Promise<Termination> {
  const party = { leg: call.leg, party: call.caller, extension: call.caller, role: 'agent', ...(end ? { end } : {}) } as const;
  const talk = deps.conversations.retrieve(slot, party);
  if (talk) {
    deps.events.publish({ type: 'call.retrieved', callId: call.id, data: { by: call.caller, slot } });
    return (await talk).termination;
  }
  await tone(deps, call, false);
  return call.leg.termination ?? { by: 'system', reason: 'unknown-number', text: `nobody is parked in ${slot}` };
}

async function answer({ events }: FeatureDeps, call: Call): Promise<void> {
  await call.leg.answer();
  events.publish({ type: 'call.answered', callId: call.id, data: {} });
}

async function tone({ clock }: Pick<FeatureDeps, 'clock'>, { leg }: Call, done: boolean): Promise<void> {
  if (leg.state === 'ended') return;
  const sound = done ? ({ tone: 'beep', durationMs: DONE_MS } as const) : ({ tone: 'busy', durationMs: REFUSED_MS } as const);
  const playback = leg.play([{ kind: 'tone', ...sound }]);
  if ((await within(clock, LIMIT_MS, playback.finished)) === 'too-late') playback.stop();
}

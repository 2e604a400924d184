import type { Acd, Call, Termination } from '@yixian/contracts';
import type { FeatureCode } from '../core/routing.js';
import type { FrameDeps } from './call-frame.js';
import { messageOf, within } from './deadline.js';

const STATES = { ready: 'ready', 'not-ready': 'not-ready', 'sign-out': 'offline' } as const;
const DONE_MS = 250;
const REFUSED_MS = 1_400;
/** Longest wait for the queues' answer and for a tone; a phone must not hang in a feature code. */
const LIMIT_MS = 5_000;

/**
 * An agent's own state from the phone: answered, done, told by a tone (one beep: done; busy tone: refused), hung up.
 * The agent's line counts as taken as long as the call runs: who becomes ready is not rung with the handset still off.
 */
export async function runFeatureCode(
  deps: Pick<FrameDeps, 'clock' | 'logger' | 'events'> & { acd: Pick<Acd, 'setState'> },
  call: Call,
  feature: FeatureCode,
): Promise<Termination> {
  const { acd, clock, logger, events } = deps;
  const agentId = call.caller;
  try {
    await call.leg.answer();
    events.publish({ type: 'call.answered', callId: call.id, data: {} });
    let done = false;
    try {
      done = (await within(clock, LIMIT_MS, acd.setState(agentId, STATES[feature], null, agentId))) !== 'too-late';
    } catch (error) {
      logger.warn({ callId: call.id, agentId, feature, problem: messageOf(error) }, 'feature code refused');
    }
    const tone = done ? ({ tone: 'beep', durationMs: DONE_MS } as const) : ({ tone: 'busy', durationMs: REFUSED_MS } as const);
    const playback = call.leg.play([{ kind: 'tone', ...tone }]);
    if ((await within(clock, LIMIT_MS, playback.finished)) === 'too-late') playback.stop();
    if (call.leg.termination) return call.leg.termination;
    return done
      ? { by: 'system', reason: 'normal', text: `${agentId} ${STATES[feature]}` }
      : { by: 'system', reason: 'declined', text: `${agentId} could not become ${STATES[feature]}` };
  } finally {
    call.leg.hangUp({ by: 'system', reason: 'normal' });
  }
}

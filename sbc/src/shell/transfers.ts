import type { Call, Conversations, Termination } from '@yixian/contracts';
import { isDialable } from '../core/number-rules.js';
import { trunksAllowing } from '../core/routing.js';
import { messageOf } from './deadline.js';
import { type DirectCallDeps, type DirectTarget, runDirectCall } from './direct-call.js';
import type { Routes } from './routes.js';

export interface TransferResult {
  outcome: 'connected' | 'busy' | 'no-answer' | 'not-allowed' | 'failed';
  /** Whether the caller is still there: the flow may go on. */
  callerStillUp: boolean;
}

/** ivr ▸ sbc: connects the caller of a flow to an extension or a number. */
export interface Transfers {
  /** Resolves, without delay, when the two no longer talk or never came to; never rejects. */
  connect(call: Call, target: { kind: 'extension' | 'number'; value: string }): Promise<TransferResult>;
}

type TransferDeps = DirectCallDeps & { routes: Routes; conversations: Pick<Conversations, 'bring'> };

export function createTransfers(deps: TransferDeps): Transfers {
  return {
    async connect(call, wanted) {
      const result = (outcome: TransferResult['outcome']): TransferResult => ({ outcome, callerStillUp: call.leg.state !== 'ended' });
      try {
        const target = targetOf(deps, call, wanted);
        if ('refused' in target) {
          deps.logger.info({ callId: call.id, to: wanted.value, outcome: target.refused }, target.why);
          return result(target.refused);
        }
        return result(await connect(deps, call, target));
      } catch (error) {
        deps.logger.error({ callId: call.id, problem: messageOf(error) }, 'transfer failed');
        return result('failed');
      }
    },
  };
}

async function connect(deps: TransferDeps, call: Call, target: DirectTarget): Promise<TransferResult['outcome']> {
  const { displayName } = call.leg.from;
  const callerParty = { number: call.caller, ...(displayName ? { displayName } : {}) };
  const callerExtension = extensionOf(call);
  const number = target.kind === 'toExtension' ? target.extension : target.number;
  const timeoutMs = deps.options.ringTimeoutMs;
  const brought = deps.conversations.bring(call, number, (callId) =>
    deps.parties.ringRoute(target, { ...(callerExtension ? { by: callerExtension } : {}), shown: callerParty, callId, timeoutMs }),
  );
  if (brought) {
    const why = await brought;
    return why === null ? 'connected' : outcomeOf(why);
  }
  const end = await runDirectCall(deps, { call, target, callerParty, ...(callerExtension ? { callerExtension } : {}) });
  if (!end.connected) return outcomeOf(end.termination);
  return 'connected';
}

/**
 * An extension's call keeps the extension's rights. For a caller from outside, whoever publishes the flow has decided
 * that it may call out; the trunks' number rules still say which numbers.
 */
function targetOf(
  deps: TransferDeps,
  call: Call,
  wanted: { kind: 'extension' | 'number'; value: string },
): DirectTarget | { refused: TransferResult['outcome']; why: string } {
  const view = deps.routes.view();
  const { kind, value } = wanted;
  if (kind === 'extension') {
    if (!view.extension(value)?.enabled) return { refused: 'failed', why: `no extension ${value}` };
    return { kind: 'toExtension', extension: value };
  }
  if (view.group(value)) return { kind: 'toGroup', number: value };
  if (!isDialable(value)) return { refused: 'not-allowed', why: 'what was asked for is not a telephone number' };
  const caller = extensionOf(call);
  if (caller !== undefined && !view.extension(caller)?.outboundAllowed)
    return { refused: 'not-allowed', why: `${caller} may not call over trunks` };
  const trunkIds = trunksAllowing(view, value);
  return trunkIds.length > 0 ? { kind: 'toTrunk', number: value, trunkIds } : { refused: 'not-allowed', why: `no trunk may call ${value}` };
}

function extensionOf(call: Call): string | undefined {
  if (call.direction === 'inbound') return undefined;
  return call.caller;
}

function outcomeOf({ reason }: Termination): Exclude<TransferResult['outcome'], 'connected'> {
  if (reason === 'busy' || reason === 'declined') return 'busy';
  if (reason === 'no-answer' || reason === 'not-registered' || reason === 'switched-off' || reason === 'not-confirmed') return 'no-answer';
  if (reason === 'forbidden') return 'not-allowed';
  return 'failed';
}

import type { Call, CallId, Directory, IdSource, OutboundCalls, Termination, TrunkId } from '@yixian/contracts';
import { routeForHotline } from '../core/routing.js';
import { type FrameDeps, runFramed } from './call-frame.js';
import { messageOf, within } from './deadline.js';
import type { Parties } from './parties.js';
import type { Routes } from './routes.js';
import type { PartyRing } from './seat-ring.js';

export interface OutboundCallsDeps extends FrameDeps {
  ids: IdSource;
  directory: Pick<Directory, 'trunk'>;
  routes: Routes;
  parties: Pick<Parties, 'ringRoute'>;
  draining: () => boolean;
}

type Place = Parameters<OutboundCalls['place']>[0];
type Placed = Awaited<ReturnType<OutboundCalls['place']>['done']>;

/** Calls of the hotline's own: to a number over a trunk, or to an extension or group. Each has its row, its frame and its end. */
export function createOutboundCalls(deps: OutboundCallsDeps, track: (call: Promise<unknown>) => void): OutboundCalls {
  return {
    place(request) {
      const call = new PlacedCall(deps, request);
      const done = call.run();
      track(done);
      return { done, cancel: (termination) => call.cancel(termination) };
    },
  };
}

class PlacedCall {
  readonly #deps: OutboundCallsDeps;
  readonly #request: Place;
  #ring: PartyRing | undefined;
  #cancelled: Termination | undefined;

  constructor(deps: OutboundCallsDeps, request: Place) {
    this.#deps = deps;
    this.#request = request;
  }

  cancel(termination: Termination): void {
    this.#cancelled ??= termination;
    this.#ring?.end(termination);
  }

  async run(): Promise<Placed> {
    const { number, agentId } = this.#request;
    const { routes, ids, logger, draining } = this.#deps;
    const failed = (termination: Termination): Placed => ({ callId: null, answered: false, termination });
    if (draining()) return failed({ by: 'system', reason: 'draining' });
    const target = routeForHotline(routes.view(), number);
    if (target.kind === 'reject') return failed({ by: 'system', reason: target.reason, text: target.text });
    if (target.kind === 'toFlow' || target.kind === 'feature') {
      return failed({ by: 'system', reason: 'unknown-number', text: `${number} is nobody who could be called` });
    }
    const id = ids.next('call');
    const trunkId = target.kind === 'toTrunk' ? target.trunkIds[0] : undefined;
    const common = {
      direction: 'outbound',
      caller: agentId ?? this.#ownNumber(trunkId),
      called: number,
      ...(trunkId === undefined ? {} : { trunkId }),
    } as const;
    let answered = false;
    try {
      const termination = await runFramed(this.#deps, {
        id,
        arrived: common,
        // The leg is the party's, not a caller's: the ring owns it and tells of it.
        caller: () => undefined,
        body: async (startedAt) => {
          this.#request.opened?.(id);
          const ring = await this.#dial(id, target);
          if (ring.state !== 'accepted') return ring.termination ?? { by: 'system', reason: 'switch-failure' };
          answered = true;
          let termination: Termination = { by: 'system', reason: 'switch-failure' };
          try {
            termination = await this.#talk({ id, ...common, startedAt, leg: ring.leg });
            return termination;
          } finally {
            ring.end(termination);
          }
        },
      });
      return { callId: id, answered, termination };
    } catch (error) {
      logger.error({ callId: id, problem: messageOf(error) }, 'a call of the hotline failed');
      return { callId: id, answered, termination: { by: 'system', reason: 'switch-failure', text: messageOf(error) } };
    }
  }

  #ownNumber(trunkId: TrunkId | undefined): string {
    const trunk = trunkId === undefined ? undefined : this.#deps.directory.trunk(trunkId);
    return trunk?.outboundCallerId ?? 'anonymous';
  }

  /** Resolves when somebody has taken it or nobody will. */
  async #dial(callId: CallId, target: Parameters<Parties['ringRoute']>[0]): Promise<PartyRing> {
    const { number, ringMs } = this.#request;
    const ring = this.#deps.parties.ringRoute(target, { shown: { number: 'anonymous' }, callId, timeoutMs: ringMs });
    this.#ring = ring;
    if (this.#cancelled) ring.end(this.#cancelled);
    const tell = () => this.#deps.events.publish({ type: 'call.ringing', callId, data: { to: number } });
    await new Promise<void>((resolve) => {
      if (ring.state !== 'ringing') return resolve();
      ring.subscribe((event) => (event.type === 'ringing' ? tell() : resolve()));
    });
    return ring;
  }

  /** The call is over when its body is; a body that goes on without anybody on the line is not waited for without end. */
  async #talk(call: Call): Promise<Termination> {
    const { clock, options, logger, events } = this.#deps;
    events.publish({ type: 'call.answered', callId: call.id, data: {} });
    const body = this.#request.body(call);
    const overdue = call.leg.ended.then(() => within(clock, options.flowGraceMs, body));
    const result = await Promise.race([body, overdue]);
    if (result !== 'too-late') return call.leg.termination ?? result;
    logger.error({ callId: call.id }, 'the body of a call went on after its party had gone');
    return call.leg.termination ?? { by: 'system', reason: 'switch-failure' };
  }
}

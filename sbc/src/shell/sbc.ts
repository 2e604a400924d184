import type {
  ArrivingCall,
  CallLeg,
  ClickToDial,
  LegOrigin,
  NodeId,
  OutboundCalls,
  PartyDialer,
  SeatDialer,
  TrunkId,
} from '@yixian/contracts';
import { trunkRoom } from '../core/admission.js';
import { clicksOfAll } from './click-elsewhere.js';
import { createClickToDial } from './click-to-dial.js';
import { messageOf } from './deadline.js';
import type { SbcDeps } from './deps.js';
import { type InboundDeps, runInboundCall } from './inbound-call.js';
import { createLines } from './lines.js';
import { DEFAULT_OPTIONS } from './options.js';
import { createOutboundCalls } from './outbound-calls.js';
import { createOutside } from './outside.js';
import { createParties } from './parties.js';
import { createPickups } from './pickups.js';
import { createTransfers, type Transfers } from './transfers.js';

export interface Sbc {
  /** Takes over a leg that the switch has admitted: goes into `SwitchHandlers.inbound`. */
  inbound(leg: CallLeg): void;
  /** The other process that has to have a call, because whom it fetches waits or rings there: goes into `SwitchHandlers.home`. */
  home(call: ArrivingCall): NodeId | undefined;
  clickToDial: ClickToDial;
  seats: SeatDialer;
  /** sbc ▸ acd: whoever is put through to or consulted. */
  parties: PartyDialer;
  /** sbc ▸ acd: calls of the hotline's own. */
  outboundCalls: OutboundCalls;
  /** ivr ▸ sbc: connects a flow's caller to an extension or number. */
  transfers: Transfers;
  activeCalls(): number;
  /** Calls over a trunk now, both directions together. */
  liveCallsOn(trunkId: TrunkId): number;
  /**
   * Takes no more calls (the switch answers 503) and waits until the running ones are over, at most `timeoutMs`. What is
   * left then ends with the switch's own `stop`.
   */
  drain(timeoutMs: number): Promise<void>;
  metrics(): Record<string, number>;
  /** Stops listening to the directory. */
  close(): void;
}

/** The edge's calls: routed, connected, recorded and closed. */
export function createSbc(given: SbcDeps): Sbc {
  const options = { ...DEFAULT_OPTIONS, ...given.options };
  const lines = createLines(given);
  const { prompts, options: _options, outside: shared, ...ports } = given;
  const outside = shared ?? createOutside(given);
  const { live, routes, seats } = outside;
  const pickups = createPickups((extension) => given.directory.extension(extension)?.pickupGroup ?? null, given.cluster);
  const trunkProgressMs = options.trunkProgressMs;
  const parties = createParties({ ...given, ...outside, options, lines, pickups, trunkProgressMs });
  let draining = false;
  const deps: InboundDeps = {
    ...ports,
    ...(prompts ? { prompts } : {}),
    options,
    live,
    lines,
    routes,
    extension: (number) => given.directory.extension(number),
    trunkHasRoom: (id) => trunkRoom(given.directory.trunk(id) ?? { maxCalls: 0 }, live.trunk(id)),
    parties,
    pickups,
  };

  const track = (call: Promise<unknown>): void => {
    call.catch((error: unknown) => given.logger.error({ problem: messageOf(error) }, 'a call failed outside its own care'));
  };

  function refuseDraining(leg: CallLeg): void {
    const termination = { by: 'system', reason: 'draining' } as const;
    leg.hangUp(termination);
    const source = leg.source ? `${leg.source.address}:${leg.source.port}/${leg.source.transport}` : 'unknown';
    const data = { source, caller: leg.from.number.slice(0, 64), called: leg.to.number.slice(0, 64), termination };
    given.events.publish({ type: 'call.refused', data });
  }

  function homeOf(dialled: string, origin: LegOrigin): NodeId | undefined {
    if (origin.kind !== 'extension') return undefined;
    const target = routes.route(dialled, origin);
    if (target.kind !== 'feature') return undefined;
    const { feature } = target;
    if (feature.do === 'retrieve') return given.conversations.parkedElsewhere?.(feature.slot);
    return feature.do === 'pick-up' ? pickups.elsewhere(origin.extension, feature.extension) : undefined;
  }

  const ownClicks = createClickToDial({ ...deps, acd: given.acd, seats, draining: () => draining }, track);
  const { clicks, close: closeClicks } = clicksOfAll(ownClicks, given.cluster, ({ from, to, draft }) =>
    draft ? undefined : homeOf(to, { kind: 'extension', extension: from }),
  );

  return {
    inbound(leg) {
      if (outside.seats.far?.expects(leg.to.number)) {
        outside.seats.far.take(leg);
        return;
      }
      if (draining) {
        refuseDraining(leg);
        return;
      }
      track(
        runInboundCall(deps, leg).catch((error: unknown) => {
          leg.hangUp({ by: 'system', reason: 'switch-failure', text: messageOf(error) });
          throw error;
        }),
      );
    },
    home: ({ origin, dialled }) => homeOf(dialled, origin),
    clickToDial: clicks,
    seats,
    parties,
    outboundCalls: createOutboundCalls({ ...deps, directory: given.directory, draining: () => draining }, track),
    transfers: createTransfers(deps),
    activeCalls: () => live.size,
    liveCallsOn: (trunkId) => live.trunk(trunkId),
    async drain(timeoutMs) {
      draining = true;
      given.switch.drain();
      outside.seats.drain();
      const idle = await live.idle(timeoutMs);
      if (!idle) given.logger.warn({ calls: live.size, timeoutMs }, 'calls still run at the end of the drain');
    },
    metrics() {
      const out: Record<string, number> = { sbc_calls_active: live.size, sbc_calls_total: live.begun };
      Object.assign(out, outside.meter.metrics(), outside.seats.metrics());
      for (const trunk of given.directory.trunks())
        out[`sbc_trunk_calls{trunk=${JSON.stringify(trunk.id)}}`] = live.trunks().get(trunk.id) ?? 0;
      return out;
    },
    close() {
      closeClicks();
      outside.close();
    },
  };
}

import type { Admission, Clock, Directory, EdgePolicy, EventBus, Logger, RequestSummary, Termination, TrunkId } from '@yixian/contracts';
import { type AddressList, compileAddressList, formatAddress, ownerOf, parseAddress } from '../core/address-list.js';
import { classify, trunkRoom } from '../core/admission.js';
import { type Bucket, take } from '../core/token-bucket.js';
import { BoundedMap } from './bounded-map.js';
import { createRateMeter, type RateMeter } from './rate-meter.js';
import { createSourceGuard, DEFAULT_GUARD, type SourceGuardOptions } from './source-guard.js';

export interface EdgePolicyDeps {
  directory: Directory;
  clock: Clock;
  logger: Logger;
  /** Calls that run over a trunk now, both directions together. */
  liveCallsOn: (trunkId: TrunkId) => number;
  /** Whether another process of the hotline was given this name to call; nobody else knows it. */
  expects?: (requestUser: string) => boolean;
  /** The password of short-lived credentials by their user name `<extension>.<id>`; none are taken without it. */
  webPassword?: (username: string) => string | undefined;
  /** Where `call.refused` is told, at most ten a second; without it refusals are only counted and logged. */
  events?: EventBus;
  options?: Partial<SourceGuardOptions>;
}

export interface Edge extends EdgePolicy {
  /** From now on new calls are refused with `draining` (503). */
  drain(): void;
  metrics(): Record<string, number>;
  /** Stops listening to the directory. */
  close(): void;
}

/** A source address as the edge sees it: one spelling, and the trunk whose list it is on. */
interface Place {
  readonly address: string;
  readonly trunkId: TrunkId | undefined;
}

const PLACES = 10_000;
const REFUSED_EVENTS = { ratePerSecond: 10, burst: 20 };

/** The edge's decision on every request outside a dialog: who may come in, how often, and who is kept out. */
export function createEdgePolicy(deps: EdgePolicyDeps): Edge {
  const { directory, clock, logger } = deps;
  const guard = createSourceGuard({ clock, logger, options: { ...DEFAULT_GUARD, ...deps.options } });
  const counters = new Map<string, number>();
  const callBuckets = new Map<TrunkId, Bucket>();
  const meters = new Map<TrunkId, RateMeter>();
  let trunks: AddressList<TrunkId> | undefined;
  // What was worked out of an address, so that a flood costs a look-up and not a parse; emptied when the lists change.
  let places = new BoundedMap<Place>(PLACES);
  let refusedBucket: Bucket | undefined;
  let draining = false;
  const stopListening = directory.onChange(() => {
    trunks = undefined;
    places = new BoundedMap(PLACES);
  });

  const bump = (key: string) => counters.set(key, (counters.get(key) ?? 0) + 1);

  function placeOf(address: string): Place {
    const known = places.get(address);
    if (known) return known;
    trunks ??= compileTrunks();
    const ip = parseAddress(address);
    const place = { address: ip ? formatAddress(ip) : address.slice(0, 80), trunkId: ip && ownerOf(trunks, ip) };
    places.set(address.slice(0, 80), place);
    return place;
  }

  function compileTrunks(): AddressList<TrunkId> {
    const enabled = directory.trunks().filter((t) => t.enabled);
    const list = compileAddressList(enabled.map((t) => [t.id, t.inboundAddresses] as const));
    for (const { owner, message } of list.problems) {
      logger.warn({ trunk: owner, field: 'inboundAddresses', problem: message }, 'trunk address entry ignored');
    }
    const known = new Set(enabled.map((t) => t.id));
    for (const id of callBuckets.keys()) if (!known.has(id)) callBuckets.delete(id);
    for (const id of meters.keys()) if (!known.has(id)) meters.delete(id);
    return list;
  }

  function drop(reason: string): Admission {
    bump(`sbc_admissions_total{decision="drop",reason="${reason}"}`);
    return { action: 'drop', reason };
  }

  function refuse(request: RequestSummary, termination: Termination): Admission {
    bump(`sbc_admissions_total{decision="refuse",reason="${termination.reason}"}`);
    if (request.method === 'INVITE') tellRefused(request, termination);
    return { action: 'refuse', termination };
  }

  function tellRefused(request: RequestSummary, termination: Termination): void {
    if (!deps.events) return;
    const taken = take(refusedBucket, REFUSED_EVENTS, clock.monotonic());
    refusedBucket = taken.bucket;
    if (!taken.ok) return;
    const { source } = request;
    deps.events.publish({
      type: 'call.refused',
      data: {
        source: `${source.address}:${source.port}/${source.transport}`,
        caller: request.fromUser.slice(0, 64),
        called: request.requestUser.slice(0, 64),
        termination,
      },
    });
  }

  function trunkCall(request: RequestSummary, trunkId: TrunkId): Admission {
    const trunk = directory.trunk(trunkId);
    if (!trunk) return refuse(request, { by: 'system', reason: 'forbidden', text: `trunk ${trunkId} was removed` });
    if (!trunkRoom(trunk, deps.liveCallsOn(trunkId))) {
      bump(`sbc_trunk_refused_total{trunk=${JSON.stringify(trunkId)},reason="trunk-full"}`);
      return refuse(request, { by: 'system', reason: 'trunk-full', text: `trunk ${trunkId} carries its ${trunk.maxCalls} calls` });
    }
    const rate = trunk.maxCallsPerSecond;
    // One call in ten seconds is a limit too; none at all means none.
    const limits = { ratePerSecond: rate, burst: rate > 0 ? Math.max(1, rate) : 0 };
    const taken = take(callBuckets.get(trunkId), limits, clock.monotonic());
    callBuckets.set(trunkId, taken.bucket);
    if (!taken.ok) {
      bump(`sbc_trunk_refused_total{trunk=${JSON.stringify(trunkId)},reason="rate-limited"}`);
      return refuse(request, { by: 'system', reason: 'rate-limited', text: `trunk ${trunkId}: over ${trunk.maxCallsPerSecond} calls/s` });
    }
    meterOf(trunkId).count();
    bump(`sbc_trunk_admitted_total{trunk=${JSON.stringify(trunkId)}}`);
    return accept(trunkId);
  }

  function meterOf(trunkId: TrunkId): RateMeter {
    const meter = meters.get(trunkId) ?? createRateMeter(clock);
    meters.set(trunkId, meter);
    return meter;
  }

  function accept(trunkId: TrunkId): Admission {
    bump('sbc_admissions_total{decision="accept"}');
    return { action: 'accept', origin: { kind: 'trunk', trunkId } };
  }

  function stranger(request: RequestSummary, address: string): Admission {
    if (guard.unlistedRequest(address)) {
      const facts = { method: request.method, address, port: request.source.port, from: request.fromUser.slice(0, 64) };
      logger.warn({ ...facts, dialled: request.requestUser.slice(0, 64) }, 'refused a request from a source on no trunk list');
    }
    if (guard.addressBanned(address)) return drop('banned');
    return refuse(request, { by: 'system', reason: 'forbidden', text: 'source is on no trunk list' });
  }

  return {
    admit(request) {
      if (request.method === 'INVITE' && deps.expects?.(request.requestUser)) {
        return { action: 'accept', origin: { kind: 'trunk', trunkId: '' } };
      }
      const { address, trunkId } = placeOf(request.source.address);
      const source = { ...request.source, address };
      if (trunkId === undefined && guard.addressBanned(address)) return drop('banned');
      const kind = classify(request, (user) => directory.extension(user) !== undefined, trunkId);
      if (kind.kind !== 'trunk-call' && !guard.withinRate(source)) return drop('rate');
      if (draining && request.method === 'INVITE' && kind.kind !== 'stranger') {
        return refuse(request, { by: 'system', reason: 'draining' });
      }
      switch (kind.kind) {
        case 'extension':
          if (guard.extensionBanned(source, kind.extension)) return drop('banned');
          bump('sbc_admissions_total{decision="challenge"}');
          return { action: 'challenge', extension: kind.extension };
        case 'trunk-call':
          return trunkCall(request, kind.trunkId);
        case 'trunk-ping':
          return accept(kind.trunkId);
        case 'trunk-other':
          return refuse(request, { by: 'system', reason: 'forbidden', text: `${request.method} is not for trunks` });
        case 'stranger':
          return stranger(request, address);
      }
    },
    sipPassword(user) {
      // A browser's credentials name the extension they were given out for.
      const [extension = '', web] = user.split('.', 2);
      const found = directory.extension(extension);
      if (!found?.enabled) return undefined;
      return web === undefined ? found.sipPassword : deps.webPassword?.(user);
    },
    authenticationResult(request, extension, ok) {
      bump(`sbc_authentications_total{result="${ok ? 'ok' : 'failed'}"}`);
      const { address, trunkId } = placeOf(request.source.address);
      const source = { ...request.source, address };
      if (ok) guard.rightPassword(source, extension);
      else guard.wrongPassword(source, extension, trunkId !== undefined);
    },
    drain() {
      draining = true;
    },
    metrics() {
      const out: Record<string, number> = { ...Object.fromEntries(counters), ...guard.metrics() };
      for (const [id, meter] of meters) out[`sbc_trunk_calls_per_second{trunk=${JSON.stringify(id)}}`] = meter.perSecond();
      return out;
    },
    close: stopListening,
  };
}

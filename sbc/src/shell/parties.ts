import {
  type AgentId,
  type CallId,
  type CallLeg,
  DomainError,
  type PartyAddress,
  type PartyDialer,
  type Termination,
  type TransferTarget,
} from '@yixian/contracts';
import { type Route, route, routeForHotline } from '../core/routing.js';
import { shownOutside } from '../core/shown-number.js';
import { type FrameDeps, reportLeg } from './call-frame.js';
import { endedLeg } from './ended-leg.js';
import { type ExtensionRingDeps, type RingRequest, ringExtension } from './extension-ring.js';
import { ringAll } from './group-ring.js';
import { type NumberRingDeps, ringNumber } from './number-ring.js';
import type { Routes } from './routes.js';
import { endedRing, type PartyRing } from './seat-ring.js';

export interface PartiesDeps
  extends Omit<ExtensionRingDeps, 'directory' | 'dialled' | 'ringDialled'>,
    Omit<NumberRingDeps, 'clock'>,
    Pick<FrameDeps, 'live' | 'logger' | 'options'> {
  directory: ExtensionRingDeps['directory'];
  routes: Routes;
}

type Ringable = Extract<Route, { kind: 'toExtension' | 'toGroup' | 'toTrunk' }>;

export interface PartyRequest {
  /** Whose rights count; undefined: the hotline's. */
  by?: AgentId;
  shown: PartyAddress;
  callId: CallId;
  timeoutMs: number;
}

/** Whoever is called besides the caller: extensions with their forwards, groups, numbers over trunks. */
export interface Parties extends PartyDialer {
  ring(request: Parameters<PartyDialer['ring']>[0]): PartyRing;
  /** Rings what a route leads to. */
  ringRoute(target: Ringable, request: PartyRequest): PartyRing;
  /** One member of a group, without the member's forwards. */
  ringMember(extension: string, request: PartyRequest): PartyRing;
}

/** What is ended without a call: which number it is and what it would have led to. */
export function createParties(deps: PartiesDeps): Parties {
  const { clock, routes, live } = deps;

  const extensionDeps: ExtensionRingDeps = {
    ...deps,
    dialled,
    ringDialled(number, extension, request) {
      const target = routes.route(number, { kind: 'extension', extension });
      if (target.kind === 'toFlow') return refused(number, request.shown, { by: 'system', reason: 'no-answer' }, target.flowId);
      if (target.kind === 'reject') return refused(number, request.shown, { by: 'system', reason: target.reason, text: target.text });
      if (target.kind === 'feature') {
        return refused(number, request.shown, { by: 'system', reason: 'unknown-number', text: `${extension} forwards to a feature code` });
      }
      return ring(target, request);
    },
  };

  /** The leg's figures are told when it ends, and the call's books stay open until then. */
  function dialled(callId: CallId, leg: CallLeg): void {
    live.owe(
      callId,
      leg.ended.then(() => reportLeg(deps, callId, leg, 'called')),
    );
  }

  function refused(number: string, shown: PartyAddress, termination: Termination, flowId?: string): PartyRing {
    return endedRing(endedLeg({ number }, shown, termination), flowId);
  }

  function ring(target: Ringable, request: RingRequest): PartyRing {
    switch (target.kind) {
      case 'toExtension':
        return ringExtension(extensionDeps, target.extension, request);
      case 'toGroup':
        return ringGroup(target.number, request);
      case 'toTrunk':
        return ringNumber(deps, {
          number: target.number,
          trunkIds: target.trunkIds,
          show: (trunk) => shownOutside(trunk, request.shown),
          timeoutMs: Math.max(1, request.until - clock.monotonic()),
          callId: request.callId,
          dialled: (leg) => dialled(request.callId, leg),
        });
    }
  }

  function ringGroup(number: string, request: RingRequest): PartyRing {
    const group = routes.view().group(number);
    if (!group) return refused(number, request.shown, { by: 'system', reason: 'unknown-number', text: `no group ${number}` });
    const asMember = { ...request, obeyForwards: false };
    const others = group.members.filter((member) => member !== request.shown.number);
    return ringAll({ ...group, members: others }, request.shown, (member) => ringExtension(extensionDeps, member, asMember));
  }

  function requestOf({ shown, callId, timeoutMs }: PartyRequest): RingRequest {
    return { shown, callId, until: clock.monotonic() + timeoutMs, forwardedBy: [], obeyForwards: true };
  }

  function routeOf(number: string, by: AgentId | undefined): Route {
    return by === undefined ? routeForHotline(routes.view(), number) : route(routes.view(), number, { kind: 'extension', extension: by });
  }

  return {
    resolve(to, by): TransferTarget {
      if (to.length === 0 || to.length > 64) throw new DomainError('bad-request', 'to: a number of 1–64 characters', { field: 'to' });
      const target = routes.route(to, { kind: 'extension', extension: by });
      switch (target.kind) {
        case 'toFlow':
          return { kind: 'flow', flowId: target.flowId };
        case 'toExtension':
          return { kind: 'extension', extension: target.extension };
        case 'toGroup':
        case 'toTrunk':
          return { kind: 'number', number: to };
        case 'feature':
          throw new DomainError('bad-request', `to: ${to} is a feature code`, { field: 'to', to });
        case 'reject':
          throw new DomainError('bad-request', `to: ${target.text}`, { field: 'to', to, reason: target.reason });
      }
    },
    ring(request) {
      const { target, by, shown } = request;
      if (target.kind === 'extension') return ring({ kind: 'toExtension', extension: target.extension }, requestOf(request));
      const found = routeOf(target.number, by);
      if (found.kind === 'reject') return refused(target.number, shown, { by: 'system', reason: found.reason, text: found.text });
      if (found.kind === 'toFlow' || found.kind === 'feature') {
        return refused(target.number, shown, {
          by: 'system',
          reason: 'unknown-number',
          text: `${target.number} is nobody who could be rung`,
        });
      }
      return ring(found, requestOf(request));
    },
    ringRoute: (target, request) => ring(target, requestOf(request)),
    ringMember: (extension, request) => ringExtension(extensionDeps, extension, { ...requestOf(request), obeyForwards: false }),
  };
}

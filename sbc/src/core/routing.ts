import type { AccessCode, CallDirection, Extension, FlowId, LegOrigin, Trunk, TrunkId } from '@yixian/contracts';
import { compileRule, isDialable, type NumberRule, stripSeparators } from './number-rules.js';

/** What a dialled number leads to, as data. */
export type Route =
  | { kind: 'toFlow'; flowId: FlowId }
  | { kind: 'toExtension'; extension: string }
  | { kind: 'toGroup'; number: string }
  /** Trunks in the order in which they are tried. */
  | { kind: 'toTrunk'; number: string; trunkIds: readonly TrunkId[] }
  | { kind: 'feature'; feature: FeatureCode }
  | { kind: 'reject'; reason: 'unknown-number' | 'forbidden' | 'busy'; text: string };

/** An agent's own state, set from the phone. */
export type FeatureCode = 'ready' | 'not-ready' | 'sign-out';

const FEATURES: ReadonlyMap<string, FeatureCode> = new Map([
  ['*11', 'ready'],
  ['*12', 'not-ready'],
  ['*10', 'sign-out'],
]);
/** Named in the interface, delivered with the virtual seats. */
const LATER_FEATURES = /^\*1[34]/;

export interface OutboundTrunk {
  readonly id: TrunkId;
  readonly rules: readonly NumberRule[];
}

/** What routing has to know of the configuration. */
export interface RoutingView {
  accessCode(number: string): AccessCode | undefined;
  extension(number: string): Extension | undefined;
  isAgent(extension: string): boolean;
  outboundTrunks: readonly OutboundTrunk[];
}

/**
 * Routes a dialled number: access codes, then extensions, then feature codes (agents' extensions only), then trunks by
 * their number rules (extensions with `outboundAllowed` only), in the directory's order. A caller on a trunk never
 * reaches a trunk by dialling; only an access code may lead there.
 */
export function route(view: RoutingView, dialled: string, origin: LegOrigin): Route {
  const code = view.accessCode(dialled);
  if (code?.enabled) return fromAccessCode(code);
  if (view.extension(dialled)?.enabled) {
    const self = origin.kind === 'extension' && origin.extension === dialled;
    return self ? reject('busy', `${dialled} called itself`) : { kind: 'toExtension', extension: dialled };
  }
  if (origin.kind === 'trunk') return reject('unknown-number', `no access code or extension ${dialled}`);
  if (dialled.startsWith('*')) return featureCode(view, dialled, origin.extension);
  return outbound(view, dialled, origin.extension);
}

/** The direction under which a call is recorded. */
export function directionOf(origin: LegOrigin, target: Route): CallDirection {
  if (origin.kind === 'trunk') return 'inbound';
  return target.kind === 'toTrunk' ? 'outbound' : 'internal';
}

/** Compiles the enabled trunks' number rules; rules that cannot be used are left out and named. */
export function compileOutbound(trunks: readonly Trunk[]): {
  trunks: OutboundTrunk[];
  problems: Array<{ trunkId: TrunkId; message: string }>;
} {
  const problems: Array<{ trunkId: TrunkId; message: string }> = [];
  const usable = trunks.filter((trunk) => trunk.enabled && trunk.outboundUri !== null);
  const compiled = usable.map((trunk) => {
    const rules: NumberRule[] = [];
    for (const source of trunk.outboundNumbers) {
      try {
        rules.push(compileRule(source));
      } catch (error) {
        problems.push({ trunkId: trunk.id, message: error instanceof Error ? error.message : String(error) });
      }
    }
    return { id: trunk.id, rules };
  });
  return { trunks: compiled, problems };
}

function fromAccessCode(code: AccessCode): Route {
  const { target } = code;
  if (target.kind === 'toTrunk') return { kind: 'toTrunk', number: target.number, trunkIds: [target.trunkId] };
  if (target.kind === 'reject') return reject(target.reason, `access code ${code.number} refuses calls`);
  return target;
}

function featureCode(view: RoutingView, dialled: string, extension: string): Route {
  if (LATER_FEATURES.test(dialled)) {
    return reject('unknown-number', `feature code ${dialled.slice(0, 3)} (calls at another number) is not available yet`);
  }
  const feature = FEATURES.get(dialled);
  if (!feature) return reject('unknown-number', `no feature code ${dialled}`);
  if (!view.isAgent(extension)) return reject('forbidden', `feature code ${dialled}: ${extension} is not an agent`);
  return { kind: 'feature', feature };
}

function outbound(view: RoutingView, dialled: string, extension: string): Route {
  const number = stripSeparators(dialled);
  const allowing = isDialable(number) ? view.outboundTrunks.filter((t) => t.rules.some((rule) => rule.matches(number))) : [];
  if (allowing.length === 0) return reject('unknown-number', `no access code, extension or trunk for ${dialled}`);
  if (!view.extension(extension)?.outboundAllowed) return reject('forbidden', `${extension} may not call over trunks`);
  return { kind: 'toTrunk', number, trunkIds: allowing.map((t) => t.id) };
}

function reject(reason: 'unknown-number' | 'forbidden' | 'busy', text: string): Route {
  return { kind: 'reject', reason, text };
}

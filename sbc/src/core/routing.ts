import type { AccessCode, CallDirection, Extension, ExtensionGroup, FlowId, LegOrigin, Trunk, TrunkId } from '@yixian/contracts';
import { compileRule, isDialable, type NumberRule, stripSeparators } from './number-rules.js';

/** What a dialled number leads to, as data. */
export type Route =
  | { kind: 'toFlow'; flowId: FlowId }
  | { kind: 'toExtension'; extension: string }
  | { kind: 'toGroup'; number: string }
  /** Trunks in the order in which they are tried. */
  | { kind: 'toTrunk'; number: string; trunkIds: readonly TrunkId[] }
  | { kind: 'feature'; feature: Feature }
  | { kind: 'reject'; reason: 'unknown-number' | 'forbidden' | 'busy'; text: string };

/** What a phone can ask for by a code. */
export type Feature =
  /** An agent's own state. */
  | { do: 'state'; state: 'ready' | 'not-ready' | 'offline' }
  /** Where an agent's calls ring; null: at the extension again. */
  | { do: 'seat'; number: string | null }
  /** A call that rings in the own pick-up group; with an extension: at that one. */
  | { do: 'pick-up'; extension: string | null }
  | { do: 'retrieve'; slot: string }
  /** The messages of the own boxes. */
  | { do: 'mailbox' };

const STATES: ReadonlyMap<string, Feature> = new Map([
  ['*11', { do: 'state', state: 'ready' }],
  ['*12', { do: 'state', state: 'not-ready' }],
  ['*10', { do: 'state', state: 'offline' }],
]);

export interface OutboundTrunk {
  readonly id: TrunkId;
  readonly rules: readonly NumberRule[];
}

/** What routing has to know of the configuration. */
export interface RoutingView {
  accessCode(number: string): AccessCode | undefined;
  extension(number: string): Extension | undefined;
  group(number: string): ExtensionGroup | undefined;
  isAgent(extension: string): boolean;
  outboundTrunks: readonly OutboundTrunk[];
}

/**
 * Routes a dialled number: access codes, then extensions, then extension groups, then feature codes (extensions only),
 * then trunks by their number rules (extensions with `outboundAllowed` only), in the directory's order. A caller on a trunk
 * never reaches a trunk by dialling; only an access code may lead there.
 */
export function route(view: RoutingView, dialled: string, origin: LegOrigin): Route {
  const code = view.accessCode(dialled);
  if (code?.enabled) return fromAccessCode(code);
  if (view.extension(dialled)?.enabled) {
    const self = origin.kind === 'extension' && origin.extension === dialled;
    return self ? reject('busy', `${dialled} called itself`) : { kind: 'toExtension', extension: dialled };
  }
  if (view.group(dialled)) return { kind: 'toGroup', number: dialled };
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
  const feature = featureOf(dialled);
  if (!feature) return reject('unknown-number', `no feature code ${dialled}`);
  const agentsOnly = feature.do === 'state' || feature.do === 'seat';
  if (agentsOnly && !view.isAgent(extension)) return reject('forbidden', `feature code ${dialled}: ${extension} is not an agent`);
  return { kind: 'feature', feature };
}

function featureOf(dialled: string): Feature | undefined {
  const rest = dialled.slice(3);
  if (dialled.startsWith('*13') && rest) return { do: 'seat', number: stripSeparators(rest) };
  if (dialled === '*97') return { do: 'mailbox' };
  if (dialled === '*14') return { do: 'seat', number: null };
  if (/^\*8\d*$/.test(dialled)) return { do: 'pick-up', extension: dialled.slice(2) || null };
  if (/^\*5\d+$/.test(dialled)) return { do: 'retrieve', slot: dialled.slice(2) };
  return STATES.get(dialled);
}

/** The trunks that may call a number, in the order in which they are tried. */
export function trunksAllowing(view: RoutingView, number: string): TrunkId[] {
  if (!isDialable(number)) return [];
  return view.outboundTrunks.filter((trunk) => trunk.rules.some((rule) => rule.matches(number))).map((trunk) => trunk.id);
}

/** Where the hotline itself gets when it calls a number (overflow, transfers, callbacks): nobody's rights are asked. */
export function routeForHotline(view: RoutingView, dialled: string): Route {
  const number = stripSeparators(dialled);
  const code = view.accessCode(number);
  if (code?.enabled) return fromAccessCode(code);
  if (view.extension(number)?.enabled) return { kind: 'toExtension', extension: number };
  if (view.group(number)) return { kind: 'toGroup', number };
  const trunkIds = trunksAllowing(view, number);
  return trunkIds.length > 0 ? { kind: 'toTrunk', number, trunkIds } : reject('unknown-number', `no trunk may call ${dialled}`);
}

function outbound(view: RoutingView, dialled: string, extension: string): Route {
  const number = stripSeparators(dialled);
  const trunkIds = trunksAllowing(view, number);
  if (trunkIds.length === 0) return reject('unknown-number', `no access code, extension or trunk for ${dialled}`);
  if (!view.extension(extension)?.outboundAllowed) return reject('forbidden', `${extension} may not call over trunks`);
  return { kind: 'toTrunk', number, trunkIds };
}

function reject(reason: 'unknown-number' | 'forbidden' | 'busy', text: string): Route {
  return { kind: 'reject', reason, text };
}

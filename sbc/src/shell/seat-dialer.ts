import {
  type AgentId,
  type BusyState,
  type CallId,
  type CallLeg,
  type Cluster,
  createSharedTable,
  type Directory,
  DomainError,
  type EventDraft,
  isBrowserContact,
  type NodeId,
  type PartyAddress,
  type Seat,
  type SeatDialer,
  type Switch,
  type Termination,
  type Trunk,
} from '@yixian/contracts';
import { trunksAllowing } from '../core/routing.js';
import { seatRefusal } from '../core/seat-number.js';
import { shownToSeat } from '../core/shown-number.js';
import { askToAccept } from './confirm.js';
import { createFarLines, type FarLines } from './far-lines.js';
import { NailedLine, type NailedLineDeps } from './nailed-line.js';
import { type NumberRingDeps, ringNumber } from './number-ring.js';
import type { Routes } from './routes.js';
import { type OpenSeatRing, type PartyRing, ringOfLeg, type SeatRequest } from './seat-ring.js';

export interface SeatDialerDeps extends NumberRingDeps, Omit<NailedLineDeps, 'callNumber'> {
  switch: Pick<Switch, 'dial' | 'registrations' | 'traceAs' | 'showBusy' | 'bridge'>;
  /** The other processes of the hotline: an agent's line is held by one of them, and carries the calls of all. */
  cluster?: Cluster;
  directory: Pick<Directory, 'extension' | 'onChange'>;
  routes: Routes;
  /** The switch cannot dial yet: nailed-up lines wait for `start`. */
  startsLater?: boolean;
  /** How long the line of a nailed-up seat may ring, milliseconds. */
  lineRingMs: number;
}

export interface Seats extends SeatDialer {
  ring(request: SeatRequest): PartyRing;
  /** Calls that other processes have for lines of this one. */
  readonly far: Pick<FarLines, 'expects' | 'take' | 'expect' | 'call'> | undefined;
  /** The switch can dial now: calls the lines that were wanted before. */
  start(): void;
  /** Ends the nailed-up lines that are idle; those that carry a call end after it. No line is called any more. */
  drain(): void;
  metrics(): Record<string, number>;
  /** Stops listening to the directory. */
  close(): void;
}

const LEFT: Termination = { by: 'system', reason: 'normal', text: 'the agent has signed out or has another seat' };
const DRAINING: Termination = { by: 'system', reason: 'draining' };

/**
 * Rings agents' seats, whatever kind they are: the registered phones of the extension, its browsers, any number over a trunk (asked to
 * press 1), or a line that is kept up between calls. `ring` throws a DomainError for a kind there is not and for an
 * extension that does not exist or is disabled; a seat that cannot be reached is a ring that has ended.
 */
export function createSeatDialer(deps: SeatDialerDeps): Seats {
  const lines = new Map<AgentId, NailedLine>();
  const { cluster } = deps;
  /** Whose line is held where, and whether it is up. */
  const held = cluster && createSharedTable<boolean>(cluster, 'sbc.lines', (agentId) => heldElsewhereChanged(agentId));
  /** Lines that are to be, as far as this process was asked; whoever decides opens one again whose process has died. */
  const wanted = new Map<AgentId, Seat>();
  const far =
    cluster && createFarLines({ cluster, clock: deps.clock, switch: deps.switch, ringLine: (agentId) => lines.get(agentId)?.ring() });
  const stopHearing = cluster?.receive(LINE, ({ body }) => {
    const { agentId, seat, signedIn } = body as LineWish;
    changeHere(agentId, seat, signedIn);
  });
  let draining = false;
  /** Seats whose line waits for `start`; undefined once it has come. */
  let early: Map<AgentId, Seat> | undefined = deps.startsLater ? new Map() : undefined;
  const enabled = (extension: string) => deps.directory.extension(extension)?.enabled === true;
  const trunksFor = (number: string) => trunksAllowing(deps.routes.view(), number);

  function show(caller: PartyAddress, called: string | undefined): (trunk: Trunk) => PartyAddress {
    const isOurs = (number: string) => deps.directory.extension(number) !== undefined;
    return (trunk) => shownToSeat(trunk, caller, called, isOurs);
  }

  function ringContacts({ agentId, seat, caller, callId, timeoutMs, autoAnswer, dialled }: SeatRequest): PartyRing {
    const contacts = seat.kind === 'softphone' ? 'browsers' : 'phones';
    const target = { kind: 'extension', extension: agentId, contacts } as const;
    const leg = deps.switch.dial({ target, from: caller, timeoutMs, callId, ...(autoAnswer ? { autoAnswer } : {}) });
    dialled?.(leg);
    return ringOfLeg(leg, agentId);
  }

  function ringOutside(request: SeatRequest, number: string): PartyRing {
    const { agentId, seat, caller, called, callId, timeoutMs, dialled } = request;
    const ring = ringNumber(deps, {
      number,
      trunkIds: trunksFor(number),
      show: show(caller, called),
      timeoutMs,
      callId,
      ...(dialled ? { dialled } : {}),
      answered: (open, leg) => (seat.confirm === false ? open.accept(agentId) : confirm(open, leg, agentId)),
    });
    // A desk answers for a phone that somebody has at the ear; ringing it anew would only make it ring anew.
    ring.onAnswer(() => {
      if (ring.leg.state !== 'answered') return false;
      ring.leg.cancelCollect();
      ring.accept(agentId);
      return true;
    });
    return ring;
  }

  let rung = 0;

  /** A seat at a mobile or on a nailed-up line has no leg of the extension: its lamp follows the ring, press 1 and all. */
  function showBusy(agentId: AgentId, callId: CallId, ring: PartyRing): void {
    if (ring.state === 'ended') return;
    rung += 1;
    const id = `${callId}-${rung}`;
    const tell = (state: BusyState) => deps.switch.showBusy?.(agentId, { id, direction: 'recipient', state });
    tell('trying');
    ring.subscribe((event) => tell(event.type === 'ringing' ? 'early' : event.type === 'accepted' ? 'confirmed' : 'terminated'));
  }

  function confirm(ring: OpenSeatRing, leg: CallLeg, agentId: AgentId): void {
    void askToAccept(deps, leg, deps.confirmTimes, deps.directory.extension(agentId)?.language ?? undefined).then((result) => {
      if (result === 'accepted') ring.accept(agentId);
      if (result === 'not-confirmed') ring.end({ by: 'called', reason: 'not-confirmed', text: 'answered, but nobody pressed 1' });
    });
  }

  function callLine(agentId: AgentId, number: string): OpenSeatRing {
    const shown = show({ number: agentId }, undefined);
    return ringNumber(deps, { number, trunkIds: trunksFor(number), show: shown, timeoutMs: deps.lineRingMs });
  }

  function closeLine(agentId: AgentId, why: Termination): void {
    lines.get(agentId)?.close(why);
    lines.delete(agentId);
    held?.set(agentId, undefined);
  }

  function holderOf(agentId: AgentId): NodeId | undefined {
    for (const node of held?.at(agentId).keys() ?? []) if (node !== cluster?.self.node) return node;
    return undefined;
  }

  function heldElsewhereChanged(agentId: AgentId): void {
    const seat = wanted.get(agentId);
    if (seat && held?.at(agentId).size === 0 && cluster?.leadership().mine) changeHere(agentId, seat, true);
  }

  function agentChanged(agentId: AgentId, seat: Seat, signedIn: boolean): void {
    if (signedIn && isNailed(seat)) wanted.set(agentId, seat);
    else wanted.delete(agentId);
    const holder = holderOf(agentId);
    if (cluster && holder !== undefined) cluster.post(holder, LINE, { agentId, seat, signedIn } satisfies LineWish);
    else changeHere(agentId, seat, signedIn);
  }

  function changeHere(agentId: AgentId, seat: Seat, signedIn: boolean): void {
    if (early) {
      if (signedIn) early.set(agentId, seat);
      else early.delete(agentId);
      return;
    }
    const line = lines.get(agentId);
    const isWanted = signedIn && isNailed(seat);
    if (line && isWanted && sameLine(line.seat, seat)) return;
    if (line) closeLine(agentId, LEFT);
    if (!isWanted || draining) return;
    held?.set(agentId, false);
    lines.set(agentId, new NailedLine(agentId, seat, { ...deps, events: toldOfLines, callNumber: callLine }));
  }

  /** The other processes know of a line before anybody asks them for it. */
  const toldOfLines: SeatDialerDeps['events'] = {
    publish(draft: EventDraft) {
      const up = draft.type === 'agent.line-up';
      if (draft.agentId !== undefined && (up || draft.type === 'agent.line-down') && lines.has(draft.agentId)) held?.set(draft.agentId, up);
      return deps.events.publish(draft);
    },
    subscribe: (listener) => deps.events.subscribe(listener),
  };

  // An agent who is taken off the books has no line either.
  const stopListening = deps.directory.onChange(() => {
    for (const agentId of [...lines.keys()]) if (!enabled(agentId)) closeLine(agentId, LEFT);
  });

  return {
    ring(request) {
      const { agentId, seat } = request;
      if (!enabled(agentId)) throw new DomainError('conflict', `extension ${agentId} does not exist or is disabled`, { agentId });
      if (seat.kind !== 'phone') return ringContacts(request);
      if (seat.number === undefined) throw new DomainError('unavailable', `the phone seat of agent ${agentId} has no number`, { agentId });
      const line = seat.persistent ? lines.get(agentId) : undefined;
      const holder = seat.persistent && !line ? holderOf(agentId) : undefined;
      if (far && holder !== undefined) {
        const ring = far.ring(holder, request);
        showBusy(agentId, request.callId, ring);
        return ring;
      }
      const ring = line ? line.ring() : ringOutside(request, seat.number);
      if (line) deps.switch.traceAs?.(ring.leg, request.callId);
      showBusy(agentId, request.callId, ring);
      return ring;
    },
    reachable(agentId, seat) {
      if (!enabled(agentId)) return false;
      if (seat.kind !== 'phone') {
        return deps.switch.registrations(agentId).some((r) => isBrowserContact(r) === (seat.kind === 'softphone'));
      }
      if (seat.number === undefined) return false;
      if (seat.persistent) return lines.get(agentId)?.up === true || [...(held?.at(agentId).values() ?? [])].includes(true);
      return trunksFor(seat.number).length > 0;
    },
    far,
    refusal: (_agentId, seat) => seatRefusal(deps.routes.view(), seat),
    agentChanged,
    start() {
      const waiting = early;
      early = undefined;
      for (const [agentId, seat] of waiting ?? []) agentChanged(agentId, seat, true);
    },
    drain() {
      draining = true;
      for (const agentId of [...lines.keys()]) closeLine(agentId, DRAINING);
    },
    metrics() {
      const up = [...lines.values()].filter((line) => line.up).length;
      return { sbc_nailed_lines: lines.size, sbc_nailed_lines_up: up };
    },
    close() {
      stopListening();
      stopHearing?.();
      held?.close();
      far?.close();
    },
  };
}

/** To the process that holds a line: what is wanted of it now. */
const LINE = 'sbc.line';

interface LineWish {
  agentId: AgentId;
  seat: Seat;
  signedIn: boolean;
}

function isNailed(seat: Seat): boolean {
  return seat.kind === 'phone' && seat.persistent === true && seat.number !== undefined;
}

function sameLine(a: Seat, b: Seat): boolean {
  return a.number === b.number && (a.confirm ?? true) === (b.confirm ?? true) && (a.confirmEach ?? false) === (b.confirmEach ?? false);
}

import { useQuery } from '@tanstack/react-query';
import type { CallRecord, CallView, EventView } from '@yixian/contracts/browser';
import { useEffect, useSyncExternalStore } from 'react';
import { get, post } from '../app/api.js';
import { useLive } from '../app/live.js';
import { answerPhone, hangUpPhone, mutePhone, type PhonePicture, usePhone } from '../phone/phone.js';
import { type Me, useMe } from './me.js';

export interface Party {
  party: string;
  role: 'caller' | 'agent' | 'called' | 'consulted' | 'supervisor' | 'member';
  state: 'ringing' | 'talking' | 'held' | 'listening' | 'whispering' | 'parked' | 'lost';
  muted: boolean;
  since: string;
  /** Of an extension: its agent's name, or its own. */
  name: string | null;
  /** Of who asks somebody aside: whom, and with whom of the two he talks now. */
  asks?: { party: string; front: 'target' | 'caller' };
}

/** Somebody is asked aside: who asks, who is asked, since when it rings or they talk, and with whom the one who asks talks now. */
export interface Consultation {
  by: Party;
  target: Party;
  front: 'target' | 'caller';
  ringing: boolean;
}

export interface MyCall {
  id: string;
  /** Undefined for a moment after a reload. */
  record: CallRecord | undefined;
  /** The outside number, or the colleague's. */
  number: string;
  /** `dialling`: this agent calls somebody who has not answered yet. */
  phase: 'ringing' | 'dialling' | 'talking' | 'lost';
  /** Since when it is so: an ISO time or epoch milliseconds. */
  since: string | number;
  parties: readonly Party[];
  held: boolean;
  muted: boolean;
  /** Only supervises the call. */
  watching: boolean;
  /** This agent asks somebody aside. */
  consultation: Consultation | undefined;
  /** This agent is the one who is asked. */
  asked: Consultation | undefined;
  /** What the other party hears while somebody is asked: music, the others of a conference, or this agent. */
  otherHears: 'music' | 'others' | 'us';
  /** The telephone of this page rings or talks: it is acted on directly. */
  here: boolean;
}

const THEIR_ROLES: ReadonlySet<Party['role']> = new Set(['caller', 'called']);

function consultationIn(parties: readonly Party[]): Consultation | undefined {
  const by = parties.find((p) => p.asks !== undefined);
  const target = by && parties.find((p) => p.role === 'consulted' && p.party === by.asks?.party);
  return by?.asks && target && { by, target, front: by.asks.front, ringing: target.state === 'ringing' };
}

/**
 * By the server's clock, and the same after a reload, for which the party was away: ringing, holding, being away for as long as that;
 * talking since somebody was there to talk with.
 */
function sinceOf(me: Me, record: CallRecord | undefined, mine: Party | undefined): string | number {
  if (me.state !== 'on-call' || mine?.state === 'ringing') return me.since;
  if (mine?.state === 'lost') return mine.since;
  const hold = record?.segments.findLast((s) => s.kind === 'hold' && s.agentId === me.extension && s.endedAt === null);
  if (mine?.state === 'held' && hold) return hold.startedAt;
  return Math.max(Date.parse(me.since), record?.connectedAt ?? 0);
}

function pictureOf(me: Me, id: string, record: CallRecord | undefined, parties: readonly Party[], phone: PhonePicture): MyCall {
  const mine = parties.find((p) => p.party === me.extension);
  const other = parties.find((p) => THEIR_ROLES.has(p.role) && p.party !== me.extension);
  const outside = record && (record.caller === me.extension ? record.called : record.caller);
  const ringing = me.state === 'ringing' || (me.state === 'on-call' && mine?.state === 'ringing');
  const dialling = record !== undefined && record.direction !== 'inbound' && record.caller === me.extension && record.answeredAt === null;
  const asking = consultationIn(parties);
  const call = phone.call?.callId === undefined || phone.call.callId === id ? phone.call : undefined;
  return {
    id,
    record,
    number: outside ?? other?.party ?? me.call?.caller ?? '',
    phase: ringing ? 'ringing' : mine?.state === 'lost' ? 'lost' : dialling ? 'dialling' : 'talking',
    since: sinceOf(me, record, mine),
    parties,
    held: mine?.state === 'held',
    muted: mine?.muted ?? false,
    watching: mine?.role === 'supervisor',
    consultation: asking?.by === mine ? asking : undefined,
    asked: asking?.target === mine && !ringing ? asking : undefined,
    otherHears: asking?.front === 'caller' ? 'us' : other?.state === 'held' ? 'music' : 'others',
    here: me.seat.kind === 'softphone' && call !== undefined,
  };
}

/** The call this agent is rung for or is on; found again after a reload, whatever the seat is. */
export function useMyCall(): MyCall | undefined {
  const me = useMe();
  const phone = usePhone();
  const id = me?.callId ?? undefined;
  const record = useLive((picture) => (id === undefined ? undefined : picture.calls.get(id)));
  const { data } = useQuery({
    queryKey: ['parties', id],
    queryFn: () => get<{ items: Party[] }>(`/calls/${id}/parties`),
    enabled: id !== undefined,
    refetchInterval: 10_000,
    retry: false,
  });
  useEffect(() => {
    if (id !== undefined) remember(id);
  }, [id]);
  if (!me || id === undefined) return undefined;
  return pictureOf(me, id, record, data?.items ?? [], phone);
}

/** Whether the recording of the call stands: on, paused, or none. */
export function useRecordingState(callId: string | undefined): 'none' | 'on' | 'paused' {
  const { data } = useQuery({
    queryKey: ['recording', callId],
    queryFn: () => get<CallView & { timeline: EventView[] }>(`/calls/${callId}`),
    enabled: callId !== undefined,
    staleTime: 0,
  });
  const last = data?.timeline.findLast((event) => event.type.startsWith('recording.'))?.type;
  if (last === 'recording.paused') return 'paused';
  return last === 'recording.started' || last === 'recording.resumed' ? 'on' : 'none';
}

// ── the call the desk shows: the last one stays until it is put away, for its summary ──

const KEY = 'yixian.desk.call';
const listeners = new Set<() => void>();
let shown: string | undefined = sessionStorage.getItem(KEY) ?? undefined;

function remember(id: string | undefined): void {
  if (id === shown) return;
  shown = id;
  if (id === undefined) sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, id);
  for (const listener of listeners) listener();
}

export function putCallAway(): void {
  remember(undefined);
}

export function useShownCall(): string | undefined {
  const subscribe = (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return useSyncExternalStore(subscribe, () => shown);
}

// ── what can be done with it: by the telephone of this page where it is one, else by the API ──

const at = (call: MyCall, verb: string, body?: unknown): Promise<unknown> => post(`/calls/${call.id}/${verb}`, body);

export type Target = { agent: string } | { queue: string } | { flow: string } | { extension: string } | { number: string } | { to: string };

export const callActions = {
  async answer(call: MyCall): Promise<void> {
    if (call.here) answerPhone();
    else await at(call, 'answer');
  },
  async hangUp(call: MyCall): Promise<void> {
    if (call.here) hangUpPhone();
    else await at(call, call.phase === 'ringing' ? 'reject' : 'hangup');
  },
  hold: (call: MyCall) => at(call, call.held ? 'resume' : 'hold'),
  async mute(call: MyCall): Promise<void> {
    const on = !call.muted;
    if (call.here) mutePhone(on);
    try {
      await at(call, on ? 'mute' : 'unmute');
    } catch (error) {
      if (call.here) mutePhone(!on);
      throw error;
    }
  },
  keys: (call: MyCall, digits: string) => at(call, 'dtmf', { digits }),
  transfer: (call: MyCall, to: Target) => at(call, 'transfer', to),
  consult: (call: MyCall, to: Target) => at(call, 'consult', to),
  invite: (call: MyCall, to: Target) => at(call, 'conference', to),
  join: (call: MyCall) => at(call, 'conference'),
  swap: (call: MyCall) => at(call, 'swap'),
  complete: (call: MyCall) => at(call, 'complete'),
  cancel: (call: MyCall) => at(call, 'cancel'),
  park: (call: MyCall) => at(call, 'park') as Promise<{ slot: string }>,
  recording: (call: MyCall, verb: 'pause' | 'resume' | 'start') => at(call, `${verb}-recording`),
};

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
}

export interface MyCall {
  id: string;
  /** Undefined for a moment after a reload. */
  record: CallRecord | undefined;
  /** The outside number, or the colleague's. */
  number: string;
  /** `dialling`: this agent calls somebody who has not answered yet. */
  phase: 'ringing' | 'dialling' | 'talking' | 'lost';
  /** ISO time since when it is so. */
  since: string;
  parties: readonly Party[];
  held: boolean;
  muted: boolean;
  /** Only supervises the call. */
  watching: boolean;
  /** Somebody is asked while the caller waits: who, whether it rings there still, and with whom one talks now. */
  consultation: { party: string; ringing: boolean; front: 'target' | 'caller' } | undefined;
  /** The telephone of this page rings or talks: it is acted on directly. */
  here: boolean;
}

const THEIR_ROLES: ReadonlySet<Party['role']> = new Set(['caller', 'called']);

function pictureOf(me: Me, id: string, record: CallRecord | undefined, parties: readonly Party[], phone: PhonePicture): MyCall {
  const mine = parties.find((p) => p.party === me.extension);
  const asked = parties.find((p) => p.role === 'consulted');
  const other = parties.find((p) => THEIR_ROLES.has(p.role) && p.party !== me.extension);
  const outside = record && (record.caller === me.extension ? record.called : record.caller);
  const ringing = me.state === 'ringing' || (me.state === 'on-call' && mine?.state === 'ringing');
  const dialling = record !== undefined && record.direction !== 'inbound' && record.caller === me.extension && record.answeredAt === null;
  const call = phone.call?.callId === undefined || phone.call.callId === id ? phone.call : undefined;
  return {
    id,
    record,
    number: outside ?? other?.party ?? me.call?.caller ?? '',
    phase: ringing ? 'ringing' : mine?.state === 'lost' ? 'lost' : dialling ? 'dialling' : 'talking',
    since: ringing ? me.since : (mine?.since ?? me.since),
    parties,
    held: mine?.state === 'held',
    muted: mine?.muted ?? false,
    watching: mine?.role === 'supervisor',
    consultation: asked && {
      party: asked.party,
      ringing: asked.state === 'ringing',
      front: asked.state === 'held' ? 'caller' : 'target',
    },
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

import type { SipMessageView } from '@yixian/contracts/browser';

// What a ladder of SIP messages shows, worked out of them: lanes, dialogs, arrows. No React here.

/** A party's address, or the hotline itself. */
export interface Lane {
  /** Of a party the remote `address:port`; of the hotline empty. */
  id: string;
  /** Numbers and extensions that were called or call there. */
  names: string[];
  /** The hotline's own addresses, or the party's. */
  addresses: string[];
}

/** One SIP dialog: everything with one Call-ID. */
export interface LadderDialog {
  sipCallId: string;
  /** From 0 in the order of their beginning; decides the colour. */
  index: number;
  from: string;
  to: string;
  count: number;
}

export interface Rung {
  message: SipMessageView;
  dialog: LadderDialog;
  /** Positions in `lanes`. */
  from: number;
  to: number;
  /** `INVITE`, `200 OK`. */
  label: string;
  /** Since the rung before it, milliseconds; 0 for the first. */
  delta: number;
}

export interface SipLadder {
  lanes: Lane[];
  dialogs: LadderDialog[];
  rungs: Rung[];
}

const HOTLINE = '';

/** `407 Proxy Authentication Required` of an answer, the method of a request. */
export function labelOf(message: SipMessageView): string {
  return message.status === null ? message.method : message.startLine.replace(/^SIP\/2\.0\s+/i, '').trim();
}

/**
 * @param chosen Call-IDs to show; none means all. Lanes and dialogs stay those of the whole call, so that nothing jumps.
 */
export function sipLadder(messages: readonly SipMessageView[], chosen: ReadonlySet<string> = new Set()): SipLadder {
  const dialogs = dialogsOf(messages);
  const lanes = lanesOf(messages);
  const place = new Map(lanes.map((lane, i) => [lane.id, i]));
  const hotline = place.get(HOTLINE) ?? 0;
  const rungs: Rung[] = [];
  for (const message of messages) {
    const dialog = dialogs.get(message.sipCallId);
    if (!dialog || (chosen.size > 0 && !chosen.has(message.sipCallId))) continue;
    const party = place.get(message.remote) ?? hotline;
    const [from, to] = message.direction === 'received' ? [party, hotline] : [hotline, party];
    const before = rungs.at(-1)?.message.at;
    const delta = before === undefined ? 0 : Date.parse(message.at) - Date.parse(before);
    rungs.push({ message, dialog, from, to, label: labelOf(message), delta });
  }
  return { lanes, dialogs: [...dialogs.values()], rungs };
}

function dialogsOf(messages: readonly SipMessageView[]): Map<string, LadderDialog> {
  const dialogs = new Map<string, LadderDialog>();
  for (const { sipCallId, from, to } of messages) {
    const known = dialogs.get(sipCallId);
    if (known) known.count += 1;
    else dialogs.set(sipCallId, { sipCallId, index: dialogs.size, from, to, count: 1 });
  }
  return dialogs;
}

/** The caller's lane first, then the hotline, then the others in the order in which they came in. */
function lanesOf(messages: readonly SipMessageView[]): Lane[] {
  const hotline: Lane = { id: HOTLINE, names: [], addresses: [] };
  const parties = new Map<string, Lane>();
  const begun = new Set<string>();
  for (const message of messages) {
    if (!hotline.addresses.includes(message.local)) hotline.addresses.push(message.local);
    const lane = parties.get(message.remote) ?? { id: message.remote, names: [], addresses: [message.remote] };
    parties.set(message.remote, lane);
    const opening = `${message.sipCallId} ${message.remote}`;
    if (begun.has(opening)) continue;
    begun.add(opening);
    const name = message.direction === 'received' ? message.from : message.to;
    if (name !== '' && !lane.names.includes(name)) lane.names.push(name);
  }
  const [first, ...others] = parties.values();
  return first ? [first, hotline, ...others] : [hotline];
}

/** `13:05:09.123` in the browser's zone. */
export function timeText(iso: string): string {
  const at = new Date(iso);
  const digits = (n: number, size: number): string => String(n).padStart(size, '0');
  return `${digits(at.getHours(), 2)}:${digits(at.getMinutes(), 2)}:${digits(at.getSeconds(), 2)}.${digits(at.getMilliseconds(), 3)}`;
}

/** `+3 ms`, `+1.25 s`, `+2:05`. */
export function deltaText(ms: number): string {
  if (ms < 1_000) return `+${ms} ms`;
  if (ms < 60_000) return `+${(ms / 1_000).toFixed(2)} s`;
  return `+${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1_000) % 60).padStart(2, '0')}`;
}

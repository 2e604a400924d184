import type { AgentId, QueueId } from './ids.js';

// Segments of a call record as they open and close. Several may be open at once: each agent has the own.

/**
 * One stretch of a call: in a flow, in a queue, at a ringing seat, talking, on hold, asking or being asked aside, in a conference
 * beside others, parked, leaving a message. Several may run at once, each agent's the own.
 */
export interface CallSegment {
  kind: 'flow' | 'queue' | 'ringing' | 'talk' | 'hold' | 'consult' | 'conference' | 'parked' | 'voicemail';
  startedAt: number;
  endedAt: number | null;
  agentId?: AgentId;
  /** Of somebody who is no agent: number or extension. */
  party?: string;
  queueId?: QueueId;
  /** How a `ringing` segment ended, or where a `flow` segment led. */
  result?: string;
}

type Kind = CallSegment['kind'];

/** Whose a segment is: an agent, or whoever else by number. */
export interface Owner {
  agentId?: string | undefined;
  party?: string | undefined;
}

/** The segments that are an agent's part of a call. */
export const PARTS: readonly Kind[] = ['talk', 'conference', 'hold', 'consult'];

export function isOwned(segment: CallSegment, { agentId, party }: Owner): boolean {
  return (
    (agentId !== undefined && segment.agentId === agentId) ||
    (party !== undefined && (segment.party === party || segment.agentId === party))
  );
}

/** The last open segment of a kind, of this owner where one is named. */
export function openOne(segments: readonly CallSegment[], kinds: readonly Kind[], owner?: Owner): CallSegment | undefined {
  return segments.findLast((s) => s.endedAt === null && kinds.includes(s.kind) && (owner === undefined || isOwned(s, owner)));
}

/** Closes every open segment of these kinds, of this owner where one is named. A part that lasted no time never was. */
export function closeAll(
  segments: readonly CallSegment[],
  kinds: readonly Kind[],
  at: number,
  owner?: Owner,
  result?: string,
): CallSegment[] {
  return segments.flatMap((s) => {
    if (s.endedAt !== null || !kinds.includes(s.kind) || (owner !== undefined && !isOwned(s, owner))) return [s];
    if (s.startedAt === at && PARTS.includes(s.kind)) return [];
    return [{ ...s, endedAt: at, ...(result === undefined ? {} : { result }) }];
  });
}

/** Milliseconds in which at least one closed segment of these kinds ran, without those in which one of `but` did. */
export function timeIn(segments: readonly CallSegment[], kinds: readonly Kind[], but: readonly Kind[] = []): number {
  const closed = segments.filter((s) => s.endedAt !== null);
  const spans = spansOf(closed.filter((s) => kinds.includes(s.kind)));
  const others = spansOf(closed.filter((s) => but.includes(s.kind)));
  let total = 0;
  for (const [from, to] of spans) {
    total += to - from;
    for (const [start, end] of others) total -= Math.max(0, Math.min(to, end) - Math.max(from, start));
  }
  return total;
}

type Span = readonly [from: number, to: number];

/** Joined where they overlap, in order. */
function spansOf(segments: readonly CallSegment[]): Span[] {
  const sorted = segments.map((s): Span => [s.startedAt, s.endedAt ?? s.startedAt]).sort((a, b) => a[0] - b[0]);
  const joined: Span[] = [];
  for (const [from, to] of sorted) {
    const last = joined.at(-1);
    if (last && from <= last[1]) joined[joined.length - 1] = [last[0], Math.max(last[1], to)];
    else joined.push([from, to]);
  }
  return joined;
}

/** `agent:1002` and `extension:1002` are 1002, `number:0…` is the number. */
export function nameIn(label: string): string {
  return label.slice(label.indexOf(':') + 1);
}

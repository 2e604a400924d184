import { type Acd, type CallId, type CallRegistry, type Clock, type DomainEvent, eventView, type RecordQueries } from '@yixian/contracts';
import type { Namespace } from 'socket.io';
import type { CallScope } from '../core/call-scope.js';
import { EventRing } from '../core/event-ring.js';
import { maySeeEvent } from '../core/visibility.js';
import type { Client } from './client.js';
import { journalPage, PAGE, type Told } from './journal-page.js';
import { createScopeIndex } from './scope-index.js';
import { snapshotFor } from './snapshot.js';

export interface StreamDeps {
  namespace: Namespace;
  clients: ReadonlyMap<string, Client>;
  records: Pick<RecordQueries, 'eventsSince' | 'call'>;
  acd: Acd;
  calls: CallRegistry;
  clock: Clock;
  lastSeq: number;
  ringSize: number;
  mostMissed: number;
}

/** How far a client that comes back has got. */
interface CatchUp {
  client: Client;
  cursor: number;
  budget: number;
  known: Map<CallId, CallScope>;
}

/** Told in one go; then the connection has to take it before it gets more. */
const CHUNK = 500;

/** The events of the bus to the clients who may see them, live and again. */
export function createStream(deps: StreamDeps) {
  const ring = new EventRing(deps.ringSize, deps.lastSeq);
  const scopes = createScopeIndex();
  const counts = { sent: 0, replayed: 0, gaps: 0 };
  let pending: DomainEvent[] = [];

  /** Sends what has happened since the last turn of the event loop: telling is never in the way of a call. */
  function pump(): void {
    const events = pending;
    pending = [];
    for (const event of events) {
      const ids = audience(event);
      if (ids.length === 0) continue;
      counts.sent += ids.length;
      deps.namespace.to(ids).emit('event', eventView(event));
    }
  }

  function audience(event: DomainEvent): string[] {
    const scope = scopes.of(event);
    const ids: string[] = [];
    for (const [id, client] of deps.clients) {
      if (client.state !== 'live' || client.toldTo >= event.seq) continue;
      client.toldTo = event.seq;
      if (maySeeEvent(client.viewer, event, scope)) ids.push(id);
    }
    return ids;
  }

  function snapshot(client: Client, gap: boolean): void {
    pump();
    client.socket.emit('snapshot', snapshotFor(deps, client.viewer, ring.lastSeq, gap));
    client.toldTo = ring.lastSeq;
  }

  function again(client: Client, told: readonly Told[]): void {
    for (const { event, scope } of told) {
      if (client.state !== 'joining') return;
      if (!maySeeEvent(client.viewer, event, scope)) continue;
      counts.replayed += 1;
      client.socket.emit('event', eventView(event));
    }
  }

  /** Snapshot and live in the turn in which the last missed event was told: nothing falls between. */
  function goLive(client: Client, gap: boolean): void {
    if (client.state !== 'joining') return;
    if (gap) counts.gaps += 1;
    snapshot(client, gap);
    client.goLive();
  }

  /** From memory. @returns true when the client is live now */
  function fromRing(c: CatchUp): boolean {
    const recent = ring.after(c.cursor);
    if (recent.length > c.budget) {
      goLive(c.client, true);
      return true;
    }
    const chunk = recent.slice(0, CHUNK);
    again(
      c.client,
      chunk.map((event) => ({ event, scope: scopes.of(event) })),
    );
    c.budget -= chunk.length;
    c.cursor = chunk.at(-1)?.seq ?? c.cursor;
    if (chunk.length < recent.length) return false;
    goLive(c.client, false);
    return true;
  }

  /** From the journal, a page. @returns true when the client is live now, for want of anything to go on from */
  async function fromJournal(c: CatchUp): Promise<boolean> {
    const heldFrom = ring.firstSeq;
    const page = await journalPage({ records: deps.records, scopes }, c.cursor, c.known);
    c.budget -= page.length;
    if (c.budget < 0) {
      goLive(c.client, true);
      return true;
    }
    for (let i = 0; i < page.length; i += CHUNK) {
      again(c.client, page.slice(i, i + CHUNK));
      await c.client.outbox.emptied();
    }
    c.cursor = page.at(-1)?.event.seq ?? c.cursor;
    if (page.length === PAGE || ring.covers(c.cursor)) return false;
    // The journal has no more: what it does not hold was never there, the rest is in memory.
    if (c.cursor < heldFrom - 1) {
      c.cursor = heldFrom - 1;
      return false;
    }
    // A number from another life of the database, unless this process has seen no event at all.
    goLive(c.client, ring.lastSeq > 0);
    return true;
  }

  return {
    happened(event: DomainEvent): void {
      scopes.learn(event);
      const forgotten = ring.push(event);
      if (forgotten) scopes.forget(forgotten);
      if (pending.length === 0) setImmediate(pump);
      pending.push(event);
    },
    pump,
    snapshot,
    /** Missed events in order, then a snapshot, then live. Rejects when the journal cannot be read. */
    async join(client: Client, since: number | undefined): Promise<void> {
      if (since === undefined) return goLive(client, false);
      const c: CatchUp = { client, cursor: since, budget: deps.mostMissed, known: new Map() };
      while (client.state === 'joining') {
        const behind = !ring.covers(c.cursor);
        if (behind ? await fromJournal(c) : fromRing(c)) return;
        await client.outbox.emptied();
      }
    },
    metrics: () => ({
      gateway_events_held: ring.size,
      gateway_calls_known: scopes.size,
      gateway_last_seq: ring.lastSeq,
      gateway_events_sent_total: counts.sent,
      gateway_events_replayed_total: counts.replayed,
      gateway_gaps_total: counts.gaps,
    }),
  };
}
export type Stream = ReturnType<typeof createStream>;

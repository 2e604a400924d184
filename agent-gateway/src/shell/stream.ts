import {
  type Acd,
  type CallId,
  type CallRegistry,
  type Clock,
  type DomainEvent,
  eventView,
  isMasked,
  type MaskFacts,
  maskFor,
  type RecordQueries,
} from '@yixian/contracts';
import type { Namespace } from 'socket.io';
import type { CallScope } from '../core/call-scope.js';
import { EventRing } from '../core/event-ring.js';
import { maySeeEvent } from '../core/visibility.js';
import type { Client } from './client.js';
import { journalPage, PAGE, type Told } from './journal-page.js';
import { createScopeIndex, type ScopeIndex } from './scope-index.js';
import { snapshotFor } from './snapshot.js';

export interface StreamDeps {
  namespace: Namespace;
  clients: ReadonlyMap<string, Client>;
  records: Pick<RecordQueries, 'eventsSince' | 'call'>;
  acd: Acd;
  calls: CallRegistry;
  directory: MaskFacts;
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
export class Stream {
  readonly #deps: StreamDeps;
  readonly #ring: EventRing;
  readonly #scopes: ScopeIndex;
  readonly #counts = { sent: 0, replayed: 0, gaps: 0 };
  #pending: DomainEvent[] = [];

  constructor(deps: StreamDeps) {
    this.#deps = deps;
    this.#ring = new EventRing(deps.ringSize, deps.lastSeq);
    this.#scopes = createScopeIndex((callId) => deps.calls.record(callId));
  }

  happened(event: DomainEvent): void {
    this.#scopes.learn(event);
    const forgotten = this.#ring.push(event);
    if (forgotten) this.#scopes.forget(forgotten);
    // In the next turn of the event loop: telling is never in the way of a call.
    if (this.#pending.length === 0) setImmediate(() => this.pump());
    this.#pending.push(event);
  }

  /** Sends what has happened since the last time. @returns the number of the last event */
  pump(): number {
    const events = this.#pending;
    this.#pending = [];
    for (const event of events) {
      const { plain, masked } = this.#audience(event);
      this.#counts.sent += plain.length + masked.length;
      const view = eventView(event);
      if (plain.length > 0) this.#deps.namespace.to(plain).emit('event', view);
      if (masked.length > 0) this.#deps.namespace.to(masked).emit('event', this.#masked(this.#deps.clients.get(masked[0] ?? ''), view));
    }
    return this.#ring.lastSeq;
  }

  snapshot(client: Client, gap: boolean): void {
    this.pump();
    const snapshot = snapshotFor(this.#deps, client.viewer, this.#ring.lastSeq, gap);
    client.socket.emit('snapshot', this.#masked(client, snapshot));
    client.toldTo = this.#ring.lastSeq;
  }

  /** Missed events in order, then a snapshot, then live. Rejects when the journal cannot be read. */
  async join(client: Client, since: number | undefined): Promise<void> {
    if (since === undefined) return this.#goLive(client, false);
    const c: CatchUp = { client, cursor: since, budget: this.#deps.mostMissed, known: new Map() };
    while (client.state === 'joining') {
      const behind = !this.#ring.covers(c.cursor);
      if (behind ? await this.#fromJournal(c) : this.#fromRing(c)) return;
      await client.outbox.emptied();
    }
  }

  metrics(): Record<string, number> {
    return {
      gateway_events_held: this.#ring.size,
      gateway_calls_known: this.#scopes.size,
      gateway_last_seq: this.#ring.lastSeq,
      gateway_events_sent_total: this.#counts.sent,
      gateway_events_replayed_total: this.#counts.replayed,
      gateway_gaps_total: this.#counts.gaps,
    };
  }

  /** As the client's role may see it. */
  #masked<T>(client: Client | undefined, view: T): T {
    return client ? maskFor(this.#deps.directory, client.viewer.role)(view) : view;
  }

  #audience(event: DomainEvent): { plain: string[]; masked: string[] } {
    const scope = this.#scopes.of(event);
    const settings = this.#deps.directory.settings();
    const ids = { plain: [] as string[], masked: [] as string[] };
    for (const [id, client] of this.#deps.clients) {
      if (client.state !== 'live' || client.toldTo >= event.seq) continue;
      client.toldTo = event.seq;
      if (!maySeeEvent(client.viewer, event, scope, settings.showSupervision)) continue;
      if (isMasked(settings, client.viewer.role)) ids.masked.push(id);
      else ids.plain.push(id);
    }
    return ids;
  }

  #again(client: Client, told: readonly Told[]): void {
    const settings = this.#deps.directory.settings();
    for (const { event, scope } of told) {
      if (client.state !== 'joining') return;
      if (!maySeeEvent(client.viewer, event, scope, settings.showSupervision)) continue;
      this.#counts.replayed += 1;
      client.socket.emit('event', this.#masked(client, eventView(event)));
    }
  }

  /** Snapshot and live in the turn in which the last missed event was told: nothing falls between. */
  #goLive(client: Client, gap: boolean): void {
    if (client.state !== 'joining') return;
    if (gap) this.#counts.gaps += 1;
    this.snapshot(client, gap);
    client.goLive();
  }

  /** From memory. @returns true when the client is live now */
  #fromRing(c: CatchUp): boolean {
    const recent = this.#ring.after(c.cursor);
    if (recent.length > c.budget) {
      this.#goLive(c.client, true);
      return true;
    }
    const chunk = recent.slice(0, CHUNK);
    this.#again(
      c.client,
      chunk.map((event) => ({ event, scope: this.#scopes.of(event) })),
    );
    c.budget -= chunk.length;
    c.cursor = chunk.at(-1)?.seq ?? c.cursor;
    if (chunk.length < recent.length) return false;
    this.#goLive(c.client, false);
    return true;
  }

  /** From the journal, a page. @returns true when the client is live now, for want of anything to go on from */
  async #fromJournal(c: CatchUp): Promise<boolean> {
    const heldFrom = this.#ring.firstSeq;
    const page = await journalPage({ records: this.#deps.records, scopes: this.#scopes }, c.cursor, c.known);
    c.budget -= page.length;
    if (c.budget < 0) {
      this.#goLive(c.client, true);
      return true;
    }
    for (let i = 0; i < page.length; i += CHUNK) {
      this.#again(c.client, page.slice(i, i + CHUNK));
      await c.client.outbox.emptied();
    }
    c.cursor = page.at(-1)?.event.seq ?? c.cursor;
    if (page.length === PAGE || this.#ring.covers(c.cursor)) return false;
    // The journal has no more: what it does not hold was never there, the rest is in memory.
    if (c.cursor < heldFrom - 1) {
      c.cursor = heldFrom - 1;
      return false;
    }
    // A number from another life of the database, unless this process has seen no event at all.
    this.#goLive(c.client, this.#ring.lastSeq > 0);
    return true;
  }
}

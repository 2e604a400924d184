import type { Clock, Cluster, LegOrigin, NodeId, Timer } from '@yixian/contracts';
import type { Counters } from '../metrics.js';
import type { SipMessage } from '../parser/message.js';
import { parseMessage } from '../parser/parse.js';
import { serialize } from '../parser/serialize.js';
import { type CoreFields, readCore } from '../parser/validate.js';
import type { ListenPoint } from '../port.js';
import type { NewRequest } from '../transaction/port.js';
import type { SipSocket } from '../transport/sip-socket.js';
import type { Hop, Packet, TransportHandlers, TransportLayer } from '../transport/types.js';
import { isStream } from '../transport/types.js';
import { Orphan, type Speaker } from './orphan.js';
import { passed, type Relayed, relayedBy } from './relayed.js';
import { asBytes, asText, RELAY, type RelaySaid, withoutNode } from './said.js';

/** What is still on its way when a session is over gets so long: 64·T1 and some. */
const LINGER_MS = 40_000;
/** Messages that wait while it is being found out whose call it is; a phone sends an INVITE seven times at most. */
const MAX_HELD = 16;
const MAX_UNSENT = 10_000;

export interface RelayDeps {
  inner: TransportLayer;
  cluster: Cluster;
  clock: Clock;
  counters: Counters;
  speaker: Speaker;
  /** A process is gone: dialogs over its connections have no way any more. */
  nodeLost(node: NodeId): void;
}

interface Entry {
  dialog: Relayed;
  orphan?: Orphan;
  timer?: Timer;
}

/**
 * Sockets of other processes. A phone's connection is at one process (the holder), its call at another (the owner): messages
 * cross between the two as they are, so that the owner's dialog is with the phone itself, and media goes straight to it. The
 * holder knows of the dialog what it takes to end it when the owner dies.
 */
export class Relay implements TransportLayer {
  readonly #deps: RelayDeps;
  /** Other processes' dialogs over sockets of this one, by Call-ID. */
  readonly #dialogs = new Map<string, Entry>();
  /** Own sessions over sockets of another process. */
  readonly #roads = new Map<string, NodeId>();
  /** Told when it could not be sent; the oldest is forgotten. */
  readonly #unsent = new Map<number, { node: NodeId; onError: (error: Error) => void }>();
  readonly #held = new Map<string, Packet[]>();
  readonly #admitted = new Map<string, LegOrigin>();
  readonly #stops: Array<() => void> = [];
  #handlers: TransportHandlers | undefined;
  #sends = 0;

  constructor(deps: RelayDeps) {
    this.#deps = deps;
  }

  /** Dialogs of other processes that run over sockets of this one. */
  get size(): number {
    return this.#dialogs.size;
  }

  async start(handlers: TransportHandlers): Promise<void> {
    const { cluster, inner } = this.#deps;
    this.#handlers = handlers;
    this.#stops.push(
      cluster.receive(RELAY, ({ from, body }) => this.#told(from, body as RelaySaid)),
      cluster.onNodes(({ node, kind }) => {
        if (kind === 'left') this.#left(node.node);
      }),
    );
    await inner.start({
      ...handlers,
      closed: (hop) => {
        this.#closed(hop);
        handlers.closed?.(hop);
      },
    });
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0)) stop();
    for (const { timer } of this.#dialogs.values()) timer?.cancel();
    this.#dialogs.clear();
    await this.#deps.inner.stop();
  }

  listening(): readonly ListenPoint[] {
    return this.#deps.inner.listening();
  }

  localFor(hop: Hop): { address: string; port: number } | undefined {
    const { listener: _theirs, ...far } = hop;
    return this.#deps.inner.localFor(hop.node === undefined ? hop : far);
  }

  connected(hop: Hop): boolean {
    if (hop.node === undefined) return this.#deps.inner.connected(hop);
    return !isStream(hop) || this.#alive(hop.node);
  }

  send(hop: Hop, bytes: Buffer, onError: (error: Error) => void): void {
    const { node } = hop;
    if (node !== undefined && this.#alive(node)) {
      this.#sendThrough(node, hop, bytes, onError);
      return;
    }
    // A phone on UDP may well be reached without the process it spoke to.
    if (node === undefined || !isStream(hop)) this.#deps.inner.send(node === undefined ? hop : bare(hop), bytes, onError);
    else onError(new Error(`the process ${node}, which has the connection, is gone`));
  }

  #sendThrough(node: NodeId, hop: Hop, bytes: Buffer, onError: (error: Error) => void): void {
    this.#sends += 1;
    const id = this.#sends;
    this.#unsent.set(id, { node, onError });
    if (this.#unsent.size > MAX_UNSENT) for (const oldest of this.#unsent.keys()) if (this.#unsent.delete(oldest)) break;
    const invite = inviteIn(bytes);
    if (invite !== undefined) this.#roads.set(invite, node);
    this.#deps.counters.add('sip_relayed_messages_total{role="owner"}');
    this.#say(node, { do: 'send', id, hop: withoutNode(hop), bytes: asText(bytes) });
  }

  close(hop: Hop): void {
    if (hop.node === undefined) this.#deps.inner.close(hop);
    else this.#say(hop.node, { do: 'close', hop: withoutNode(hop) });
  }

  connections(): number {
    return this.#deps.inner.connections();
  }

  adopt(socket: SipSocket, source: { address: string; port: number }): void {
    if (this.#deps.inner.adopt) this.#deps.inner.adopt(socket, source);
    else socket.close(1013);
  }

  /** A message has come over a socket of this process. @returns whether it is another's, or has to wait */
  take(message: SipMessage, fields: CoreFields, packet: Packet): boolean {
    if (packet.source.node !== undefined) return false;
    const held = this.#held.get(fields.callId);
    if (held) {
      if (held.length < MAX_HELD) held.push(packet);
      return true;
    }
    const entry = this.#dialogs.get(fields.callId);
    if (!entry) return false;
    if (entry.orphan) return entry.orphan.take(message, fields);
    entry.dialog = passed(entry.dialog, message, fields, false);
    this.#deps.counters.add('sip_relayed_messages_total{role="holder"}');
    this.#say(entry.dialog.owner, { do: 'packet', hop: packet.source, bytes: asText(packet.bytes) });
    return true;
  }

  /** Whose call an admitted INVITE is takes a moment to find out; what comes meanwhile waits. */
  hold(callId: string): void {
    this.#held.set(callId, []);
  }

  /** The call stays here: what came meanwhile goes on. */
  release(callId: string): void {
    const waiting = this.#held.get(callId) ?? [];
    this.#held.delete(callId);
    for (const packet of waiting) this.#handlers?.packet(packet);
  }

  /** Gives an admitted INVITE to another process, and with it all that follows. */
  handOver({ request, fields, source }: NewRequest, origin: LegOrigin, node: NodeId): void {
    this.#note(fields.callId, passed(relayedBy(node, source, false, request), request, fields, false));
    this.#deps.counters.add('sip_handed_over_calls_total');
    this.#say(node, { do: 'invite', hop: source, bytes: asText(serialize(request)), origin });
    this.release(fields.callId);
  }

  /** Whose an INVITE is that another process has admitted. */
  originOf({ source, fields }: NewRequest): LegOrigin | undefined {
    return source.node === undefined ? undefined : this.#admitted.get(fields.callId);
  }

  /** A session of this process is over. */
  over(callId: string): void {
    const node = this.#roads.get(callId);
    if (node === undefined) return;
    this.#roads.delete(callId);
    this.#say(node, { do: 'over', callId });
  }

  #alive(node: NodeId): boolean {
    return this.#deps.cluster.nodes().some((n) => n.node === node);
  }

  #say(node: NodeId, said: RelaySaid): void {
    this.#deps.cluster.post(node, RELAY, said);
  }

  #told(from: NodeId, said: RelaySaid): void {
    switch (said.do) {
      case 'send':
        this.#sendFor(from, said.id, said.hop, asBytes(said.bytes));
        return;
      case 'not-sent':
        this.#notSent(said.id, said.why);
        return;
      case 'packet':
        this.#handlers?.packet({ bytes: asBytes(said.bytes), source: { ...said.hop, node: from } });
        return;
      case 'invite':
        this.#takeOver(from, said);
        return;
      case 'close':
        this.#deps.inner.close(said.hop);
        return;
      case 'closed':
        if (from !== this.#deps.cluster.self.node) this.#handlers?.closed?.({ ...said.hop, node: from });
        return;
      case 'over': {
        const entry = this.#dialogs.get(said.callId);
        if (entry?.dialog.owner === from) this.#linger(said.callId, entry);
      }
    }
  }

  #takeOver(from: NodeId, { hop, bytes, origin }: Extract<RelaySaid, { do: 'invite' }>): void {
    const packet = { bytes: asBytes(bytes), source: { ...hop, node: from } };
    const callId = inviteIn(packet.bytes);
    if (callId === undefined) return;
    this.#roads.set(callId, from);
    this.#admitted.set(callId, origin);
    try {
      this.#handlers?.packet(packet);
    } finally {
      this.#admitted.delete(callId);
    }
  }

  #notSent(id: number, why: string): void {
    const waiting = this.#unsent.get(id);
    this.#unsent.delete(id);
    waiting?.onError(new Error(why));
  }

  /** Holder: the owner's message goes out, and is looked at for what may have to be said in the owner's stead. */
  #sendFor(owner: NodeId, id: number, hop: Hop, bytes: Buffer): void {
    const parsed = parseMessage(bytes);
    const core = parsed.ok ? readCore(parsed.message) : undefined;
    if (parsed.ok && core?.ok) this.#sentFor(owner, hop, parsed.message, core.fields);
    const failed = (error: Error) => this.#say(owner, { do: 'not-sent', id, why: error.message });
    const { inner, speaker } = this.#deps;
    // The stream a phone registered over is gone: its Contact, to which the request is, is the only other way.
    if (hop.transport === 'tcp' && !inner.connected(hop) && parsed.ok && parsed.message.kind === 'request')
      speaker.resolve(parsed.message.uri, (contact, error) =>
        contact ? inner.send(contact, bytes, failed) : failed(error ?? new Error('no route')),
      );
    else inner.send(hop, bytes, failed);
  }

  #sentFor(owner: NodeId, hop: Hop, message: SipMessage, fields: CoreFields): void {
    const { callId } = fields;
    const known = this.#dialogs.get(callId);
    const entry = known?.dialog.owner === owner ? known : undefined;
    if (entry) {
      entry.dialog = passed(entry.dialog, message, fields, true);
      return;
    }
    if (message.kind !== 'request') return;
    const invite = message.method === 'INVITE' && fields.to.tag === undefined ? message : undefined;
    const made = this.#note(callId, passed(relayedBy(owner, hop, true, invite), message, fields, true));
    // A text, or a question: its answer comes within 64·T1 or not at all.
    if (!invite) this.#linger(callId, made);
  }

  #note(callId: string, dialog: Relayed): Entry {
    this.#dialogs.get(callId)?.timer?.cancel();
    const entry: Entry = { dialog };
    this.#dialogs.set(callId, entry);
    return entry;
  }

  #linger(callId: string, entry: Entry): void {
    entry.timer?.cancel();
    entry.timer = this.#deps.clock.setTimer(LINGER_MS, () => {
      if (this.#dialogs.get(callId) === entry) this.#dialogs.delete(callId);
    });
  }

  #closed(hop: Hop): void {
    this.#deps.cluster.broadcast(RELAY, { do: 'closed', hop } satisfies RelaySaid);
    for (const [callId, entry] of this.#dialogs) {
      const at = entry.dialog.hop;
      if (at.transport === hop.transport && at.address === hop.address && at.port === hop.port) this.#linger(callId, entry);
    }
  }

  #left(node: NodeId): void {
    for (const [id, waiting] of [...this.#unsent]) if (waiting.node === node) this.#notSent(id, `the process ${node} is gone`);
    for (const [callId, through] of [...this.#roads]) if (through === node) this.#roads.delete(callId);
    this.#deps.nodeLost(node);
    for (const [callId, entry] of [...this.#dialogs]) {
      if (entry.dialog.owner !== node || entry.orphan) continue;
      // What was over already is only forgotten.
      if (entry.timer === undefined) {
        this.#deps.counters.add('sip_orphaned_dialogs_total');
        entry.orphan = new Orphan(entry.dialog, { speaker: this.#deps.speaker, transport: this.#deps.inner });
      }
      this.#linger(callId, entry);
    }
  }
}

function bare(hop: Hop): Hop {
  return { transport: hop.transport, address: hop.address, port: hop.port };
}

const CALL_ID = '\r\nCall-ID: ';
const INVITE = Buffer.from('INVITE ');

/** The Call-ID of an INVITE that we wrote; undefined for any other message. */
function inviteIn(bytes: Buffer): string | undefined {
  if (bytes.compare(INVITE, 0, INVITE.length, 0, INVITE.length) !== 0) return undefined;
  const at = bytes.indexOf(CALL_ID, 0, 'latin1');
  return at < 0 ? undefined : bytes.toString('latin1', at + CALL_ID.length, bytes.indexOf(13, at + CALL_ID.length));
}

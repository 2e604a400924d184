import type { Clock, Cluster, LegOrigin, MessagesWaiting, Registration, SourceAddress } from '@yixian/contracts';
import { dialogKey } from '../dialog/dialog.js';
import { ABSOLUTE_MIN_SE } from '../dialog/session-timer.js';
import { DigestServer } from '../digest/server.js';
import { TappedTransport } from '../message-tap.js';
import { Counters, Discards } from '../metrics.js';
import type { DialogView } from '../notifier/dialog-info.js';
import { DEFAULT_LIMITS, type SipStackOptions } from '../options.js';
import { headerValue } from '../parser/message.js';
import { parseReplaces } from '../parser/refer-to.js';
import { parseUri } from '../parser/uri.js';
import type {
  DialogId,
  InviteOptions,
  InviteSession,
  ListenPoint,
  MessageOptions,
  MessageOutcome,
  SessionEnd,
  SessionHandlers,
  SipHandlers,
  SipStack,
} from '../port.js';
import { Registrar } from '../registrar/registrar.js';
import { Relay } from '../relay/relay.js';
import { SharedRegistrations } from '../relay/shared-registrations.js';
import { type TransactionDeps, TransactionLayer } from '../transaction/layer.js';
import type { NewRequest, Transactions } from '../transaction/port.js';
import { createResolver, type NameService, systemNames } from '../transport/resolve.js';
import type { SipSocket } from '../transport/sip-socket.js';
import { type Hop, isIpv6, type TransportLayer } from '../transport/types.js';
import type { UaContext } from './context.js';
import { DialogWatch } from './dialog-watch.js';
import { MessageWaiting } from './message-waiting.js';
import { sendMessage } from './messages.js';
import { OutboundSession } from './outbound-session.js';
import type { OwnedClock } from './owned-clock.js';
import { pooledRandom } from './random.js';
import { createSpeaker } from './speaker.js';
import { UserAgentServer } from './user-agent.js';

/** What is still unanswered when the stack stops gets so long. */
const STOP_GRACE_MS = 500;

/** What tests replace. */
export interface StackParts {
  transport: TransportLayer;
  /** Kept elsewhere; default by ourselves, over the transport. */
  transactions?: (deps: TransactionDeps) => Transactions;
  names?: NameService;
  /** Takes an error of ours, so that one message cannot end the other calls. Tests leave it out: then it is thrown on. */
  internalError?: (error: unknown) => void;
}

function check(options: SipStackOptions): void {
  const minExpires = options.minExpires ?? 60;
  if (options.listen.length === 0) throw new Error('listen: at least one listen point is needed');
  if ((options.maxExpires ?? 3_600) < minExpires) throw new Error('maxExpires must not be below minExpires');
  if ((options.digestAlgorithms ?? ['MD5']).length === 0) throw new Error('digestAlgorithms: at least one is needed');
}

/** The layers put together over a given transport. */
export class Stack implements SipStack {
  readonly #clock: OwnedClock;
  readonly #transport: TransportLayer;
  readonly #counters = new Counters();
  readonly #transactions: Transactions;
  readonly #registrar: Registrar;
  readonly #context: UaContext;
  readonly #server: UserAgentServer;
  readonly #messageWaiting: MessageWaiting;
  readonly #dialogWatch: DialogWatch;
  readonly #relay: Relay | undefined;
  readonly #shared: SharedRegistrations | undefined;
  readonly #internalError: StackParts['internalError'];
  #handlers: SipHandlers | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: SipStackOptions, parts: StackParts, clock: OwnedClock) {
    check(options);
    const randomBytes = options.randomBytes ?? pooledRandom();
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#clock = clock;
    const { cluster } = options;
    this.#relay = cluster && this.#makeRelay(cluster, parts.transport, clock);
    this.#shared = cluster && this.#makeShared(cluster);
    const transport = this.#relay ?? parts.transport;
    this.#transport = options.tap ? new TappedTransport(transport, options.tap) : transport;
    this.#internalError = parts.internalError;
    const discards = new Discards(this.#counters, options.logger, clock);
    const deps = { clock, transport: this.#transport, counters: this.#counters, discards, tap: options.tap, ...this.#takenElsewhere() };
    this.#transactions = parts.transactions?.(deps) ?? new TransactionLayer(deps);
    this.#registrar = new Registrar({
      clock,
      limits: { minExpires: options.minExpires ?? 60, maxExpires: options.maxExpires ?? 3_600, contacts: limits.contactsPerExtension },
      handlers: () => ({ ...this.#running(), registrationChanged: (change) => this.#registrationChanged(change) }),
      moved: (from) => this.#moved(from),
      ...(this.#shared ? { share: this.#shared } : {}),
    });
    this.#context = {
      clock,
      logger: options.logger,
      transport: this.#transport,
      transactions: this.#transactions,
      resolve: createResolver(
        clock,
        parts.names ?? systemNames,
        options.listen.every((l) => isIpv6(l.address)),
      ),
      counters: this.#counters,
      discards,
      userAgent: options.userAgent ?? 'Yixian',
      sessionTimer: {
        sessionExpires: options.sessionExpiresSeconds ?? 1_800,
        minSe: Math.max(ABSOLUTE_MIN_SE, options.minSessionExpiresSeconds ?? ABSOLUTE_MIN_SE),
      },
      token: (bytes) => randomBytes(bytes).toString('hex'),
      dialogs: new Map(),
      sessions: new Set(),
      sessionOver: (callId) => this.#relay?.over(callId),
    };
    const digest = new DigestServer({
      realm: options.realm ?? 'yixian',
      algorithms: options.digestAlgorithms ?? ['MD5'],
      nonceLifetimeMs: options.nonceLifetimeMs ?? 300_000,
      ...(options.nonceKey ? { nonceKey: options.nonceKey } : {}),
      randomBytes,
    });
    this.#messageWaiting = new MessageWaiting({
      ctx: this.#context,
      // Each process tells the phones that are its own.
      registrations: (extension) => this.#registrar.list(extension).filter((r) => r.node === undefined),
      maxSubscriptions: limits.subscriptions,
      perExtension: limits.contactsPerExtension,
    });
    this.#dialogWatch = new DialogWatch({
      ctx: this.#context,
      maxSubscriptions: limits.subscriptions,
      isExtension: (extension) => this.#running().sipPassword(extension) !== undefined,
    });
    this.#server = new UserAgentServer({
      ctx: this.#context,
      messageWaiting: this.#messageWaiting,
      dialogWatch: this.#dialogWatch,
      digest,
      registrar: this.#registrar,
      handlers: () => this.#running(),
      maxServerTransactions: limits.serverTransactions,
      admitted: (incoming) => this.#relay?.originOf(incoming),
      elsewhere: (incoming, origin, here) => this.#elsewhere(incoming, origin, here),
    });
  }

  #makeRelay(cluster: Cluster, inner: TransportLayer, clock: Clock): Relay {
    return new Relay({
      inner,
      cluster,
      clock,
      counters: this.#counters,
      speaker: createSpeaker(() => this.#context),
      nodeLost: (node) => {
        for (const dialog of [...this.#context.dialogs.values()]) dialog.nodeLost?.(node);
      },
    });
  }

  #makeShared(cluster: Cluster): SharedRegistrations {
    return new SharedRegistrations({
      cluster,
      registrar: () => this.#registrar,
      inherited: (node) => this.#running().forgetRegistrations?.(node),
    });
  }

  #takenElsewhere(): Pick<TransactionDeps, 'takenElsewhere'> {
    const relay = this.#relay;
    return relay ? { takenElsewhere: (message, fields, packet) => relay.take(message, fields, packet) } : {};
  }

  /** Asks whose call an admitted INVITE is; nothing but another process's is passed on. */
  #elsewhere(incoming: NewRequest, origin: LegOrigin, here: () => void): boolean {
    const relay = this.#relay;
    if (!relay) return false;
    const { callId } = incoming.fields;
    const value = headerValue(incoming.request, 'replaces');
    const replaces = value === undefined ? undefined : parseReplaces(value);
    const home = this.#running().home?.({
      origin,
      dialled: parseUri(incoming.request.uri)?.user ?? '',
      replaces: replaces && { callId: replaces.callId, localTag: replaces.toTag, remoteTag: replaces.fromTag },
    });
    if (home === undefined) return false;
    if (typeof home === 'string') {
      relay.handOver(incoming, origin, home);
      return true;
    }
    relay.hold(callId);
    const settled = (node: string | undefined): void =>
      this.#guard(() => {
        if (node !== undefined) return relay.handOver(incoming, origin, node);
        here();
        relay.release(callId);
      });
    home.then(settled, (error: unknown) => {
      this.#context.logger.warn({ sipCallId: callId, error: String(error) }, 'whose call it is could not be found out: it stays here');
      settled(undefined);
    });
    return true;
  }

  #running(): SipHandlers {
    if (!this.#handlers) throw new Error('the SIP stack is not started');
    return this.#handlers;
  }

  #registrationChanged(change: Parameters<SipHandlers['registrationChanged']>[0]): void {
    this.#running().registrationChanged(change);
    // After the answer to the REGISTER.
    if (change.reason === 'registered') queueMicrotask(() => this.#guard(() => this.#messageWaiting.registered(change.extension)));
  }

  async start(handlers: SipHandlers): Promise<void> {
    if (this.#handlers) throw new Error('the SIP stack was started before');
    this.#handlers = handlers;
    this.#transactions.start({
      request: (incoming) =>
        this.#guard(
          () => this.#server.request(incoming),
          () => incoming.fail(),
        ),
      ack: (request, fields) => this.#server.ack(request, fields),
    });
    await this.#transport.start({
      packet: (packet) => this.#guard(() => this.#transactions.receive(packet)),
      fault: (fault, source) => this.#context.discards.note(fault, source),
      closed: (source) => this.#guard(() => this.#connectionLost(source)),
    });
    this.#shared?.start();
  }

  #connectionLost(source: Hop): void {
    if (source.node === undefined) this.#registrar.connectionLost(source);
    for (const dialog of [...this.#context.dialogs.values()]) dialog.connectionLost?.(source);
  }

  /** The old connection hangs, or nobody has told us that it is no more: its calls need not wait for silence to be noticed. */
  #moved(from: SourceAddress): void {
    this.disconnect(from);
    for (const dialog of [...this.#context.dialogs.values()]) dialog.connectionLost?.({ ...from, transport: 'ws' });
  }

  /** The SIP server outside is gone: every dialog it kept has ended, and nobody can be told. Those of browsers are kept here. */
  wireLost(why: string): void {
    this.#context.logger.error({ why }, 'the SIP server is lost: its calls have ended');
    const end: SessionEnd = { kind: 'transport', status: 503, phrase: why };
    for (const dialog of [...this.#context.dialogs.values()]) dialog.lost?.(end);
  }

  /** The SIP server outside has ended a dialog by itself: a missing ACK, or a session that nobody refreshed (RFC 4028 §10). */
  wireEnded(key: string, reasonHeader: string | undefined): void {
    const unacknowledged = /ACK timeout/i.test(reasonHeader ?? '');
    this.#context.dialogs.get(key)?.lost?.({ kind: unacknowledged ? 'no-ack' : 'session-expired', status: 408 });
  }

  /** The border where a mistake of ours, or of a handler, costs one message and not the process. */
  #guard(work: () => void, instead?: () => void): void {
    if (!this.#internalError) {
      work();
      return;
    }
    try {
      work();
    } catch (error) {
      this.#counters.add('sip_internal_errors_total');
      this.#internalError(error);
      instead?.();
    }
  }

  listening(): readonly ListenPoint[] {
    return this.#transport.listening();
  }

  drain(): void {
    this.#server.drain();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#server.drain();
    for (const session of [...this.#context.sessions]) session.end();
    this.#messageWaiting.stop();
    this.#dialogWatch.stop();
    // Hang-ups just sent get a moment to be answered; what is lost now is the peer's session timer to notice.
    await new Promise<void>((resolve) => {
      const grace = this.#clock.setTimer(STOP_GRACE_MS, resolve);
      this.#transactions.whenAnswered(() => {
        grace.cancel();
        resolve();
      });
    });
    this.#shared?.stop();
    this.#registrar.stop();
    this.#transactions.stop();
    await this.#transport.stop();
    this.#clock.stop();
  }

  adopt(socket: SipSocket, source: { address: string; port: number }): void {
    if (this.#transport.adopt) this.#transport.adopt(socket, source);
    else socket.close(1013);
  }

  disconnect({ transport, address, port }: SourceAddress): void {
    if (transport === 'udp' || transport === 'tls') return;
    this.#transport.close({ transport: transport === 'tcp' ? 'tcp' : 'ws', address, port });
  }

  invite(options: InviteOptions, handlers: SessionHandlers): InviteSession {
    const session = new OutboundSession(this.#context, options, handlers);
    // The caller gets the session before anything can be told of it.
    queueMicrotask(() => session.start());
    return session;
  }

  message(options: MessageOptions): Promise<MessageOutcome> {
    return sendMessage(this.#context, options);
  }

  setMessagesWaiting(extension: string, waiting: MessagesWaiting): void {
    this.#messageWaiting.set(extension, waiting);
  }

  setDialogs(extension: string, dialogs: readonly DialogView[]): void {
    this.#dialogWatch.set(extension, dialogs);
  }

  callOf(dialog: DialogId): ReturnType<SipStack['callOf']> {
    return this.#context.dialogs.get(dialogKey(dialog.callId, dialog.localTag, dialog.remoteTag))?.call;
  }

  restoreRegistrations(registrations: readonly Registration[]): void {
    this.#registrar.restore(registrations);
  }

  registrations(extension?: string): readonly Registration[] {
    return this.#registrar.list(extension);
  }

  metrics(): Record<string, number> {
    return {
      ...this.#counters.all(),
      sip_client_transactions: this.#transactions.clients,
      sip_server_transactions: this.#transactions.servers,
      sip_dialogs: this.#context.dialogs.size,
      sip_sessions: this.#context.sessions.size,
      sip_subscriptions: this.#messageWaiting.size + this.#dialogWatch.size,
      ...(this.#relay ? { sip_relayed_dialogs: this.#relay.size } : {}),
      sip_connections: this.#transport.connections(),
      sip_registrations: this.#registrar.list().length,
      sip_timers: this.#clock.pending,
    };
  }
}

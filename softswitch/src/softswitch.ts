import { randomInt } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import {
  type ArrivingCall,
  type Bridge,
  type CallId,
  type CallLeg,
  type Cluster,
  type Conference,
  type DialRequest,
  isBrowserContact,
  type LegOrigin,
  type Logger,
  type MediaServers,
  type MessagesWaiting,
  type NodeId,
  type RecordingTap,
  type RecordRequest,
  type Registration,
  type SipMessage,
  type Switch,
  type SwitchHandlers,
  type SwitchHealth,
  type SwitchMetrics,
  type Termination,
} from '@yixian/contracts';
import { ExtensionDialogs } from './extension-dialogs.js';
import { InboundLeg } from './inbound-leg.js';
import { Leg, type LegOwner } from './leg.js';
import { addressOfUri, decisiveAddress, type InterfaceAddress, localAddressFor } from './local-address.js';
import { createMediaEngine, type MediaEngine } from './media/index.js';
import { deliver } from './message-delivery.js';
import { Neighbours } from './neighbours.js';
import type { SoftswitchOptions } from './options.js';
import { type DialPlace, OutboundLeg } from './outbound-leg.js';
import { startRecording } from './recording.js';
import { RegistrationKeeper } from './registration-keeper.js';
import { judgeReplaces } from './replaces.js';
import { Routes } from './routes.js';
import { inspectOffer, type Refusal } from './sdp/index.js';
import {
  createSipStack,
  createWiredSipStack,
  type DialogId,
  type DialogView,
  type InviteSession,
  type ListenPoint,
  type SipSocket,
  type SipStack,
} from './sip/index.js';
import { SwitchCounters } from './switch-counters.js';
import { wayTo } from './way-to.js';
import { createWebGateway, type WebGateway } from './webrtc/gateway.js';
import { isWebSdp, plainOf } from './webrtc/sdp.js';

export type Softswitch = Switch & {
  /** The listen points with their real ports. */
  listening(): readonly ListenPoint[];
  /** Takes over a WebSocket of subprotocol `sip` that the HTTP server has accepted (RFC 7118). */
  adopt(socket: SipSocket, source: { address: string; port: number }): void;
  /** Closes the connections of an extension's browsers; one whose credentials still hold comes back by itself. */
  disconnectBrowsers(extension: string): void;
  /** Media servers outside of this process; none with the embedded engine. */
  readonly mediaServers: MediaServers;
};

/** The embedded switch: own SIP, own RTP. Nothing is bound before `start`. */
export function createSoftswitch(options: SoftswitchOptions): Softswitch {
  return new EmbeddedSwitch(options);
}

function listenPoints(options: SoftswitchOptions): ListenPoint[] {
  return options.hosts.flatMap((address) => [
    { transport: 'udp' as const, address, port: options.sipPort },
    { transport: 'tcp' as const, address, port: options.sipPort },
  ]);
}

function machineInterfaces(): InterfaceAddress[] {
  return Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .map((i) => ({ address: i.address, family: i.family === 'IPv6' ? 6 : 4, internal: i.internal }));
}

class EmbeddedSwitch implements Softswitch, LegOwner {
  readonly #options: SoftswitchOptions;
  readonly #logger: Logger;
  readonly #sip: SipStack;
  readonly #engine: MediaEngine;
  readonly #legs = new Set<Leg>();
  readonly #closing = new Set<Promise<unknown>>();
  readonly #routes: Routes;
  readonly #counters = new SwitchCounters();
  readonly #keeper: RegistrationKeeper | undefined;
  readonly #web: WebGateway;
  readonly #dialogs: ExtensionDialogs;
  readonly #neighbours: Neighbours | undefined;
  readonly mediaServers: MediaServers = {
    list: () => this.#engine.servers?.() ?? [],
    drain: async (name, on) => this.#engine.drain?.(name, on),
  };
  #handlers: SwitchHandlers | undefined;
  #phase: 'made' | 'running' | 'draining' | 'stopped' = 'made';

  constructor(options: SoftswitchOptions) {
    this.#options = options;
    this.#logger = options.logger;
    const { clock, logger, userAgent, realm, digestAlgorithms, nonceKey, sessionExpiresSeconds, mediaTimeoutMs } = options;
    const listen = listenPoints(options);
    const stack = {
      listen,
      clock,
      logger,
      ...(digestAlgorithms === undefined ? {} : { digestAlgorithms }),
      ...(nonceKey === undefined ? {} : { nonceKey }),
      ...(userAgent === undefined ? {} : { userAgent }),
      ...(realm === undefined ? {} : { realm }),
      ...(options.trace ? { tap: options.trace } : {}),
      ...(options.cluster ? { cluster: options.cluster } : {}),
    };
    this.#sip =
      options.sip?.(listen) ??
      (options.wire
        ? createWiredSipStack(stack, options.wire)
        : createSipStack({ ...stack, ...(sessionExpiresSeconds === undefined ? {} : { sessionExpiresSeconds }) }));
    this.#engine =
      options.media ??
      createMediaEngine({ rtpPorts: options.rtpPorts, logger, clock, ...(mediaTimeoutMs === undefined ? {} : { mediaTimeoutMs }) });
    this.#routes = new Routes(this.#engine);
    this.#neighbours = options.cluster && this.#meet(options.cluster);
    this.#dialogs = new ExtensionDialogs((extension, dialogs) => {
      if (this.#neighbours) this.#neighbours.changed(extension, dialogs);
      else this.#sip.setDialogs(extension, dialogs);
    });
    const bindAddress = options.hosts.length === 1 && !isWildcard(options.hosts[0]) ? options.hosts[0] : undefined;
    this.#web = createWebGateway({ settings: { bindAddress, ports: options.rtpPorts }, clock, logger });
    this.#keeper = options.registrationStore ? new RegistrationKeeper(options.registrationStore, logger) : undefined;
  }

  #meet(cluster: Cluster): Neighbours {
    return new Neighbours({
      cluster,
      logger: this.#logger,
      dialogs: (extension, dialogs) => this.#sip.setDialogs(extension, dialogs),
      waiting: (extension, waiting) => this.#sip.setMessagesWaiting(extension, waiting),
      has: (dialog) => this.#sip.callOf(dialog) !== undefined,
    });
  }

  async start(handlers: SwitchHandlers): Promise<void> {
    if (this.#phase !== 'made') throw new Error(`the switch cannot be started: it is ${this.#phase}`);
    this.#handlers = handlers;
    // Known before the first packet, so that a call right after a restart finds its phone.
    const kept = (await this.#options.registrationStore?.load()) ?? [];
    await this.#engine.start();
    this.#sip.restoreRegistrations(kept);
    try {
      await this.#sip.start({
        ...policyHandlers(this.#options),
        onInvite: (session, origin) => this.#invited(session, origin),
        onMessage: (message) => this.#handlers?.message(message) ?? Promise.resolve({ status: 503 }),
        registrationChanged: (change) => this.#registrationChanged(change),
        saveRegistrations: (extension, registrations) => this.#keeper?.save(extension, registrations),
        forgetRegistrations: (node) => this.#keeper?.forget(node),
        home: (call) => this.#homeOf(call),
      });
    } catch (error) {
      await this.#engine.stop();
      throw error;
    }
    for (const host of this.#options.hosts) if (!isWildcard(host)) this.#engine.keepReady(host);
    this.#phase = 'running';
    this.#neighbours?.start();
  }

  #homeOf(call: ArrivingCall): ReturnType<Neighbours['homeOf']> {
    return this.#handlers?.home?.(call) ?? this.#neighbours?.homeOf(call);
  }

  listening(): readonly ListenPoint[] {
    return this.#sip.listening();
  }

  // The registrar has to go on whatever becomes of the news.
  #registrationChanged(change: Parameters<SwitchHandlers['registrationChanged']>[0]): void {
    try {
      this.#handlers?.registrationChanged(change);
    } catch (error) {
      this.#logger.error({ ...change, error: String(error) }, 'whoever is told of registrations failed');
    }
  }

  #localAddress(remote: string | undefined): string | undefined {
    const interfaces = this.#options.interfaces ?? machineInterfaces;
    const { hosts } = this.#options;
    // A name in the URI is resolved by the stack; our first address is the one it most likely routes from.
    return localAddressFor(remote ?? hosts[0] ?? '127.0.0.1', hosts, interfaces);
  }

  #invited(session: InviteSession, origin: LegOrigin): void {
    const offer = session.remoteSdp;
    const web = offer !== undefined && isWebSdp(offer);
    // Where a browser's media comes from is the gateway's affair; what it speaks is looked at as plain RTP.
    const looked = web ? plainOf(offer, { address: LOOPBACK, port: 9 }) : offer;
    const inspected = looked === undefined ? undefined : inspectOffer(looked, this.#options.codecs);
    // Refused before it costs a port or a row: nothing can be said to a peer without a common codec.
    if (inspected && !inspected.ok) {
      this.#refuseOffer(session, inspected.refusal);
      return;
    }
    const replaced = this.#replaced(session, origin);
    if ('status' in replaced) {
      session.refuse(replaced.status, replaced.phrase);
      return;
    }
    const localAddress = web ? LOOPBACK : this.#localAddress(decisiveAddress(session.source?.address, inspected?.mediaAddress));
    if (localAddress === undefined) {
      this.#refuseOffer(session, {
        status: 488,
        phrase: 'Not Acceptable Here',
        text: 'no address of ours is of the IP version of the media',
      });
      return;
    }
    const leg = new InboundLeg(session, origin, {
      id: this.#options.ids.next('leg'),
      sdpSessionId: sdpSessionId(),
      localAddress,
      engine: this.#engine,
      logger: this.#logger,
      owner: this,
      replaces: replaced.leg,
      ...(web ? { web: this.#web } : {}),
      ...(this.#options.codecs ? { codecs: this.#options.codecs } : {}),
    });
    this.#add(leg);
    try {
      this.#handlers?.inbound(leg);
    } catch (error) {
      this.#logger.error({ legId: leg.id, error: String(error) }, 'whoever takes inbound calls failed');
      leg.hangUp({ by: 'system', reason: 'switch-failure' });
    }
  }

  /** Which leg an INVITE with Replaces means (RFC 3891 §3), or what it is refused with. */
  #replaced(session: InviteSession, origin: LegOrigin): { leg: Leg | undefined } | { status: number; phrase: string } {
    if (session.replaces === undefined) return { leg: undefined };
    const call = this.#sip.callOf(session.replaces);
    const leg = call && this.#legWith(call.session);
    return judgeReplaces(session.replaces.earlyOnly, call && { state: call.state, leg }, origin);
  }

  legOf(dialog: DialogId): Leg | undefined {
    const call = this.#sip.callOf(dialog);
    return call && call.state !== 'ended' ? this.#legWith(call.session) : undefined;
  }

  ownerOf(dialog: DialogId): Promise<NodeId | undefined> | undefined {
    return this.#neighbours?.ownerOf(dialog);
  }

  #legWith(session: InviteSession): Leg | undefined {
    for (const leg of this.#legs) if (leg.state !== 'ended' && leg.has(session)) return leg;
    return undefined;
  }

  #refuseOffer(session: InviteSession, { status, phrase, text }: Refusal): void {
    this.#counters.refusedOffer(status);
    this.#logger.warn({ sipCallId: session.callId, source: session.source, status, reason: text }, 'INVITE refused for its SDP');
    // RFC 3261 §20.43: 305 incompatible media format, 399 anything else; the agent is a pseudonym.
    session.refuse(status, phrase, [['Warning', `${status === 488 ? 305 : 399} yixian "${text.replaceAll(/["\\\r\n]/g, ' ')}"`]]);
  }

  dial(request: DialRequest): CallLeg {
    const leg = new OutboundLeg(request, {
      id: this.#options.ids.next('leg'),
      sdpSessionId: sdpSessionId(),
      engine: this.#engine,
      sip: this.#sip,
      web: this.#web,
      clock: this.#options.clock,
      logger: this.#logger,
      owner: this,
      ...(this.#options.codecs ? { codecs: this.#options.codecs } : {}),
      invited: (sipCallId) => this.#follow(leg, request.callId, sipCallId),
    });
    this.#add(leg);
    const { places, otherwise } = this.#phase === 'stopped' ? { places: [], otherwise: STOPPED } : this.#placesOf(request);
    leg.start(places, otherwise);
    return leg;
  }

  #follow(leg: Leg, callId: CallId | undefined, sipCallId: string): void {
    const { trace } = this.#options;
    if (callId !== undefined) trace?.belongs(callId, sipCallId);
    else if (trace) {
      trace.standing(sipCallId);
      void leg.ended.then(() => trace.released(sipCallId));
    }
  }

  traceAs(leg: CallLeg, callId: CallId): void {
    this.#options.trace?.belongs(callId, leg.sipCallId);
  }

  showBusy(extension: string, call: DialogView): void {
    this.#dialogs.put(extension, call);
  }

  #placesOf(request: DialRequest): { places: DialPlace[]; otherwise: Termination } {
    const { target } = request;
    if (target.kind === 'uri') {
      const localAddress = this.#localAddress(addressOfUri(target.uri));
      const otherwise: Termination = { by: 'system', reason: 'transport-failure', text: `no address of ours reaches ${target.uri}` };
      if (localAddress === undefined) return { places: [], otherwise };
      return { places: [{ uri: target.uri, localAddress, ...(target.auth ? { auth: target.auth } : {}) }], otherwise };
    }
    const wanted = this.#sip.registrations(target.extension).filter((registration) => isWanted(registration, target.contacts));
    const places = wanted.flatMap<DialPlace>((registration) => {
      const { contact: uri, trickleIce: trickle = false } = registration;
      const nextHop = wayTo(registration);
      if (isBrowserContact(registration)) return [{ uri, nextHop, toUser: target.extension, localAddress: LOOPBACK, web: true, trickle }];
      const localAddress = this.#localAddress(nextHop.address);
      if (localAddress === undefined) return [];
      return [{ uri, nextHop, toUser: target.extension, localAddress }];
    });
    return {
      places,
      otherwise: { by: 'system', reason: 'not-registered', text: `extension ${target.extension} has no registered contact` },
    };
  }

  #add(leg: Leg): void {
    this.#legs.add(leg);
    this.#dialogs.follow(leg);
    this.#counters.legBegan(leg);
  }

  ended(leg: Leg): void {
    this.#legs.delete(leg);
    this.#routes.legEnded(leg);
    this.#counters.legEnded(leg);
    const closing = leg.stats();
    this.#closing.add(closing);
    void closing.finally(() => this.#closing.delete(closing));
  }

  askedAfterSilence(there: boolean): void {
    this.#counters.askedAfterSilence(there);
  }

  mediaChanged(leg: Leg): void {
    this.#routes.mediaChanged(leg);
  }

  async bridge(a: CallLeg, b: CallLeg): Promise<Bridge> {
    if (!(a instanceof Leg) || !(b instanceof Leg)) throw new Error('only legs of this switch can be bridged');
    return await this.#routes.bridge(this.#options.ids.next('bridge'), a, b);
  }

  conference(): Conference {
    return this.#routes.conference(this.#options.ids.next('conference'));
  }

  get takesSinks(): boolean {
    return this.#engine.takesSinks === true;
  }

  async record(request: RecordRequest): Promise<RecordingTap> {
    const tap = await startRecording(this.#engine, request);
    this.#counters.recordingBegan();
    void tap.finished.then((result) => this.#counters.recordingEnded(result));
    return tap;
  }

  async sendMessage(message: SipMessage): Promise<{ delivered: true } | { delivered: false; termination: Termination }> {
    const contacts = this.#phase === 'stopped' ? [] : this.#sip.registrations(message.to);
    return await deliver(message, contacts, (options) => this.#sip.message(options));
  }

  setMessagesWaiting(extension: string, waiting: MessagesWaiting): void {
    if (this.#neighbours) this.#neighbours.setWaiting(extension, waiting);
    else this.#sip.setMessagesWaiting(extension, waiting);
  }

  legs(): readonly CallLeg[] {
    return [...this.#legs].filter((leg) => leg.state !== 'ended');
  }

  adopt(socket: SipSocket, source: { address: string; port: number }): void {
    if (this.#phase === 'running' || this.#phase === 'draining') this.#sip.adopt(socket, source);
    else socket.close(1013);
  }

  disconnectBrowsers(extension: string): void {
    for (const { source } of this.#sip.registrations(extension).filter(isBrowserContact)) this.#sip.disconnect(source);
  }

  registrations(extension?: string): readonly Registration[] {
    return this.#sip.registrations(extension);
  }

  drain(): void {
    if (this.#phase !== 'running') return;
    this.#phase = 'draining';
    this.#sip.drain();
  }

  async stop(): Promise<void> {
    if (this.#phase === 'stopped') return;
    const started = this.#phase !== 'made';
    this.#phase = 'stopped';
    this.#neighbours?.stop();
    this.#sip.drain();
    for (const leg of [...this.#legs]) leg.hangUp(STOPPED);
    await Promise.allSettled(this.#closing);
    if (!started) return;
    await this.#sip.stop();
    await this.#web.stop();
    await this.#engine.stop();
    await this.#keeper?.close();
  }

  async health(): Promise<SwitchHealth> {
    const used = this.#engine.portsInUse();
    const total = this.#engine.portsTotal();
    const problems = [
      ...(this.#phase === 'running' || this.#phase === 'draining' ? [] : [`the switch is ${this.#phase}`]),
      ...(this.#options.wire?.connected() === false ? ['the SIP server is not connected'] : []),
      ...(this.#engine.problems?.() ?? []),
      ...(used >= total ? [`all ${total} RTP ports are in use`] : []),
    ];
    const notices = this.#engine.notices?.() ?? [];
    return { ok: problems.length === 0, problems, notices, legs: this.legs().length, rtpPortsInUse: used, rtpPortsTotal: total };
  }

  metrics(): SwitchMetrics {
    return {
      ...this.#sip.metrics(),
      ...this.#engine.metrics(),
      ...this.#web.metrics(),
      ...this.#counters.metrics(this.legs()),
      switch_bridges: this.#routes.bridges,
      switch_conferences: this.#routes.conferences,
      switch_conference_legs: this.#routes.members,
      switch_registered_contacts: this.#sip.registrations().length,
      switch_registration_store_failures_total: this.#keeper?.failures ?? 0,
      rtp_ports_in_use: this.#engine.portsInUse(),
      rtp_ports_total: this.#engine.portsTotal(),
    };
  }
}

/** Where the gateway of browsers and our own media engine meet; another engine says itself where it is. */
const LOOPBACK = '127.0.0.1';

function isWildcard(host: string | undefined): boolean {
  return host === '0.0.0.0' || host === '::';
}

function isWanted(registration: Registration, contacts: 'phones' | 'browsers' | undefined): boolean {
  return contacts === undefined || isBrowserContact(registration) === (contacts === 'browsers');
}

const STOPPED: Termination = { by: 'system', reason: 'draining', text: 'the switch stops' };

function policyHandlers(options: SoftswitchOptions): Pick<SoftswitchOptions['policy'], 'admit' | 'sipPassword' | 'authenticationResult'> {
  const { policy } = options;
  return {
    admit: (request) => policy.admit(request),
    sipPassword: (extension) => policy.sipPassword(extension),
    authenticationResult: (request, extension, ok) => policy.authenticationResult(request, extension, ok),
  };
}

// RFC 8866 §5.2: numeric, unique with the address for this originator.
function sdpSessionId(): string {
  return String(randomInt(1, 2 ** 47));
}

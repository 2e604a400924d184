import type { LegStats, MessagesWaiting, Registration, SourceAddress } from '@yixian/contracts';
import type { MediaEngine, MediaParameters, MediaPlayback, MediaRecording, MediaSession, MediaSessionEvents } from '../src/media/port.js';
import type {
  DialogId,
  InviteOptions,
  InviteSession,
  MessageOptions,
  MessageOutcome,
  ReplacedDialog,
  SessionHandlers,
  SipHandlers,
  SipStack,
} from '../src/sip/port.js';

// The two ports with nothing behind them: every call is written down, every event is told by the test.

const SOURCE: SourceAddress = { address: '127.0.0.1', port: 5070, transport: 'udp' };

export class FakeSession implements InviteSession {
  readonly callId: string;
  readonly source = SOURCE;
  readonly fromUser: string = '13800000001';
  readonly fromDisplayName = undefined;
  readonly toUser = '12320';
  readonly requestUser = '12320';
  readonly done: string[] = [];
  readonly options: InviteOptions | undefined;
  replaces: ReplacedDialog | undefined;
  handlers: SessionHandlers | undefined;
  assertedUser: string | undefined;
  allowed = new Set(['INFO']);
  infoStatus = 200;

  readonly direction: 'inbound' | 'outbound';
  readonly remoteSdp: string | undefined;

  constructor(direction: 'inbound' | 'outbound', callId: string, remoteSdp?: string, options?: InviteOptions) {
    this.direction = direction;
    this.callId = callId;
    this.remoteSdp = remoteSdp;
    this.options = options;
  }

  allows(method: string): boolean {
    return this.allowed.has(method);
  }
  setHandlers(handlers: SessionHandlers): void {
    this.handlers = handlers;
  }
  progress(status: 180 | 183, sdp?: string): void {
    this.done.push(`progress ${status}${sdp === undefined ? '' : ' sdp'}`);
  }
  accept(sdp: string): void {
    this.done.push(`accept ${/m=audio (\d+)/.exec(sdp)?.[1]}`);
  }
  refuse(status: number, phrase: string): void {
    this.done.push(`refuse ${status} ${phrase}`);
  }
  end(reasonHeader?: string): void {
    this.done.push(`end ${reasonHeader ?? ''}`);
    this.handlers?.onEnded({ kind: 'local' }); // as the stack does, at once
  }
  async reinvite(): Promise<string> {
    throw new Error('not used');
  }
  /** What a probe finds. */
  alive = false;
  async probe(withinMs?: number): Promise<boolean> {
    this.done.push(withinMs === undefined ? 'probe' : `probe ${withinMs}`);
    return this.alive;
  }
  takesInfo(): boolean {
    return false;
  }
  async info(contentType: string, body: string): Promise<number> {
    this.done.push(`info ${contentType} ${body.split('\r\n')[0]}`);
    return this.infoStatus;
  }
}

export class FakeSip implements SipStack {
  readonly invited: FakeSession[] = [];
  readonly contacts: Registration[] = [];
  readonly done: string[] = [];
  handlers: SipHandlers | undefined;

  async start(handlers: SipHandlers): Promise<void> {
    this.handlers = handlers;
  }
  listening() {
    return [];
  }
  drain(): void {
    this.done.push('drain');
  }
  async stop(): Promise<void> {
    this.done.push('stop');
  }
  adopt(): void {
    this.done.push('adopt');
  }
  disconnect({ address, port }: { address: string; port: number }): void {
    this.done.push(`disconnect ${address}:${port}`);
  }
  invite(options: InviteOptions, handlers: SessionHandlers): InviteSession {
    if (!options.uri.startsWith('sip:')) throw new Error(`${options.uri} is no SIP URI`);
    const session = new FakeSession('outbound', `call-${this.invited.length + 1}`, undefined, options);
    session.setHandlers(handlers);
    this.invited.push(session);
    return session;
  }
  /** What each text came to, by contact; default taken. */
  messageOutcomes = new Map<string, MessageOutcome>();
  async message(options: MessageOptions): Promise<MessageOutcome> {
    this.done.push(`message ${options.uri} ${options.text}`);
    return this.messageOutcomes.get(options.uri) ?? { ok: true };
  }
  setDialogs(): void {}

  setMessagesWaiting(extension: string, { newMessages, oldMessages }: MessagesWaiting): void {
    this.done.push(`waiting ${extension} ${newMessages}/${oldMessages}`);
  }
  /** Calls by the Call-ID of their dialog. */
  readonly calls = new Map<string, ReturnType<SipStack['callOf']>>();
  callOf(dialog: DialogId): ReturnType<SipStack['callOf']> {
    return this.calls.get(dialog.callId);
  }
  restoreRegistrations(registrations: readonly Registration[]): void {
    this.contacts.push(...registrations);
  }
  registrations(extension?: string): readonly Registration[] {
    return this.contacts.filter((c) => extension === undefined || c.extension === extension);
  }
  metrics() {
    return { sip_fake: 1 };
  }
}

const FIGURES: LegStats = {
  codec: 'PCMA',
  packetsReceived: 7,
  packetsSent: 7,
  packetsLost: 0,
  packetsDiscarded: 0,
  jitterMs: 0,
  ssrcChanges: 0,
};

export class FakeMediaSession implements MediaSession {
  readonly id: number;
  readonly address: string;
  readonly rtpPort: number;
  readonly events: MediaSessionEvents;
  readonly done: string[] = [];
  readonly configured: MediaParameters[] = [];
  closed = false;

  constructor(id: number, address: string, events: MediaSessionEvents) {
    this.id = id;
    this.address = address;
    this.rtpPort = 20_000 + 2 * id;
    this.events = events;
  }

  configure(parameters: MediaParameters): void {
    this.configured.push(parameters);
  }
  expectPackets(withinMs: number): void {
    this.done.push(`expect ${withinMs}`);
  }
  mute(on: boolean): void {
    this.done.push(on ? 'mute' : 'unmute');
  }
  play(): MediaPlayback {
    this.done.push('play');
    return { finished: new Promise(() => {}), stop: () => this.done.push('stop') };
  }
  async collect() {
    return { digits: '1', reason: 'max-digits' as const };
  }
  cancelCollect(): void {}
  clearDigits(): void {}
  injectDigit(digit: string, durationMs: number): void {
    this.done.push(`inject ${digit} ${durationMs}`);
  }
  async sendDigits(digits: string): Promise<void> {
    this.done.push(`digits ${digits}`);
  }
  async stats(): Promise<LegStats> {
    return FIGURES;
  }
  async close(): Promise<LegStats> {
    this.closed = true;
    return FIGURES;
  }
}

export class FakeMedia implements MediaEngine {
  readonly sessions: FakeMediaSession[] = [];
  readonly done: string[] = [];
  failure: Error | undefined;

  async start(): Promise<void> {
    this.done.push('start');
  }
  async stop(): Promise<void> {
    this.done.push('stop');
  }
  keepReady(): void {}

  async open(localAddress: string, events: MediaSessionEvents): Promise<MediaSession> {
    if (this.failure) throw this.failure;
    const session = new FakeMediaSession(this.sessions.length + 1, localAddress, events);
    this.sessions.push(session);
    return session;
  }
  route(hearing: ReadonlyMap<MediaSession, readonly MediaSession[]>): void {
    const one = ([listener, heard]: [MediaSession, readonly MediaSession[]]): string =>
      `${listener.id}<${heard.map((s) => s.id).join('+')}`;
    this.done.push(`route ${[...hearing].map(one).join(' ')}`);
  }
  async record(): Promise<MediaRecording> {
    throw new Error('not used');
  }
  portsInUse(): number {
    return this.sessions.filter((s) => !s.closed).length;
  }
  portsTotal(): number {
    return 100;
  }
  metrics() {
    return { media_fake: 1 };
  }
}

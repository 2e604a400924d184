import type {
  Bridge,
  CallLeg,
  CollectOptions,
  CollectResult,
  Conference,
  DialRequest,
  LegEvent,
  LegOrigin,
  LegState,
  LegStats,
  MediaItem,
  PartyAddress,
  Playback,
  PlaybackEnd,
  PlayOptions,
  RecordingTap,
  Registration,
  SipMessage,
  SourceAddress,
  Switch,
  SwitchHealth,
  SwitchMetrics,
  Termination,
} from '@yixian/contracts';

const NO_STATS: LegStats = {
  codec: 'PCMA',
  packetsReceived: 10,
  packetsSent: 10,
  packetsLost: 0,
  packetsDiscarded: 0,
  jitterMs: 0,
  ssrcChanges: 0,
};

/** A leg whose far end is the test. It keeps the port's promises: it ends once, and tells in the order the port says. */
export class FakeLeg implements CallLeg {
  readonly id: string;
  readonly direction: 'inbound' | 'outbound';
  readonly from: PartyAddress;
  readonly to: PartyAddress;
  readonly origin: LegOrigin | undefined;
  readonly source: SourceAddress | undefined = { address: '192.0.2.9', port: 5060, transport: 'udp' };
  readonly sipCallId = 'sip-call';
  readonly ended: Promise<Termination>;
  readonly answered: Promise<boolean>;
  readonly request: DialRequest | undefined;
  state: LegState = 'new';
  termination: Termination | undefined;
  /** What we were asked to do with it, in order. */
  readonly done: string[] = [];
  readonly playing: Array<{ items: readonly MediaItem[]; loop: boolean; over: boolean }> = [];
  /** While set, `answer()` waits for the promise first. */
  answerGate: Promise<void> | undefined;
  #listeners = new Set<(event: LegEvent) => void>();
  #resolveEnded: (t: Termination) => void = () => {};
  #resolveAnswered: (a: boolean) => void = () => {};

  constructor(given: {
    id: string;
    direction: 'inbound' | 'outbound';
    from: string;
    to: string;
    origin?: LegOrigin;
    request?: DialRequest;
  }) {
    this.id = given.id;
    this.direction = given.direction;
    this.from = given.request?.from ?? { number: given.from };
    this.to = { number: given.to };
    this.origin = given.origin;
    this.request = given.request;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.answered = new Promise((resolve) => {
      this.#resolveAnswered = resolve;
    });
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  subscribe(listener: (event: LegEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  // ── the far end ──
  remoteRings(): void {
    this.state = 'ringing';
    this.#emit({ type: 'ringing' });
  }

  remoteSendsEarlyMedia(): void {
    this.state = 'early';
    this.#emit({ type: 'early-media' });
  }

  remoteAnswers(): void {
    if (this.state === 'ended') return;
    this.state = 'answered';
    this.#resolveAnswered(true);
    this.#emit({ type: 'answered' });
  }

  remoteHolds(): void {
    this.#emit({ type: 'remote-held' });
  }

  remoteResumes(): void {
    this.#emit({ type: 'remote-resumed' });
  }

  /** BYE of an answered party, CANCEL of a caller who still waits. */
  remoteHangsUp(): void {
    const by = this.direction === 'inbound' ? 'caller' : 'called';
    this.end(this.state === 'answered' ? { by, reason: 'normal' } : { by, reason: 'cancelled', sipStatus: 487 });
  }

  end(termination: Termination): void {
    if (this.state === 'ended') return;
    this.state = 'ended';
    this.termination = termination;
    this.#resolveEnded(termination);
    this.#resolveAnswered(false);
    this.#collected({ digits: '', reason: 'leg-ended' });
    this.#emit({ type: 'ended', termination });
    this.#listeners.clear();
  }

  // ── what the edge does ──
  ring(): void {
    this.done.push('ring');
    if (this.state === 'new') this.state = 'ringing';
  }

  async early(): Promise<void> {
    if (this.state === 'ended') throw new Error('leg has ended');
    this.done.push('early');
    this.state = 'early';
  }

  async answer(): Promise<void> {
    if (this.answerGate) await Promise.race([this.answerGate, this.ended]);
    if (this.state === 'ended') throw new Error('leg has ended');
    this.done.push('answer');
    this.state = 'answered';
    this.#resolveAnswered(true);
    this.#emit({ type: 'answered' });
  }

  hangUp(termination: Termination): void {
    if (this.state === 'ended') return;
    this.done.push(`hangUp ${termination.by} ${termination.reason}`);
    this.end(termination);
  }

  play(items: readonly MediaItem[], options: PlayOptions = {}): Playback {
    const entry = { items, loop: options.loop === true, over: false };
    this.playing.push(entry);
    let resolve: (end: PlaybackEnd) => void = () => {};
    const finished = new Promise<PlaybackEnd>((r) => {
      resolve = r;
    });
    const stop = (end: PlaybackEnd) => {
      entry.over = true;
      resolve(end);
    };
    if (!options.loop) stop('finished');
    void this.ended.then(() => stop('leg-ended'));
    return { finished, stop: () => stop('stopped') };
  }

  /** Names of tones and files this party hears now. */
  hears(): string[] {
    return this.playing
      .filter((p) => !p.over)
      .flatMap((p) => p.items.map((i) => (i.kind === 'tone' ? i.tone : i.kind === 'file' ? i.path : 'silence')));
  }

  #collecting: ((result: CollectResult) => void) | undefined;

  /** Waits for `press` or `letCollectTimeOut`; the fake has no clock of its own. */
  collect(options: CollectOptions): Promise<CollectResult> {
    this.done.push(options.inBand ? 'collect in-band' : 'collect');
    if (this.state === 'ended') return Promise.resolve({ digits: '', reason: 'leg-ended' });
    this.cancelCollect();
    return new Promise((resolve) => {
      this.#collecting = resolve;
    });
  }

  press(digits: string): void {
    this.#collected({ digits, reason: 'max-digits' });
  }

  letCollectTimeOut(): void {
    this.#collected({ digits: '', reason: 'timeout' });
  }

  get collecting(): boolean {
    return this.#collecting !== undefined;
  }

  #collected(result: CollectResult): void {
    const resolve = this.#collecting;
    this.#collecting = undefined;
    resolve?.(result);
  }

  cancelCollect(): void {
    this.#collected({ digits: '', reason: 'cancelled' });
  }
  clearDigits(): void {
    this.done.push('clear digits');
  }

  async sendDigits(digits: string): Promise<void> {
    this.done.push(`digits ${digits}`);
  }

  muted = false;
  replaces: CallLeg | undefined;

  mute(on: boolean): void {
    this.muted = on;
  }

  async stats(): Promise<LegStats> {
    return NO_STATS;
  }

  #emit(event: LegEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}

export class FakeBridge implements Bridge {
  readonly id: string;
  readonly legs: readonly [CallLeg, CallLeg];
  readonly ended: Promise<void>;
  up = true;
  #end: () => void = () => {};

  constructor(id: string, a: CallLeg, b: CallLeg) {
    this.id = id;
    this.legs = [a, b];
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    void Promise.race([a.ended, b.ended]).then(() => this.unbridge());
  }

  async unbridge(): Promise<void> {
    this.up = false;
    this.#end();
  }
}

export class FakeConference implements Conference {
  readonly id = 'conference';
  closed = false;
  hearing: ReadonlyMap<CallLeg, readonly CallLeg[]> = new Map();

  legs(): readonly CallLeg[] {
    return [...this.hearing.keys()];
  }
  async set(hearing: ReadonlyMap<CallLeg, readonly CallLeg[]>): Promise<void> {
    this.hearing = hearing;
  }
  async close(): Promise<void> {
    this.closed = true;
  }
  /** `a hears b, c` by leg ids, sorted. */
  picture(): string[] {
    return [...this.hearing]
      .map(
        ([leg, heard]) =>
          `${leg.id}<${heard
            .map((h) => h.id)
            .sort()
            .join(',')}`,
      )
      .sort();
  }
}

/** A switch without wires. `onDial` lets a test answer for the network. */
export class FakeSwitch implements Switch {
  readonly dialled: FakeLeg[] = [];
  readonly bridges: FakeBridge[] = [];
  readonly registered = new Set<string>();
  draining = false;
  onDial: (leg: FakeLeg) => void = () => {};
  bridgeError: Error | undefined;
  #waiters: Array<{ count: number; resolve: (leg: FakeLeg) => void }> = [];

  dial(request: DialRequest): CallLeg {
    const to = request.target.kind === 'extension' ? request.target.extension : request.target.uri;
    const leg = new FakeLeg({ id: `out-${this.dialled.length + 1}`, direction: 'outbound', from: request.from.number, to, request });
    this.dialled.push(leg);
    if (request.target.kind === 'extension' && !this.registered.has(request.target.extension)) {
      leg.end({ by: 'system', reason: 'not-registered' });
    } else {
      this.onDial(leg);
    }
    this.#waiters = this.#waiters.filter(({ count, resolve }) => {
      if (this.dialled.length < count) return true;
      resolve(this.dialled[count - 1] ?? leg);
      return false;
    });
    return leg;
  }

  /** Resolves with the n-th leg that is dialled, counted from 1. */
  dialledLeg(count: number): Promise<FakeLeg> {
    const there = this.dialled[count - 1];
    return there ? Promise.resolve(there) : new Promise((resolve) => this.#waiters.push({ count, resolve }));
  }

  async bridge(a: CallLeg, b: CallLeg): Promise<Bridge> {
    if (this.bridgeError) throw this.bridgeError;
    if (a.state === 'ended' || b.state === 'ended') throw new Error('a leg has ended');
    const bridge = new FakeBridge(`bridge-${this.bridges.length + 1}`, a, b);
    this.bridges.push(bridge);
    return bridge;
  }

  get standing(): FakeBridge[] {
    return this.bridges.filter((b) => b.up);
  }

  registrations(extension?: string): readonly Registration[] {
    const source: SourceAddress = { address: '192.0.2.1', port: 5060, transport: 'udp' };
    const wanted = [...this.registered].filter((e) => extension === undefined || e === extension);
    return wanted.map((e) => ({
      extension: e,
      contact: `sip:${e}@192.0.2.1`,
      source,
      userAgent: 'fake',
      expiresAt: 1e15,
      sipCallId: 'r',
      cseq: 1,
    }));
  }

  drain(): void {
    this.draining = true;
  }

  readonly messages: SipMessage[] = [];
  /** How phones take messages. */
  onMessage: (message: SipMessage) => Promise<{ delivered: true } | { delivered: false; termination: Termination }> = async (m) =>
    this.registered.has(m.to) ? { delivered: true } : { delivered: false, termination: { by: 'system', reason: 'not-registered' } };

  async sendMessage(message: SipMessage): ReturnType<Switch['sendMessage']> {
    this.messages.push(message);
    return this.onMessage(message);
  }

  setMessagesWaiting(): void {}

  readonly conferences: FakeConference[] = [];

  conference(): Conference {
    const conference = new FakeConference();
    this.conferences.push(conference);
    return conference;
  }

  async start(): Promise<void> {}
  async stop(): Promise<void> {}
  record(): Promise<RecordingTap> {
    throw new Error('the edge records through the recorder');
  }
  legs(): readonly CallLeg[] {
    return this.dialled.filter((leg) => leg.state !== 'ended');
  }
  async health(): Promise<SwitchHealth> {
    return { ok: true, problems: [], legs: 0, rtpPortsInUse: 0, rtpPortsTotal: 0 };
  }
  metrics(): SwitchMetrics {
    return {};
  }
}

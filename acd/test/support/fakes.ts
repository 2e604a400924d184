import type {
  Bridge,
  CallLeg,
  Conference,
  LegEvent,
  LegState,
  LegStats,
  MediaItem,
  Playback,
  PlaybackEnd,
  SeatRing,
  SeatRingEvent,
  Termination,
} from '@yixian/contracts';

// The edge of the ACD: legs, a switch that bridges, a registrar. What a test wants of them, nothing decides by itself.

const STATS: LegStats = {
  codec: 'PCMA',
  packetsReceived: 0,
  packetsSent: 0,
  packetsLost: 0,
  packetsDiscarded: 0,
  jitterMs: 0,
  ssrcChanges: 0,
};

export interface Played {
  items: readonly MediaItem[];
  loop: boolean;
  end: PlaybackEnd | undefined;
  finish(end: PlaybackEnd): void;
}

export class FakeLeg implements CallLeg {
  readonly from = { number: '13800138000' };
  readonly to = { number: '12320' };
  readonly origin = undefined;
  readonly source = undefined;
  readonly sipCallId: string;
  readonly ended: Promise<Termination>;
  readonly answered: Promise<boolean>;
  state: LegState;
  termination: Termination | undefined;
  readonly plays: Played[] = [];
  readonly digits: string[] = [];
  readonly #listeners = new Set<(event: LegEvent) => void>();
  #ended: (t: Termination) => void = () => {};
  #answered: (ok: boolean) => void = () => {};

  readonly id: string;
  readonly direction: 'inbound' | 'outbound';

  constructor(id: string, direction: 'inbound' | 'outbound') {
    this.id = id;
    this.direction = direction;
    this.sipCallId = `sip-${id}`;
    this.state = direction === 'inbound' ? 'answered' : 'ringing';
    this.ended = new Promise((resolve) => {
      this.#ended = resolve;
    });
    this.answered = new Promise((resolve) => {
      this.#answered = resolve;
    });
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  emit(event: LegEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }

  /** The party answers. */
  pickUp(): void {
    if (this.state === 'ended') return;
    this.state = 'answered';
    this.#answered(true);
    this.emit({ type: 'answered' });
  }

  /** The party, or the network, ends it. */
  die(termination: Termination): void {
    if (this.state === 'ended') return;
    this.state = 'ended';
    this.termination = termination;
    for (const played of this.plays) played.finish('leg-ended');
    this.emit({ type: 'ended', termination });
    this.#answered(false);
    this.#ended(termination);
  }

  subscribe(listener: (event: LegEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  hangUp(termination: Termination): void {
    this.die(termination);
  }

  play(items: readonly MediaItem[], options: { loop?: boolean } = {}): Playback {
    this.plays.at(-1)?.finish('replaced');
    let settle: (end: PlaybackEnd) => void = () => {};
    const finished = new Promise<PlaybackEnd>((resolve) => {
      settle = resolve;
    });
    const played: Played = {
      items,
      loop: options.loop === true,
      end: undefined,
      finish(end) {
        this.end ??= end;
        settle(this.end);
      },
    };
    this.plays.push(played);
    if (this.state === 'ended') played.finish('leg-ended');
    return { finished, stop: () => played.finish('stopped') };
  }

  /** What plays now, by prompt or tone name. */
  get heard(): string[] {
    const now = this.plays.at(-1);
    if (!now || now.end !== undefined) return [];
    return now.items.map((i) => (i.kind === 'file' ? i.path : i.kind === 'tone' ? i.tone : 'silence'));
  }

  async sendDigits(digits: string): Promise<void> {
    this.digits.push(digits);
  }

  ring(): void {}
  async early(): Promise<void> {}
  async answer(): Promise<void> {}
  async collect(): Promise<never> {
    throw new Error('not used by the ACD');
  }
  muted = false;
  mute(on: boolean): void {
    this.muted = on;
  }
  cancelCollect(): void {}
  clearDigits(): void {}
  stats = async (): Promise<LegStats> => STATS;
}

/** A seat that is accepted when its phone answers, and over when its leg is. */
export class FakeRing implements SeatRing {
  state: SeatRing['state'] = 'ringing';
  termination: Termination | undefined;
  readonly leg: FakeLeg;
  readonly #listeners = new Set<(event: SeatRingEvent) => void>();

  constructor(leg: FakeLeg) {
    this.leg = leg;
    leg.subscribe((event) => {
      if (event.type === 'answered') this.accept();
      if (event.type === 'ended') this.#over(event.termination);
    });
    if (leg.termination) this.#over(leg.termination);
  }

  /** Somebody has taken it. */
  accept(): void {
    if (this.state !== 'ringing') return;
    this.state = 'accepted';
    this.#emit({ type: 'accepted' });
  }

  subscribe(listener: (event: SeatRingEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  end(termination: Termination): void {
    this.leg.hangUp(termination);
  }

  #over(termination: Termination): void {
    if (this.state === 'ended') return;
    this.state = 'ended';
    this.termination = termination;
    this.#emit({ type: 'ended', termination });
  }

  #emit(event: SeatRingEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}

export class FakeBridge implements Bridge {
  readonly ended: Promise<void>;
  standing = true;
  #end: () => void = () => {};

  readonly id: string;
  readonly legs: readonly [CallLeg, CallLeg];

  constructor(id: string, legs: readonly [CallLeg, CallLeg]) {
    this.id = id;
    this.legs = legs;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    for (const leg of legs) void leg.ended.then(() => this.lose());
  }

  lose(): void {
    this.standing = false;
    this.#end();
  }

  async unbridge(): Promise<void> {
    this.lose();
  }
}

export interface FakeRecording {
  callId: string;
  stopped: boolean;
  left: CallLeg;
  right: CallLeg | undefined;
  /** What was set after the start: `right:seat-1002`. */
  channels: string[];
  agents: (string | undefined)[];
  paused: boolean;
}

/** Who hears whom, as it was set last. */
export class FakeConference implements Conference {
  readonly id: string;
  hearing = new Map<CallLeg, readonly CallLeg[]>();
  closed = false;
  /** What `set` comes to, for switches that fail. */
  failure: Error | undefined;

  constructor(id: string) {
    this.id = id;
  }

  legs(): readonly CallLeg[] {
    return [...this.hearing.keys()].filter((leg) => leg.state !== 'ended');
  }

  async set(hearing: ReadonlyMap<CallLeg, readonly CallLeg[]>): Promise<void> {
    if (this.failure) throw this.failure;
    this.hearing = new Map(hearing);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.hearing = new Map();
  }

  /** `caller-c1: seat-1001`, sorted. */
  get heard(): string[] {
    const short = (leg: CallLeg) => leg.id.replace(/-\d+$/, '');
    return [...this.hearing].map(([leg, heard]) => `${short(leg)} hears ${heard.map(short).sort().join(' ')}`).sort();
  }
}

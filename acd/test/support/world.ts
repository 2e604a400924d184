import {
  type ActiveRecording,
  type AgentConfig,
  type Bridge,
  type Call,
  type CallControl,
  type CallLeg,
  type Conference,
  DEFAULT_SETTINGS,
  type Directory,
  DomainError,
  type DomainEvent,
  type EventBus,
  type EventDraft,
  EXTENSION_DEFAULTS,
  type Extension,
  type HotlineSettings,
  type LegEvent,
  type LegState,
  type LegStats,
  type MediaItem,
  type OutboundCalls,
  type Playback,
  type PlaybackEnd,
  type QueueConfig,
  type Schedule,
  type Seat,
  type SeatRing,
  type SeatRingEvent,
  SimulatedClock,
  silentLogger,
  type Termination,
} from '@yixian/contracts';
import { type AcdService, type AcdStore, createAcd, createMemoryAcdStore } from '../../src/index.js';

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

interface FakeRecording {
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

function extensionConfig(number: string): Extension {
  return { ...EXTENSION_DEFAULTS, number, displayName: `Phone ${number}`, sipPassword: 'secret', outboundAllowed: true, enabled: true };
}

export interface RungSeat {
  agentId: string;
  callId: string;
  timeoutMs: number;
  leg: FakeLeg;
  autoAnswer: boolean;
}

export interface PlacedCall {
  request: Parameters<OutboundCalls['place']>[0];
  cancelled: Termination | undefined;
  /** The number answers: a call with a leg. */
  answer(): { call: Call; leg: FakeLeg };
  fail(termination: Termination): void;
}

export class World {
  readonly clock = new SimulatedClock(1_000_000);
  readonly events: DomainEvent[] = [];
  readonly rung: RungSeat[] = [];
  readonly bridges: FakeBridge[] = [];
  readonly conferences: FakeConference[] = [];
  readonly controls = new Map<string, CallControl[]>();
  readonly recordings: FakeRecording[] = [];
  /** The recorder records only what is demanded. */
  recordsOnDemand = false;
  /** Plain extensions. */
  readonly extensions = new Set<string>();
  /** Numbers and extensions that are busy. */
  readonly unreachable = new Set<string>();
  readonly flows = new Set<string>();
  readonly runs: { call: Call; flowId: string; finish(termination: Termination): void }[] = [];
  readonly registered = new Set<string>();
  /** Order in which the outside was touched: `ring`, `bridge`, `record`, `event:<type>`. */
  readonly log: string[] = [];
  readonly placed: PlacedCall[] = [];
  readonly lines: [string, Seat, boolean][] = [];
  settings: HotlineSettings = DEFAULT_SETTINGS;
  schedules: Schedule[] = [];
  refusal: string | undefined;
  readonly missingPrompts = new Set<string>();
  bridgeWith: (a: CallLeg, b: CallLeg) => Promise<Bridge>;
  agents: AgentConfig[];
  queues: QueueConfig[];
  readonly store: AcdStore;
  readonly service: AcdService;
  readonly #subscribers = new Set<(event: DomainEvent) => void>();
  readonly #onChange = new Set<() => void>();
  #ids = 0;

  constructor(agents: AgentConfig[], queues: QueueConfig[], store: AcdStore = createMemoryAcdStore()) {
    this.agents = agents;
    this.queues = queues;
    this.store = store;
    for (const { id } of agents) this.registered.add(id);
    this.bridgeWith = async (a, b) => this.newBridge(a, b);
    this.service = this.#create();
  }

  newBridge(a: CallLeg, b: CallLeg): FakeBridge {
    const bridge = new FakeBridge(`b${this.#ids++}`, [a, b]);
    this.bridges.push(bridge);
    return bridge;
  }

  changeDirectory(): void {
    for (const listener of this.#onChange) listener();
  }

  readonly bus: EventBus = {
    publish: (draft: EventDraft): DomainEvent => {
      const event = { ...draft, id: `e${this.events.length}`, seq: this.events.length, at: draft.at ?? this.clock.now() } as DomainEvent;
      this.events.push(event);
      this.log.push(`event:${event.type}`);
      for (const listener of [...this.#subscribers]) listener(event);
      return event;
    },
    subscribe: (listener) => {
      this.#subscribers.add(listener);
      return () => this.#subscribers.delete(listener);
    },
  };

  /** Timers beside the one that looks at the clock every minute. */
  get timers(): number {
    return this.clock.pendingTimers - 1;
  }

  get subscribers(): number {
    return this.#subscribers.size + this.#onChange.size;
  }

  #directory(): Directory {
    const queue = (id: string): QueueConfig | undefined => this.queues.find((q) => q.id === id);
    return {
      trunks: () => [],
      trunk: () => undefined,
      extension: (number) =>
        this.extensions.has(number) || this.agents.some((a) => a.id === number) ? extensionConfig(number) : undefined,
      extensions: () => [],
      accessCode: () => undefined,
      queue,
      queues: () => this.queues,
      agent: (id) => this.agents.find((a) => a.id === id),
      agents: () => this.agents,
      flow: (id) => (this.flows.has(id) ? { version: 1, document: {} } : undefined),
      flowIds: () => [],
      schedule: (id) => this.schedules.find((s) => s.id === id),
      calendarDay: () => undefined,
      callerList: () => undefined,
      callerListEntry: () => undefined,
      box: () => undefined,
      boxes: () => [],
      extensionGroup: () => undefined,
      extensionGroups: () => [],
      settings: () => this.settings,
      onChange: (listener) => {
        this.#onChange.add(listener);
        return () => this.#onChange.delete(listener);
      },
    };
  }

  #create(): AcdService {
    return createAcd({
      switch: {
        bridge: (a, b) => {
          this.log.push('bridge');
          return this.bridgeWith(a, b);
        },
        conference: () => {
          const conference = new FakeConference(`k${this.#ids++}`);
          this.conferences.push(conference);
          return conference;
        },
      },
      parties: {
        resolve: (dialled) => {
          if (this.extensions.has(dialled)) return { kind: 'extension', extension: dialled };
          if (/^0\d+$/.test(dialled)) return { kind: 'number', number: dialled };
          throw new DomainError('bad-request', `to: ${dialled} leads nowhere`, { field: 'to' });
        },
        ring: ({ target, callId, timeoutMs }) => {
          const name = target.kind === 'extension' ? target.extension : target.number;
          this.log.push(`ring:${name}`);
          const leg = new FakeLeg(`party-${name}-${this.#ids++}`, 'outbound');
          this.rung.push({ agentId: name, callId, timeoutMs, leg, autoAnswer: false });
          if (this.unreachable.has(name)) leg.die({ by: 'called', reason: 'busy' });
          return new FakeRing(leg);
        },
      },
      flows: {
        run: (call, flowId) =>
          new Promise((resolve) => {
            this.runs.push({ call, flowId, finish: (termination) => resolve({ termination }) });
            void call.leg.ended.then((termination) => resolve({ termination }));
          }),
      },
      seats: {
        ring: ({ agentId, callId, timeoutMs, autoAnswer = false }) => {
          this.log.push(`ring:${agentId}`);
          const leg = new FakeLeg(`seat-${agentId}-${this.#ids++}`, 'outbound');
          this.rung.push({ agentId, callId, timeoutMs, leg, autoAnswer });
          if (!this.registered.has(agentId)) leg.die({ by: 'system', reason: 'not-registered' });
          return new FakeRing(leg);
        },
        refusal: () => this.refusal,
        agentChanged: (...args) => this.lines.push(args),
        reachable: (agentId) => this.registered.has(agentId),
      },
      outbound: { place: (request) => this.#place(request) },
      timeZone: 'Asia/Shanghai',
      recorder: {
        start: async ({ callId, left, right, demanded, agentId }) => {
          this.log.push('record');
          if (this.recordsOnDemand && !demanded) return undefined;
          const recording: FakeRecording = { callId, stopped: false, left, right, channels: [], agents: [agentId], paused: false };
          this.recordings.push(recording);
          const named = (legs: CallLeg | readonly CallLeg[] | undefined) =>
            (legs === undefined ? [] : Array.isArray(legs) ? (legs as readonly CallLeg[]) : [legs as CallLeg]).map((l) => l.id).join('+');
          const active: ActiveRecording = {
            id: `r${this.recordings.length}`,
            setAgent: (id) => void recording.agents.push(id),
            setRight: (legs) => void recording.channels.push(`right:${named(legs)}`),
            setLeft: (legs) => void recording.channels.push(`left:${named(legs)}`),
            pause: () => void Object.assign(recording, { paused: true }),
            resume: () => void Object.assign(recording, { paused: false }),
            async stop() {
              recording.stopped = true;
            },
          };
          return active;
        },
        announcement: () => undefined,
        voicemail: async () => undefined,
      },
      prompts: {
        item: (id) => (this.missingPrompts.has(id) ? undefined : { kind: 'file', path: id }),
        sayNumber: (value) => [{ kind: 'file', path: `number-${value}` }],
        sayDigits: (digits) => [{ kind: 'file', path: `digits-${digits}` }],
      },
      calls: {
        control: (control) => {
          const stack = this.controls.get(control.callId) ?? [];
          this.controls.set(control.callId, [...stack, control]);
          return () => {
            const left = (this.controls.get(control.callId) ?? []).filter((one) => one !== control);
            if (left.length > 0) this.controls.set(control.callId, left);
            else this.controls.delete(control.callId);
          };
        },
      },
      directory: this.#directory(),
      events: this.bus,
      clock: this.clock,
      ids: { next: (prefix) => `${prefix}-${this.#ids++}` },
      store: this.store,
      logger: silentLogger,
    });
  }

  #place(request: PlacedCall['request']): ReturnType<OutboundCalls['place']> {
    const id = `out-${this.#ids++}`;
    let settle: (done: { callId: string | null; answered: boolean; termination: Termination }) => void = () => {};
    const done = new Promise<{ callId: string | null; answered: boolean; termination: Termination }>((resolve) => {
      settle = resolve;
    });
    const leg = new FakeLeg(`number-${id}`, 'outbound');
    const placed: PlacedCall = {
      request,
      cancelled: undefined,
      answer: () => {
        leg.pickUp();
        const { number } = request;
        const call: Call = { id, direction: 'outbound', caller: 'hotline', called: number, startedAt: this.clock.now(), leg };
        void request.body(call).then((termination) => {
          leg.hangUp(termination);
          settle({ callId: id, answered: true, termination });
        });
        return { call, leg };
      },
      fail: (termination) => settle({ callId: id, answered: false, termination }),
    };
    this.placed.push(placed);
    return {
      done,
      cancel(termination) {
        placed.cancelled = termination;
        settle({ callId: id, answered: false, termination });
      },
    };
  }

  call(id: string): { call: Call; leg: FakeLeg } {
    const leg = new FakeLeg(`caller-${id}`, 'inbound');
    const call: Call = { id, direction: 'inbound', caller: '13800138000', called: '12320', startedAt: this.clock.now(), leg };
    return { call, leg };
  }

  /** A caller who is put into the queue at once. */
  enqueue(id: string, queueId = 'consult', priority = 0) {
    const { call, leg } = this.call(id);
    const { result, leave } = this.service.queues.enqueue({ call, queueId, priority });
    return { call, leg, result, leave };
  }

  async ready(...ids: string[]): Promise<void> {
    for (const id of ids) await this.service.acd.setState(id, 'ready', null, id);
  }

  /** The seat that was rung last. */
  get seat(): RungSeat {
    const seat = this.rung.at(-1);
    if (!seat) throw new Error('no seat was rung');
    return seat;
  }

  control(callId: string): CallControl {
    const control = this.controls.get(callId)?.at(-1);
    if (!control) throw new Error(`nobody controls ${callId}`);
    return control;
  }

  stateOf(id: string): string | undefined {
    return this.service.acd.agent(id)?.state;
  }

  /** Types of the events so far, without media figures, which follow in their own time; forgets them. */
  took(): string[] {
    return this.events
      .splice(0)
      .map((e) => e.type as string)
      .filter((t) => t !== 'leg.ended');
  }
}

/** Lets every promise that is settled be heard. */
export async function settled(): Promise<void> {
  for (let n = 0; n < 20; n++) await Promise.resolve();
}

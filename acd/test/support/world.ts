import {
  type ActiveRecording,
  type AgentConfig,
  type Bridge,
  type Call,
  type CallControl,
  type CallLeg,
  type Cluster,
  DEFAULT_SETTINGS,
  type Directory,
  DomainError,
  type DomainEvent,
  type EventBus,
  type EventDraft,
  EXTENSION_DEFAULTS,
  type Extension,
  type HotlineSettings,
  type OutboundCalls,
  type QueueConfig,
  type Schedule,
  type Seat,
  SimulatedClock,
  silentLogger,
  soloCluster,
  type Termination,
} from '@yixian/contracts';
import { type AcdService, type AcdStore, createAcd, createMemoryAcdStore } from '../../src/index.js';

import { FakeBridge, FakeConference, FakeLeg, type FakeRecording, FakeRing } from './fakes.js';

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

/** What several processes of one hotline share. */
export interface Shared {
  clock: SimulatedClock;
  cluster: Cluster;
  registered: Set<string>;
}

export class World {
  readonly clock: SimulatedClock;
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
  readonly registered: Set<string>;
  readonly cluster: Cluster;
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

  constructor(agents: AgentConfig[], queues: QueueConfig[], store: AcdStore = createMemoryAcdStore(), shared?: Shared) {
    this.agents = agents;
    this.queues = queues;
    this.store = store;
    this.clock = shared?.clock ?? new SimulatedClock(1_000_000);
    this.cluster = shared?.cluster ?? soloCluster();
    this.registered = shared?.registered ?? new Set();
    if (!shared) for (const { id } of agents) this.registered.add(id);
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
      ids: { next: (prefix) => `${prefix}-${this.cluster.self.node}-${this.#ids++}` },
      store: this.store,
      cluster: this.cluster,
      logger: silentLogger,
    });
  }

  #place(request: PlacedCall['request']): ReturnType<OutboundCalls['place']> {
    const id = `out-${this.cluster.self.node}-${this.#ids++}`;
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

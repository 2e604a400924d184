import {
  type ActiveRecording,
  type AgentSnapshot,
  type AgentStateName,
  applyCallEvent,
  type Call,
  type CallControl,
  type CallLeg,
  type CallRecord,
  type Conversations,
  DomainError,
  type DomainEvent,
  type EventBus,
  type EventDraft,
  type EventType,
  type FlowResult,
  type LegOrigin,
  type Seat,
  SimulatedClock,
  silentLogger,
  type Termination,
} from '@yixian/contracts';
import { createSbc, type Sbc, type SbcOptions } from '../../src/index.js';
import { type FakeDirectory, fakeDirectory } from './fake-directory.js';
import { FakeLeg, FakeSwitch } from './fake-switch.js';

/** The edge on a table: real code, everything around it played by the test, time moved by hand. */
export interface TestBench {
  sbc: Sbc;
  clock: SimulatedClock;
  wire: FakeSwitch;
  directory: FakeDirectory;
  events: DomainEvent[];
  records: Map<string, CallRecord>;
  /** Resolves with the next event of the type (or one that was published already and not taken yet). */
  event<T extends EventType>(type: T): Promise<DomainEvent & { type: T }>;
  types(): string[];
  call(to: string, from: { trunk?: string; extension?: string; number?: string; replaces?: FakeLeg }): FakeLeg;
  agents: Map<string, { state: AgentStateName; occupied: string[]; seat: Seat }>;
  controls: Map<string, CallControl>;
  conversations: Array<Parameters<Conversations['begin']>[0] & { finish(termination: Termination): void }>;
  /** They go on after a leg has ended. */
  conversationsLast: boolean;
  recordings: Array<{ callId: string; agentId?: string; left: CallLeg; right?: CallLeg; stopped: boolean }>;
  /** What was logged for the operator. */
  infos: Array<[string, object]>;
  setStates: string[];
  /** What `acd.setState` does; default: it works. */
  onSetState: () => Promise<void>;
  /** Called by `acd.occupy` first. */
  onOccupy: () => void;
  ledger: { fail: boolean; gate: Promise<void> | undefined };
  flow: (call: Call) => Promise<FlowResult>;
}

export function testBench(given: { options?: Partial<SbcOptions>; flow?: (call: Call) => Promise<FlowResult> } = {}): TestBench {
  const clock = new SimulatedClock(1_000_000);
  const wire = new FakeSwitch();
  for (const e of ['1001', '1002', '1003', '2001']) wire.registered.add(e);
  const directory = fakeDirectory();
  const { bus, events, next, records } = testBus(clock);
  const agents = new Map(
    ['1001', '1002', '1003'].map((id) => [
      id,
      { state: 'ready' as AgentStateName, occupied: [] as string[], seat: { kind: 'sip' } as Seat },
    ]),
  );
  let ids = 0;
  const bench: TestBench = {
    sbc: undefined as unknown as Sbc,
    clock,
    wire,
    directory,
    events,
    records,
    event: next,
    types: () => events.map((e) => e.type),
    agents,
    controls: new Map(),
    recordings: [],
    conversations: [],
    conversationsLast: false,
    infos: [],
    setStates: [],
    onSetState: async () => {},
    onOccupy: () => {},
    ledger: { fail: false, gate: undefined },
    flow: given.flow ?? (async (call) => ({ termination: await call.leg.ended })),
    call(to, from) {
      const origin: LegOrigin = from.extension
        ? { kind: 'extension', extension: from.extension }
        : { kind: 'trunk', trunkId: from.trunk ?? 'demo' };
      const leg = new FakeLeg({
        id: `in-${++ids}`,
        direction: 'inbound',
        from: from.extension ?? from.number ?? '13900001111',
        to,
        origin,
      });
      leg.replaces = from.replaces;
      bench.sbc.inbound(leg);
      return leg;
    },
  };
  bench.sbc = createSbc({
    switch: wire,
    directory,
    flows: { run: (call) => bench.flow(call) },
    ledger: {
      async open() {
        await bench.ledger.gate;
        if (bench.ledger.fail) throw new Error('database is away');
      },
    },
    calls: {
      record: (id) => records.get(id),
      records: () => [...records.values()],
      control(control) {
        const before = bench.controls.get(control.callId);
        bench.controls.set(control.callId, control);
        // The last registered is in control; when it goes, the one before it.
        return () => {
          if (bench.controls.get(control.callId) !== control) return;
          if (before) bench.controls.set(control.callId, before);
          else bench.controls.delete(control.callId);
        };
      },
      controlOf: (id) => bench.controls.get(id),
    },
    acd: fakeAcd(bench),
    conversations: fakeConversations(bench, bus),
    recorder: fakeRecorder(bench),
    events: bus,
    clock,
    ids: { next: (prefix) => `${prefix}-${++ids}` },
    logger: { ...silentLogger, info: (facts, message) => void bench.infos.push([message, facts]) },
    prompts: { item: (id) => ({ kind: 'file', path: `${id}.wav` }), sayNumber: () => [], sayDigits: () => [] },
    ...(given.options ? { options: given.options } : {}),
  });
  return bench;
}

function fakeAcd(bench: TestBench) {
  const snapshot = (id: string): AgentSnapshot | undefined => {
    const entry = bench.agents.get(id);
    if (!entry) return undefined;
    const state = entry.occupied.length > 0 ? 'on-call' : entry.state;
    return {
      agentId: id,
      name: id,
      state,
      since: 0,
      reason: null,
      seat: entry.seat,
      reachable: true,
      callId: entry.occupied[0] ?? null,
      skills: [],
      skillLevels: {},
      groups: [],
      next: null,
      wrapUpUntil: null,
    };
  };
  return {
    agent: snapshot,
    occupy(id: string, callId: string) {
      bench.onOccupy();
      bench.agents.get(id)?.occupied.push(callId);
    },
    release(id: string, callId: string) {
      const entry = bench.agents.get(id);
      if (entry) entry.occupied = entry.occupied.filter((c) => c !== callId);
    },
    async setSeat(id: string, seat: Seat) {
      const entry = bench.agents.get(id);
      const refused = bench.sbc.seats.refusal(id, seat);
      if (!entry || refused) throw new DomainError('bad-request', refused ?? `no agent ${id}`);
      entry.seat = seat;
      return snapshot(id) as AgentSnapshot;
    },
    async setState(id: string, state: string) {
      await bench.onSetState();
      bench.setStates.push(`${id} ${state}`);
      return snapshot(id) as AgentSnapshot;
    },
  };
}

/** Two people who talk until one of them hangs up, or until the test says so. */
function fakeConversations(bench: TestBench, bus: EventBus): Pick<Conversations, 'begin' | 'retrieve' | 'bring'> {
  return {
    begin(request) {
      const { call, caller, other, bridge } = request;
      const agentId = [other, caller].find((p) => p.extension !== undefined && bench.agents.has(p.extension))?.extension;
      bus.publish({ type: 'call.connected', callId: call.id, ...(agentId ? { agentId } : {}), data: { to: other.party } });
      return new Promise((resolve) => {
        const finish = (termination: Termination): void => {
          (other.ring ?? { end: (t: Termination) => other.leg.hangUp(t) }).end(termination);
          void bridge?.unbridge();
          const by = termination.by === 'caller' || termination.by === 'called' ? termination.by : 'system';
          bus.publish({ type: 'call.disconnected', callId: call.id, data: { by, termination } });
          resolve({ termination, callerStillUp: caller.leg.state !== 'ended', last: agentId ?? null });
        };
        bench.conversations.push({ ...request, finish });
        for (const [party, by] of [
          [caller, 'caller'],
          [other, 'called'],
        ] as const) {
          void party.leg.ended.then((termination) => {
            const far = party.leg.direction === 'inbound' ? 'caller' : 'called';
            if (!bench.conversationsLast) finish(termination.by === far ? { ...termination, by } : termination);
          });
        }
      });
    },
    retrieve: () => undefined,
    bring: () => undefined,
  };
}

function fakeRecorder(bench: TestBench) {
  return {
    async start(request: { callId: string; agentId?: string; left: CallLeg; right?: CallLeg }): Promise<ActiveRecording> {
      const entry = { ...request, stopped: false };
      bench.recordings.push(entry);
      return {
        id: `rec-${bench.recordings.length}`,
        setAgent() {},
        setRight() {},
        setLeft() {},
        pause() {},
        resume() {},
        async stop() {
          entry.stopped = true;
        },
      };
    },
    announcement: () => undefined,
    async voicemail() {
      return undefined;
    },
  };
}

function testBus(clock: SimulatedClock) {
  const events: DomainEvent[] = [];
  const records = new Map<string, CallRecord>();
  const taken = new Set<DomainEvent>();
  let waiters: Array<{ type: EventType; resolve: (e: DomainEvent) => void }> = [];
  const bus: EventBus = {
    publish(draft: EventDraft): DomainEvent {
      const event = { at: clock.now(), ...draft, id: `e${events.length}`, seq: events.length + 1 } as DomainEvent;
      events.push(event);
      if (event.callId) {
        const record = applyCallEvent(records.get(event.callId), event);
        if (record) records.set(event.callId, record);
      }
      const waiter = waiters.find((w) => w.type === event.type);
      if (waiter) {
        waiters = waiters.filter((w) => w !== waiter);
        taken.add(event);
        waiter.resolve(event);
      }
      return event;
    },
    subscribe: () => () => {},
  };
  function next<T extends EventType>(type: T): Promise<DomainEvent & { type: T }> {
    const there = events.find((e) => e.type === type && !taken.has(e));
    if (there) taken.add(there);
    const promise = there ? Promise.resolve(there) : new Promise<DomainEvent>((resolve) => waiters.push({ type, resolve }));
    return promise as Promise<DomainEvent & { type: T }>;
  }
  return { bus, events, next, records };
}

/** Lets everything run that is ready to run without time passing. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}

export function said(termination: Termination | null | undefined): string {
  return termination ? `${termination.by} ${termination.reason}` : 'nothing';
}

// How soon a caller who waits rings the phone of an agent who becomes ready: from the call to `setState` to the INVITE at the
// phone's UDP socket, with many agents signed in. Queue and switch are the real ones, in one process; the phones and the
// callers' legs are played. Bounded: so many samples, one after the other, after a tenth as many that are not counted. Like
// `yixian serve` it asks for a higher priority; beside other work, what the system made it wait for the processor is told too.
//   node tests/dist/bench/ready-to-invite.js [--agents 1000] [--samples 500] [--json]
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { constants, cpus, loadavg, setPriority } from 'node:os';
import { parseArgs } from 'node:util';
import { createAcd, createMemoryAcdStore } from '@yixian/acd';
import {
  type AgentConfig,
  type Call,
  type CallLeg,
  DEFAULT_SETTINGS,
  type DialRequest,
  type Directory,
  type DomainEvent,
  type EventBus,
  QUEUE_DEFAULTS,
  type QueueConfig,
  type SeatDialer,
  type SeatRing,
  type SeatRingEvent,
  silentLogger,
  soloCluster,
  systemClock,
  type Termination,
} from '@yixian/contracts';
import { createSoftswitch } from '@yixian/softswitch';

const { values } = parseArgs({
  options: { agents: { type: 'string', default: '1000' }, samples: { type: 'string', default: '500' }, json: { type: 'boolean' } },
});
const [agents, samples] = [Number(values.agents), Number(values.samples)];
if (!(agents >= 1 && agents <= 10_000)) throw new Error('--agents: 1 to 10,000');
if (!(samples >= 1 && samples <= 100_000)) throw new Error('--samples: 1 to 100,000');

let raised = true;
try {
  setPriority(constants.priority.PRIORITY_HIGH);
} catch {
  raised = false;
}

/** How long this thread has been ready to run and others ran, milliseconds; NaN where the system does not say. */
function waitedMs(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[1]) / 1e6;
  } catch {
    return Number.NaN;
  }
}

const clock = systemClock();
let ids = 0;
const next = (prefix: string): string => `${prefix}-${ids++}`;

/** Everybody's phone: one socket that only notes when an INVITE comes. */
const phones = createSocket('udp4');
const invited = new Map<string, (at: number) => void>();
phones.on('message', (data) => {
  const at = performance.now();
  const text = data.toString('latin1');
  if (!text.startsWith('INVITE ')) return;
  invited.get(/^INVITE sip:(\w+)@/.exec(text)?.[1] ?? '')?.(at);
});
await new Promise<void>((resolve) => phones.bind(0, '127.0.0.1', resolve));
const phonePort = phones.address().port;

const softswitch = createSoftswitch({
  hosts: ['127.0.0.1'],
  sipPort: 0,
  rtpPorts: { min: 30_000, max: 30_999 },
  policy: { admit: () => ({ action: 'drop', reason: 'bench' }), sipPassword: () => undefined, authenticationResult() {} },
  clock,
  ids: { next },
  logger: silentLogger,
} as unknown as Parameters<typeof createSoftswitch>[0]);
await softswitch.start({ inbound() {}, registrationChanged() {}, message: async () => ({ status: 403, text: 'bench' }) });

/** A seat as the edge rings one, without its rules. */
function seatRing(leg: CallLeg): SeatRing {
  const listeners = new Set<(event: SeatRingEvent) => void>();
  const ring = { leg, state: 'ringing' as SeatRing['state'], termination: undefined as Termination | undefined };
  leg.subscribe((event) => {
    if (event.type !== 'ended' || ring.state === 'ended') return;
    ring.state = 'ended';
    ring.termination = event.termination;
    for (const listener of [...listeners]) listener({ type: 'ended', termination: event.termination });
  });
  return Object.assign(ring, {
    subscribe(listener: (event: SeatRingEvent) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    end: (termination: Termination) => leg.hangUp(termination),
  }) as SeatRing;
}

const subscribers = new Set<(event: DomainEvent) => void>();
let seq = 0;
const events: EventBus = {
  publish(draft) {
    const event = { at: clock.now(), ...draft, id: next('e'), seq: seq++ } as DomainEvent;
    for (const listener of subscribers) listener(event);
    return event;
  },
  subscribe(listener) {
    subscribers.add(listener);
    return () => subscribers.delete(listener);
  },
};

const agentIds = Array.from({ length: agents }, (_, n) => String(10_000 + n));
const staff = agentIds.map(
  (id, n): AgentConfig => ({
    id,
    userId: id,
    name: id,
    skills: [`skill-${n % 20}`],
    skillLevels: {},
    groups: [],
    recording: null,
    enabled: true,
  }),
);
const queues = Array.from(
  { length: 20 },
  (_, n): QueueConfig => ({
    ...QUEUE_DEFAULTS,
    ...{ id: `queue-${n}`, name: `queue ${n}`, requiredSkills: [`skill-${n}`], priority: 0, ringTimeoutMs: 20_000, wrapUpMs: 0 },
    ...{ maxWaitMs: 3_600_000, maxLength: 1_000, music: 'music', announceEveryMs: 0, serviceLevelSeconds: 20, record: false },
  }),
);
const nothing = (): undefined => undefined;
const directory = {
  queue: (id: string) => queues.find((q) => q.id === id),
  queues: () => queues,
  agent: (id: string) => staff.find((a) => a.id === id),
  agents: () => staff,
  settings: () => DEFAULT_SETTINGS,
  schedule: nothing,
  calendarDay: nothing,
  onChange: () => nothing,
} as unknown as Directory;

function callerLeg(): CallLeg {
  const leg = { id: next('leg'), state: 'answered', ended: new Promise(() => {}), subscribe: () => nothing };
  return { ...leg, play: () => ({ finished: new Promise(() => {}), stop() {} }) } as unknown as CallLeg;
}

const acd = createAcd({
  switch: softswitch,
  seats: {
    ring({ agentId, caller, callId, timeoutMs }: Parameters<SeatDialer['ring']>[0]) {
      const target: DialRequest['target'] = { kind: 'uri', uri: `sip:${agentId}@127.0.0.1:${phonePort}` };
      return seatRing(softswitch.dial({ target, from: caller, timeoutMs, callId }));
    },
    reachable: () => true,
    refusal: nothing,
    agentChanged() {},
  },
  prompts: { item: nothing, sayNumber: () => [], sayDigits: () => [] },
  calls: { control: () => nothing },
  outbound: {
    place: () => {
      throw new Error('no callbacks here');
    },
  },
  timeZone: 'Asia/Shanghai',
  directory,
  events,
  clock,
  ids: { next },
  store: createMemoryAcdStore(),
  cluster: soloCluster(),
  logger: silentLogger,
} as unknown as Parameters<typeof createAcd>[0]);
await acd.start();
for (const id of agentIds) await acd.acd.setState(id, 'not-ready', null, id);

const WARM_UP = Math.ceil(samples / 10);
const times: number[] = [];
/** The same without the waiting for the processor. */
const running: number[] = [];
for (let n = 0; n < WARM_UP + samples; n++) {
  const agent = n % agents;
  const id = agentIds[agent] as string;
  const call: Call = {
    id: next('call'),
    direction: 'inbound',
    caller: '13800138000',
    called: '12320',
    startedAt: clock.now(),
    leg: callerLeg(),
  };
  const { leave } = acd.queues.enqueue({ call, queueId: `queue-${agent % 20}` });
  const arrived = new Promise<number>((resolve) => invited.set(id, resolve));
  // The process does something else between two samples, as it would: timers and sockets have their turn.
  await new Promise((resolve) => setImmediate(resolve));
  const waited = waitedMs();
  const from = performance.now();
  void acd.acd.setState(id, 'ready', null, id);
  const took = (await arrived) - from;
  if (n >= WARM_UP) {
    times.push(took);
    running.push(Math.max(0, took - (waitedMs() - waited)));
  }
  invited.delete(id);
  leave();
  await acd.acd.setState(id, 'not-ready', null, id);
}
times.sort((a, b) => a - b);
running.sort((a, b) => a - b);
const at = (share: number, of = times): number => Number((of[Math.min(of.length - 1, Math.floor(share * of.length))] ?? 0).toFixed(3));
const known = !Number.isNaN(running[0] ?? Number.NaN);
const figures = {
  benchmark: 'ready-to-invite',
  node: process.version,
  cpu: cpus()[0]?.model ?? 'unknown',
  load: Number((loadavg()[0] ?? 0).toFixed(1)),
  raisedPriority: raised,
  agents,
  samples,
  p50Ms: at(0.5),
  p95Ms: at(0.95),
  p99Ms: at(0.99),
  maxMs: at(1),
  p99RunningMs: known ? at(0.99, running) : null,
};
const without = known ? `; p99 without waiting for the processor ${figures.p99RunningMs} ms` : '';
console.log(
  values.json
    ? JSON.stringify(figures, null, 2)
    : `${agents} agents signed in, ${samples} samples, load ${figures.load}: ready → INVITE at the phone p50 ${figures.p50Ms} ms, p95 ${figures.p95Ms} ms, p99 ${figures.p99Ms} ms, longest ${figures.maxMs} ms${without}`,
);
await acd.stop();
await softswitch.stop();
phones.close();
process.exit(0);

import type { AgentId, CallId, Cluster, EventDraft, NodeId, QueueId, Seat, Termination } from '@yixian/contracts';
import type { Act, Effect, Input, Kept, StoreChange } from '../core/inputs.js';
import { liveCall, liveCalls } from '../core/live.js';
import { step } from '../core/step.js';
import { cutOffAgents, emptyState } from '../core/tables.js';
import type { AcdState, HeldLine, LiveCall } from '../core/types.js';
import { type Commands, createCommands } from './commands.js';
import type { AcdDeps } from './deps.js';
import { createDoors } from './doors.js';
import type { Figures } from './figures.js';
import { difference, type Remembered } from './memory.js';
import { Outbox } from './outbox.js';
import { createTelling } from './telling.js';
import { createTimers } from './timers.js';
import {
  ANNOUNCE,
  type AnnounceMessage,
  type Announcement,
  INPUT,
  type InputMessage,
  LOOK,
  RECALL,
  RESUME,
  RING_AGAIN,
  type Told,
  TURN,
  type ViewMessage,
} from './wire.js';

export interface BrainDeps extends AcdDeps {
  figures: Figures;
  /** Does what is to be done at this process. */
  run(effect: Act): void;
  /** Rings an offer's seat of this process again. */
  ringAgain(offerId: string): boolean;
  /** Ends an offer's seat of this process. */
  endSeat(offerId: string, termination: Termination): void;
  /** How the doors stood when this process last heard of them. */
  stood(): { queueId: QueueId; open: boolean; because: string }[];
  /** Another may decide by now. */
  lost(): void;
}

/** Whoever decides: the one state of all queues, its clock, its doors and what is kept of it. There is one in a hotline. */
export interface Brain {
  /** Takes up what the store kept and what every process knows of its calls. Rejects when the store cannot be read. */
  start(): Promise<void>;
  /** False before the start is over, and as soon as another might decide. */
  decides(): boolean;
  /** Whether everything has been taken up: the state is what is to be seen. */
  ready(): boolean;
  state(): AcdState;
  /** Agents, queues and callbacks as they stand, to be shown until another decides. */
  picture(): ViewMessage;
  /** A fact of this process. */
  take(input: Input): void;
  readonly commands: Commands;
  /** Lets go of everything. @returns what is left to tell the next one of this process's calls */
  abdicate(): Announcement;
  /** The process goes down: its calls go on, others' are left to whoever decides next. */
  stop(): void;
  readonly timers: number;
}

/** How long a process is waited for that has not said anything of its calls; later its calls are taken up as they come. */
const ANNOUNCE_DEADLINE_MS = 800;
const RING_AGAIN_DEADLINE_MS = 2_000;
const RECALL_DEADLINE_MS = 2_000;

/** What another leader would have to be told; everything else this one makes itself. */
const FACTS: ReadonlySet<Input['type']> = new Set<Input['type']>([
  'call-arrived',
  'caller-left',
  'seat-answered',
  'seat-ended',
  'bridged',
  'bridge-failed',
  'talk-ended',
  'callback-answered',
]);

interface Remote extends Told {
  from: NodeId;
}

export function createBrain(deps: BrainDeps, term: number, own: Announcement): Brain {
  const { clock, cluster, directory, events, figures, logger, seats, store } = deps;
  const self = cluster.self.node;
  let state: AcdState = emptyState(clock.now());
  let phase: 'taking-up' | 'deciding' | 'over' = 'taking-up';
  let deciding = false;
  const inbox: (Input | Remote)[] = [];
  /** Kept all at once when everything has been taken up: half of it must not be what the next one finds. */
  const unsaved: StoreChange[] = [];
  /** What came while everything was being taken up. */
  const early: (Input | Remote)[] = [];
  /** Calls of other processes. */
  const homes = new Map<CallId, NodeId>();
  /** Processes that have announced their calls, and the last fact of each that was decided. */
  const heard = new Map<NodeId, number>();
  const linesOf = new Map<NodeId, HeldLine[]>();
  const outbox = new Outbox(term, (callId) => liveCall(state, callId));
  const timers = createTimers(clock);
  // Not among the timers of agents and calls: it runs for ever, and those are none when nothing goes on.
  const calendar = createTimers(clock);
  const doors = createDoors({ ...deps, timers: calendar, state: () => state, dispatch });
  const telling = createTelling({ cluster, clock, term, state: () => state, timers: calendar, homes });
  const announced = new Map<NodeId, Announcement>();
  let allAnnounced: () => void = () => {};

  const leads = (): boolean => isMine(cluster, term);

  /** One input after the other, each to its end: what an effect or a listener asks for is decided after it, never inside. */
  function dispatch(input: Input | Remote): void {
    inbox.push(input);
    if (deciding || phase === 'over') return;
    if (!leads()) {
      deps.lost();
      return;
    }
    deciding = true;
    try {
      for (let next = inbox.shift(); next; next = inbox.shift()) decide(next);
    } finally {
      deciding = false;
      if (outbox.size > 0) sendTurns();
      telling.agents();
    }
  }

  function decide(given: Input | Remote): void {
    const from = 'from' in given ? given.from : undefined;
    const input = 'from' in given ? given.input : given;
    if ('from' in given) arrived(given);
    const result = step(state, input, clock.now());
    state = result.state;
    for (const effect of result.effects) perform(effect);
    for (const event of result.events) publish(event);
    figures.count(result);
    telling.note(result);
    if (from !== undefined) outbox.touch(from, callOf(input));
    if (result.ignored !== undefined) logger.debug({ input, reason: result.ignored }, 'acd: input ignored');
  }

  /** A fact of another process: where its call lives, and that it need not be told again. */
  function arrived({ from, n, input }: Remote): void {
    outbox.of(from);
    heard.set(from, Math.max(n, heard.get(from) ?? 0));
    if (input.type === 'call-arrived' || input.type === 'callback-answered') homes.set(input.callId, from);
    if (input.type === 'line-occupied') {
      const { agentId, callId } = input;
      linesOf.set(from, [...(linesOf.get(from) ?? []), { agentId, callId }]);
    }
    if (input.type === 'line-released') {
      const { agentId, callId } = input;
      linesOf.set(
        from,
        (linesOf.get(from) ?? []).filter((line) => line.agentId !== agentId || line.callId !== callId),
      );
    }
  }

  function perform(effect: Effect): void {
    switch (effect.type) {
      case 'set-timer':
        timers.set(`${effect.timer}:${effect.id}`, effect.delayMs, () => dispatch(effect.input));
        return;
      case 'cancel-timer':
        timers.cancel(`${effect.timer}:${effect.id}`);
        return;
      case 'save':
        if (phase === 'taking-up') unsaved.push(...effect.changes);
        else store.write(effect.changes);
        return;
      default: {
        const callId = homes.size === 0 ? undefined : callOfEffect(effect);
        const home = callId === undefined ? undefined : homes.get(callId);
        if (home === undefined) deps.run(effect);
        else outbox.act(home, { effect }, callId);
      }
    }
  }

  function publish(event: EventDraft): void {
    const { callId } = event;
    const home = homes.size > 0 && callId !== undefined && !event.type.startsWith('callback.') ? homes.get(callId) : undefined;
    if (home !== undefined && callId !== undefined) {
      outbox.act(home, { event }, callId);
      return;
    }
    events.publish(event);
    if (event.type === 'agent.seat-changed' || event.type === 'agent.state-changed') lineFollows(event);
  }

  function sendTurns(): void {
    for (const [node, message] of outbox.take((node) => heard.get(node) ?? 0)) {
      for (const callId of message.gone) if (homes.get(callId) === node) homes.delete(callId);
      cluster.post(node, TURN, message);
    }
  }

  // ── agents, seats, doors ──

  /** Nailed-up lines come and go with the agent. */
  function lineFollows(event: EventDraft): void {
    const agent = state.tables.agents.get(event.agentId ?? '');
    if (event.type === 'agent.state-changed' && event.data.from !== 'offline' && event.data.to !== 'offline') return;
    if (agent) seats.agentChanged(agent.id, agent.seat, agent.state !== 'offline');
  }

  function configure(): void {
    dispatch({ type: 'configured', agents: directory.agents(), queues: directory.queues() });
    for (const agent of [...state.tables.agents.values()]) checkReachable(agent.id, agent.seat);
    if (phase === 'deciding') doors.watch();
    telling.all();
  }

  function checkReachable(agentId: AgentId, seat: Seat): void {
    const reachable = seats.reachable(agentId, seat);
    if (state.tables.agents.get(agentId)?.reachable !== reachable) dispatch({ type: 'reachability-changed', agentId, reachable });
  }

  /** Before a caller waits for an agent who seems cut off, ask the registrar itself. */
  function lookAt(queueId: QueueId): void {
    for (const agentId of cutOffAgents(state, queueId)) {
      const agent = state.tables.agents.get(agentId);
      if (agent) checkReachable(agentId, agent.seat);
    }
    doors.look(queueId);
  }

  /** Something is known of an agent's seat: `registered` or not, or its nailed-up line came or went. */
  function look({ agentId, registration }: { agentId: AgentId; registration: boolean }): void {
    const agent = state.tables.agents.get(agentId);
    if (!agent) return;
    // Which contacts count is the seat's affair: phones, browsers, or none for a telephone number.
    if (registration) dispatch({ type: 'reachability-changed', agentId, reachable: seats.reachable(agentId, agent.seat) });
    else checkReachable(agentId, agent.seat);
  }

  // ── other processes ──

  function onInput(from: NodeId, { term: of, n, at, input }: InputMessage): void {
    if (of !== term || !heard.has(from) || n <= (heard.get(from) ?? 0)) return;
    receive({ from, n, at, input });
  }

  function receive(given: Input | Remote): void {
    if (phase === 'over') return;
    if (phase === 'taking-up') {
      early.push(given);
      return;
    }
    const input = 'from' in given ? given.input : given;
    if (input.type === 'call-arrived') lookAt(input.queueId);
    dispatch(given);
  }

  function onAnnounce(from: NodeId, { term: of, ...announcement }: AnnounceMessage): void {
    if (of !== term || phase === 'over') return;
    if (phase === 'taking-up') {
      announced.set(from, announcement);
      heard.set(from, heard.get(from) ?? 0);
      if (awaited().length === 0) allAnnounced();
      return;
    }
    const known = heard.get(from) ?? 0;
    heard.set(from, known);
    const live = announcement.calls.filter(({ callId }) => !state.tables.calls.has(callId));
    settleIn(from, announcement);
    dispatch({ type: 'announced', live, lines: announcement.lines });
    for (const { callId } of announcement.calls) outbox.touch(from, callId);
    for (const told of announcement.pending) if (told.n > known) receive({ from, ...told });
    sendTurns();
    telling.everything(from);
  }

  function settleIn(from: NodeId, { calls, lines }: Announcement): void {
    if (from === self) return;
    for (const { callId } of calls) homes.set(callId, from);
    linesOf.set(from, [...lines]);
  }

  function awaited(): NodeId[] {
    return cluster.nodes().flatMap(({ node }) => (node === self || announced.has(node) ? [] : [node]));
  }

  /** What lived in a process that is gone ends, and its agents are free. */
  function lose(node: NodeId): void {
    outbox.drop(node);
    heard.delete(node);
    const callIds = [...homes].flatMap(([callId, home]) => (home === node ? [callId] : []));
    for (const callId of callIds) homes.delete(callId);
    if (callIds.length > 0) dispatch({ type: 'calls-lost', callIds });
    for (const line of linesOf.get(node) ?? []) dispatch({ ...line, type: 'line-released' });
    linesOf.delete(node);
    if (callIds.length > 0) logger.warn({ node, calls: callIds }, 'acd: a process is gone, and with it its calls');
  }

  function onNode(node: NodeId, kind: 'joined' | 'changed' | 'left'): void {
    if (node === self || kind === 'changed' || phase === 'over') return;
    if (kind === 'joined') {
      cluster.post(node, RESUME, { term });
      return;
    }
    announced.delete(node);
    if (phase === 'deciding') {
      lose(node);
      return;
    }
    heard.delete(node);
    for (let n = early.length - 1; n >= 0; n--) if ((early[n] as Partial<Remote>).from === node) early.splice(n, 1);
    if (awaited().length === 0) allAnnounced();
  }

  // ── taking up ──

  async function gather(): Promise<void> {
    announced.set(self, own);
    for (const node of awaited()) cluster.post(node, RESUME, { term });
    if (awaited().length === 0) return;
    await new Promise<void>((resolve) => {
      allAnnounced = resolve;
      calendar.set('announce', ANNOUNCE_DEADLINE_MS, resolve);
    });
    calendar.cancel('announce');
    const silent = awaited();
    if (silent.length > 0) logger.warn({ nodes: silent }, 'acd: processes that have not announced their calls in time');
  }

  async function start(): Promise<void> {
    const mine = store.memory?.recall();
    const [read] = await Promise.all([store.load(term), gather()]);
    const kept = await recalled(read, mine);
    if (phase === 'over') return;
    if (!leads()) {
      deps.lost();
      return;
    }
    doors.beginDay();
    configure();
    takeUp(kept);
    for (const agent of [...state.tables.agents.values()]) {
      checkReachable(agent.id, agent.seat);
      seats.agentChanged(agent.id, agent.seat, agent.state !== 'offline');
    }
    doors.watch();
    forgetDead(kept);
    replay();
    if (state.tables.held) dispatch({ type: 'resumed' });
    release.push(directory.onChange(configure));
    phase = 'deciding';
    if (unsaved.length > 0) store.write(unsaved.splice(0));
    for (const given of early.splice(0)) receive(given);
    sendTurns();
    telling.everything();
  }

  /** What the store kept; or, where it has lost what the last leader wrote, what that one remembers. */
  async function recalled(read: Kept, mine: Remembered | undefined): Promise<Kept> {
    const before = store.readBefore();
    let from: NodeId | undefined;
    let newest = Math.max(before, mine?.term ?? 0);
    for (const [node, { decided }] of announced) if (node !== self && decided > newest) [from, newest] = [node, decided];
    // of this process itself it is never older, and has what had not reached the store
    let best = mine?.term === newest ? mine : undefined;
    if (from !== undefined) {
      best = (await cluster.ask(from, RECALL, null, RECALL_DEADLINE_MS).catch((error: unknown) => {
        logger.error({ err: error, node: from }, 'acd: the store has lost what was kept, and who remembers it does not answer');
      })) as Remembered | undefined;
    }
    const kept = best?.kept ?? read;
    if (best && best.term > before) logger.warn({ term: best.term }, 'acd: the store has lost what was kept; all of it is written again');
    unsaved.push(...(best ? difference(read, kept) : []));
    store.memory?.begin(term, kept);
    return kept;
  }

  function takeUp(kept: Kept): void {
    for (const [node, announcement] of announced) settleIn(node, announcement);
    const all = [...announced.values()];
    const live: LiveCall[] = all.flatMap(({ calls }) => calls);
    const lines = all.flatMap((one) => one.lines);
    const first = announced.size === 1 && live.length === 0 && lines.length === 0 && own.pending.length === 0;
    dispatch(first ? { type: 'restored', ...kept } : { type: 'restored', ...kept, live, lines, stood: deps.stood() });
    for (const [node, { calls }] of announced) if (node !== self) for (const { callId } of calls) outbox.touch(node, callId);
  }

  /** Their legs died with the process that knew them. */
  function forgetDead({ calls }: Kept): void {
    const dead = calls.filter(({ callId }) => !state.tables.calls.has(callId));
    for (const { callId } of dead) unsaved.push({ table: 'calls', key: callId, value: null });
    if (dead.length > 0) logger.warn({ calls: dead.map((c) => c.callId) }, 'acd: calls that waited when a process died');
  }

  /** What happened while nobody decided, in the order it happened. */
  function replay(): void {
    const told: (Told & { from?: NodeId })[] = [...announced].flatMap(([node, { pending }]) =>
      pending.map((one) => (node === self ? one : { ...one, from: node })),
    );
    for (const { from, ...one } of told.sort((a, b) => a.at - b.at)) {
      if (one.input.type === 'call-arrived') lookAt(one.input.queueId);
      dispatch(from === undefined ? one.input : { from, ...one });
    }
  }

  const release = [
    cluster.receive(INPUT, ({ from, body }) => onInput(from, body as InputMessage)),
    cluster.receive(ANNOUNCE, ({ from, body }) => onAnnounce(from, body as AnnounceMessage)),
    cluster.receive(LOOK, ({ body }) => {
      if (phase === 'deciding') look(body as Parameters<typeof look>[0]);
    }),
    cluster.onNodes(({ node, kind }) => onNode(node.node, kind)),
  ];

  function end(): void {
    phase = 'over';
    for (const undo of release) undo();
    timers.cancelAll();
    calendar.cancelAll();
  }

  const commands = createCommands({
    ...deps,
    doors,
    now: () => clock.now(),
    state: () => state,
    dispatch,
    checkReachable,
    tell: () => telling.queues(),
    async ringAgain(offerId, callId) {
      const home = homes.get(callId);
      if (home === undefined) return deps.ringAgain(offerId);
      return (await cluster.ask(home, RING_AGAIN, { offerId }, RING_AGAIN_DEADLINE_MS)) === true;
    },
    endSeat(offerId, callId, termination) {
      const home = homes.get(callId);
      if (home === undefined) deps.endSeat(offerId, termination);
      else outbox.act(home, { effect: { type: 'end-seat', offerId, callId, termination } }, callId);
    },
  });

  return {
    start,
    decides: () => phase === 'deciding' && leads(),
    ready: () => phase !== 'taking-up',
    state: () => state,
    picture: telling.picture,
    take: receive,
    commands,
    abdicate() {
      const left = phase === 'taking-up' ? own : undefined;
      end();
      const mine = left?.calls ?? liveCalls(state).filter(({ callId }) => !homes.has(callId));
      const facts = [...inbox.splice(0), ...early.splice(0)].filter((one) => !('from' in one) && FACTS.has(one.type)) as Input[];
      const pending = [...(left?.pending ?? []), ...facts.map((input) => ({ n: 0, at: clock.now(), input }))];
      return { calls: mine, lines: [], pending, decided: 0 };
    },
    stop() {
      if (cluster.nodes().length === 1) dispatch({ type: 'stopped' });
      else dispatch({ type: 'stopped', only: liveCalls(state).flatMap(({ callId }) => (homes.has(callId) ? [] : [callId])) });
    },
    get timers() {
      return timers.size;
    },
  };
}

/** The call in a queue a fact is about. */
function callOf(input: Input): CallId | undefined {
  if (input.type === 'line-occupied' || input.type === 'line-released') return undefined;
  return 'callId' in input ? (input.callId ?? undefined) : undefined;
}

/** The call it is done for; callbacks are the leader's own until their number answers. */
function callOfEffect(effect: Act): CallId | undefined {
  if ('offer' in effect) return effect.offer?.callId;
  return 'callId' in effect ? effect.callId : undefined;
}

/** Whether this process surely holds the lease of this term. */
function isMine(cluster: Cluster, term: number): boolean {
  const now = cluster.leadership();
  return now.mine && now.term === term;
}

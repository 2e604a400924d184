import {
  type Acd,
  type AgentSnapshot,
  type Callbacks,
  type Conversations,
  DomainError,
  type EventDraft,
  type QueuePort,
  type QueueRequest,
  type QueueResult,
  type Seat,
} from '@yixian/contracts';
import type { Input } from '../core/inputs.js';
import { step } from '../core/step.js';
import { cutOffAgents, emptyState } from '../core/tables.js';
import type { AcdState } from '../core/types.js';
import { agentSnapshot, agentSnapshots, queueSnapshot, queueSnapshots } from '../core/views.js';
import { createAsked } from './asked.js';
import { CONVERSATION_OPTIONS } from './conversation-deps.js';
import { createConversations } from './conversations.js';
import type { AcdDeps } from './deps.js';
import { createDoors } from './doors.js';
import { createEffects } from './effects.js';
import { createFigures } from './figures.js';
import { given } from './given.js';
import { assertLicensed, assertSeat, createQueueCommands } from './queue-commands.js';
import { createTimers } from './timers.js';

export interface AcdService {
  acd: Acd;
  queues: QueuePort;
  /** Whoever talks, by a queue or without. */
  conversations: Conversations;
  callbacks: Callbacks;
  /** The contacts of an extension changed: without any its agent is offered nothing, with one again as before. */
  registrationChanged(change: { extension: string; contacts: number }): void;
  /** Restores what the store kept and takes up work. Rejects when the store cannot be read. */
  start(): Promise<void>;
  /** Ends what waits and rings, lets go of every timer and writes what is left to the store. */
  stop(): Promise<void>;
  /** Counters and gauges in Prometheus naming. */
  metrics(): Record<string, number>;
}

/** How long `stop` waits for the store. */
const STORE_DEADLINE_MS = 2_000;
const WISHES: readonly string[] = ['ready', 'not-ready', 'offline'];

export function createAcd(deps: AcdDeps): AcdService {
  const { clock, directory, events, logger, seats, store } = deps;
  const figures = createFigures();
  const inbox: Input[] = [];
  /** Calls outside the queues, and whose lines they take. */
  const lines = new Map<string, Set<string>>();
  let state: AcdState = emptyState(clock.now());
  let deciding = false;
  let phase: 'new' | 'running' | 'stopped' = 'new';
  let release: Array<() => void> = [];
  const effects = createEffects({ ...deps, dispatch, state: () => state, figures, conversations: () => conversations });
  // Not among the timers of agents and calls: it runs for ever, and those are none when nothing goes on.
  const calendar = createTimers(clock);
  const doors = createDoors({ ...deps, timers: calendar, state: () => state, dispatch });

  /** One input after the other, each to its end: what an effect or a listener asks for is decided after it, never inside. */
  function dispatch(input: Input): void {
    inbox.push(input);
    if (deciding) return;
    deciding = true;
    try {
      for (let next = inbox.shift(); next; next = inbox.shift()) decide(next);
    } finally {
      deciding = false;
    }
  }

  function decide(input: Input): void {
    const result = step(state, input, clock.now());
    state = result.state;
    for (const effect of result.effects) effects.run(effect);
    for (const event of result.events) {
      events.publish(event);
      if (event.type === 'agent.seat-changed' || event.type === 'agent.state-changed') lineFollows(event);
    }
    figures.count(result);
    if (result.ignored !== undefined) logger.debug({ input, reason: result.ignored }, 'acd: input ignored');
  }

  /** Nailed-up lines come and go with the agent. */
  function lineFollows(event: EventDraft): void {
    const agent = state.tables.agents.get(event.agentId ?? '');
    if (event.type === 'agent.state-changed' && event.data.from !== 'offline' && event.data.to !== 'offline') return;
    if (agent) seats.agentChanged(agent.id, agent.seat, agent.state !== 'offline');
  }

  function configure(): void {
    dispatch({ type: 'configured', agents: directory.agents(), queues: directory.queues() });
    for (const agent of [...state.tables.agents.values()]) checkReachable(agent.id, agent.seat);
    if (phase === 'running') doors.watch();
  }

  function checkReachable(agentId: string, seat: Seat): void {
    const reachable = seats.reachable(agentId, seat);
    if (state.tables.agents.get(agentId)?.reachable !== reachable) dispatch({ type: 'reachability-changed', agentId, reachable });
  }

  /** A nailed-up seat can be rung as long as its line is up. */
  function lineChanged(agentId: string | undefined): void {
    const agent = state.tables.agents.get(agentId ?? '');
    if (agent) checkReachable(agent.id, agent.seat);
  }

  /** Whoever was asked by a colleague is on the colleague's call. */
  function onItsCall(snapshot: AgentSnapshot): AgentSnapshot {
    return { ...snapshot, callId: asked.callOf(snapshot.callId) };
  }

  function known(id: string): AgentSnapshot {
    const snapshot = agentSnapshot(state, id);
    if (!snapshot) throw new DomainError('not-found', `there is no agent ${id}`, { agentId: id });
    return onItsCall(snapshot);
  }

  function forgetLine(agentId: string, callId: string): void {
    const agents = lines.get(callId);
    if (!agents?.delete(agentId)) return;
    if (agents.size === 0) lines.delete(callId);
    dispatch({ type: 'line-released', agentId, callId });
  }

  const acd: Acd = {
    agents: () => agentSnapshots(state).map(onItsCall),
    agent(id) {
      const snapshot = agentSnapshot(state, id);
      return snapshot && onItsCall(snapshot);
    },
    queues: () => queueSnapshots(state, clock.now()),
    queue: (id) => queueSnapshot(state, id, clock.now()),
    async setState(id, wished, reason, by) {
      known(id);
      if (!WISHES.includes(wished)) throw new DomainError('bad-request', `state: ${WISHES.join(', ')}, not ${wished}`, { field: 'state' });
      if (wished !== 'offline') assertLicensed(state, directory, state.tables.agents.get(id));
      dispatch({ type: 'state-wished', agentId: id, state: wished, reason, by });
      // Events of the registrar can be missed; whoever signs in is looked up.
      checkReachable(id, known(id).seat);
      return known(id);
    },
    async setSeat(id, seat, _by) {
      known(id);
      assertSeat(id, seat, seats);
      dispatch({ type: 'seat-chosen', agentId: id, seat, reachable: seats.reachable(id, seat) });
      return known(id);
    },
    ...createQueueCommands({
      directory,
      doors,
      seats,
      now: () => clock.now(),
      state: () => state,
      dispatch,
      ringAgain: effects.ringAgain,
      endSeat: effects.endSeat,
    }),
    occupy(id, callId) {
      if (!state.tables.agents.has(id)) return;
      lines.set(callId, (lines.get(callId) ?? new Set()).add(id));
      dispatch({ type: 'line-occupied', agentId: id, callId });
    },
    release: forgetLine,
  };

  function enqueue(request: QueueRequest): ReturnType<QueuePort['enqueue']> {
    const { call, queueId, priority = 0 } = request;
    const refused = refusal(request);
    if (refused) return { result: Promise.resolve(refused), leave() {} };
    lookAt(queueId);
    const question = asked.enqueue(request);
    if (question) return question;
    const result = effects.admit(call);
    const { agentId, group, minLevels, since } = request;
    dispatch({
      type: 'call-arrived',
      callId: call.id,
      queueId,
      caller: call.caller,
      priority,
      ...given({ agentId, group, minLevels, since }),
    });
    return { result, leave: () => leave(call.id) };
  }

  /** Before a caller waits for an agent who seems cut off, ask the registrar itself. */
  function lookAt(queueId: string): void {
    for (const agentId of cutOffAgents(state, queueId)) checkReachable(agentId, known(agentId).seat);
    doors.look(queueId);
  }

  /** A call that talks already stays with its agent. */
  function leave(callId: string): void {
    const entry = state.tables.calls.get(callId);
    if (!entry || entry.phase === 'talking') return;
    dispatch({ type: 'caller-left', callId, termination: { by: 'system', reason: 'withdrawn', text: 'taken out of the queue' } });
  }

  function refusal({ call, queueId, priority = 0 }: QueueRequest): QueueResult | undefined {
    if (phase !== 'running') return { outcome: 'failed', message: 'the queues are not open' };
    if (call.leg.state === 'ended') return { outcome: 'abandoned' };
    if (!Number.isFinite(priority)) return { outcome: 'failed', message: `priority: a number, not ${priority}` };
    if (!state.tables.queues.has(queueId)) return { outcome: 'failed', message: `unknown queue ${queueId}` };
    if (effects.holds(call.id)) return { outcome: 'failed', message: `call ${call.id} is in a queue already` };
    return undefined;
  }

  const asked = createAsked({
    ...deps,
    dispatch,
    expect: effects.expect,
    occupy: (id, callId) => acd.occupy(id, callId),
    release: forgetLine,
  });
  const conversations = createConversations({
    ...deps,
    acd,
    queues: { enqueue },
    asked: {
      flow: asked.flow,
      bring: asked.bring,
      asks: asked.asks,
      queue(request) {
        lookAt(request.queueId);
        return asked.queue(request);
      },
    },
    options: { ...CONVERSATION_OPTIONS, ...deps.conversationOptions },
  });

  async function start(): Promise<void> {
    if (phase !== 'new') throw new Error(`acd: start after ${phase}`);
    const kept = await store.load();
    doors.beginDay();
    configure();
    dispatch({ type: 'restored', ...kept });
    for (const agent of [...state.tables.agents.values()]) {
      checkReachable(agent.id, agent.seat);
      seats.agentChanged(agent.id, agent.seat, agent.state !== 'offline');
    }
    doors.watch();
    // Their legs died with the process that knew them.
    store.write(kept.calls.map((call) => ({ table: 'calls', key: call.callId, value: null })));
    if (kept.calls.length > 0) logger.warn({ calls: kept.calls.map((c) => c.callId) }, 'acd: calls that waited when the last process died');
    release = [
      directory.onChange(configure),
      events.subscribe((event) => {
        if (event.type === 'agent.line-up' || event.type === 'agent.line-down') lineChanged(event.agentId);
        if (event.type !== 'call.ended' || event.callId === undefined) return;
        for (const agentId of [...(lines.get(event.callId) ?? [])]) forgetLine(agentId, event.callId);
      }),
    ];
    phase = 'running';
  }

  async function stop(): Promise<void> {
    if (phase === 'stopped') return;
    phase = 'stopped';
    for (const undo of release) undo();
    calendar.cancelAll();
    dispatch({ type: 'stopped' });
    conversations.close({ by: 'system', reason: 'draining', text: 'the hotline is stopping' });
    effects.stop();
    const deadline = new Promise<'late'>((resolve) => effects.timers.set('stop', STORE_DEADLINE_MS, () => resolve('late')));
    const outcome = await Promise.race([store.flush(), deadline]);
    effects.timers.cancelAll();
    if (outcome === 'late') logger.error({ changes: store.pending() }, 'acd: stopped before the store had taken everything');
  }

  return {
    acd,
    queues: { enqueue },
    conversations,
    callbacks: effects.callbacks.port,
    registrationChanged({ extension }) {
      const agent = state.tables.agents.get(extension);
      // Which contacts count is the seat's affair: phones, browsers, or none for a telephone number.
      if (agent) dispatch({ type: 'reachability-changed', agentId: extension, reachable: seats.reachable(extension, agent.seat) });
    },
    start,
    stop,
    metrics: () => ({
      ...figures.read(state, { acd_timers: effects.timers.size, acd_store_pending_changes: store.pending() }),
      ...conversations.metrics(),
    }),
  };
}

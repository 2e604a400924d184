import {
  type Acd,
  type AgentSnapshot,
  type Callbacks,
  type Conversations,
  DomainError,
  type QueuePort,
  type QueueRequest,
  type QueueResult,
  type RegistrationChange,
  type Termination,
} from '@yixian/contracts';
import type { Input } from '../core/inputs.js';
import type { AcdState, HeldLine } from '../core/types.js';
import { agentSnapshot, agentSnapshots, callbackViews, queueSnapshot, queueSnapshots, standingOf } from '../core/views.js';
import { createAsked } from './asked.js';
import { type Brain, createBrain } from './brain.js';
import type { Commands } from './commands.js';
import { CONVERSATION_OPTIONS } from './conversation-deps.js';
import { createConversations } from './conversations.js';
import type { AcdDeps } from './deps.js';
import { createEffects } from './effects.js';
import { createFigures } from './figures.js';
import { given } from './given.js';
import { createJoins } from './joins.js';
import { createNerves } from './nerves.js';
import { createReplica } from './replica.js';
import { notKept } from './store.js';
import { createTimers } from './timers.js';
import { COMMAND, type CommandMessage, LOOK, RECALL, RING_AGAIN, VIEW, type ViewMessage } from './wire.js';

export interface AcdService {
  acd: Acd;
  queues: QueuePort;
  /** Whoever talks, by a queue or without. */
  conversations: Conversations;
  callbacks: Callbacks;
  /** The contacts of an extension changed: without any its agent is offered nothing, with one again as before. */
  registrationChanged(change: Pick<RegistrationChange, 'extension' | 'contacts' | 'node'>): void;
  /**
   * Restores what the store kept and takes up work, when this process decides. Rejects when the store cannot be read and there is
   * no other.
   */
  start(): Promise<void>;
  /** Resolves when agents and queues are known: decided here, or told by whoever decides. Rejects after a while. */
  ready(): Promise<void>;
  /** Ends what waits and rings, lets go of every timer and writes what is left to the store. */
  stop(): Promise<void>;
  /** Counters and gauges in Prometheus naming. */
  metrics(): Record<string, number>;
}

/** How long `stop` waits for the store. */
const STORE_DEADLINE_MS = 2_000;
/** How long a command waits for whoever decides; the next leader is there within three seconds. */
const COMMAND_DEADLINE_MS = 5_000;
const COMMAND_AGAIN_MS = 200;
/** How long a process that starts looks for whoever decides. */
const READY_DEADLINE_MS = 15_000;
const TAKE_UP_AGAIN_MS = 1_000;
const STOPPING = 'the hotline is stopping';

export function createAcd(deps: AcdDeps): AcdService {
  const { clock, cluster, directory, events, logger, store } = deps;
  const figures = createFigures();
  const replica = createReplica();
  const timers = createTimers(clock);
  /** Calls outside the queues, and whose lines they take. */
  const lines = new Map<string, Set<string>>();
  /** While this process decides. */
  let brain: Brain | undefined;
  let phase: 'new' | 'running' | 'stopped' = 'new';
  let release: Array<() => void> = [];
  let found: () => void = () => {};
  const known = new Promise<void>((resolve) => {
    found = resolve;
  });
  const effects = createEffects({
    ...deps,
    dispatch,
    standing: (callId) => {
      const state = decided();
      return state ? standingOf(state, callId) : replica.standing(callId);
    },
    requestCallback: (request) => command('request', request),
    figures,
    conversations: () => conversations,
  });
  const nerves = createNerves({
    cluster,
    clock,
    lines: heldLines,
    act(deed) {
      if ('effect' in deed) effects.run(deed.effect);
      else events.publish(deed.event);
    },
    superseded(term) {
      if (brain && leading < term) abdicate(brain);
    },
    decided: () => store.memory?.term ?? 0,
  });

  /** A fact: to whoever decides. */
  function dispatch(input: Input): void {
    if (brain) brain.take(input);
    else nerves.tell(input);
  }

  function heldLines(): HeldLine[] {
    return [...lines].flatMap(([callId, agents]) => [...agents].map((agentId) => ({ agentId, callId })));
  }

  // ── who decides ──

  function lead(term: number): void {
    const own = nerves.handOver(term);
    const mine = createBrain(
      {
        ...deps,
        figures,
        run: (effect) => effects.run(effect),
        ringAgain: effects.ringAgain,
        endSeat: effects.endSeat,
        stood: () => replica.queues(clock.now()).map(({ door: { queueId, open, because } }) => ({ queueId, open, because })),
        lost: () => abdicate(mine),
      },
      term,
      own,
    );
    brain = mine;
    starting = mine.start().then(
      () => {
        if (brain === mine && mine.decides()) found();
      },
      (error: unknown) => {
        abdicate(mine);
        if (phase === 'new' && isAlone()) throw error;
        logger.error({ err: error }, 'acd: what the store kept could not be taken up; it is tried again');
        timers.set('take-up', TAKE_UP_AGAIN_MS, follow);
      },
    );
  }

  let starting: Promise<void> = Promise.resolve();

  function abdicate(which: Brain): void {
    if (brain !== which) return;
    brain = undefined;
    // what was told by others dates from before this process decided
    if (which.ready()) replica.take(which.picture());
    nerves.takeBack(which.abdicate());
    effects.dropCallbacks({ by: 'system', reason: 'withdrawn', text: 'another process makes the calls back' });
  }

  /** Looks who decides now. */
  function follow(): void {
    const { mine, term } = cluster.leadership();
    if (brain && (!mine || leading !== term)) abdicate(brain);
    if (!mine || brain || phase === 'stopped') return;
    leading = term;
    lead(term);
  }

  let leading = 0;

  function isAlone(): boolean {
    return cluster.nodes().length === 1;
  }

  /** The state, where it is decided here. */
  function decided(): AcdState | undefined {
    return brain?.ready() ? brain.state() : undefined;
  }

  /** By whoever decides, here or at another process. */
  async function command<K extends keyof Commands>(name: K, ...args: Parameters<Commands[K]>): Promise<Awaited<ReturnType<Commands[K]>>> {
    const until = clock.now() + COMMAND_DEADLINE_MS;
    for (;;) {
      try {
        if (brain?.decides()) return await carryOut(brain, name, args);
        const left = Math.max(1, until - clock.now());
        return (await cluster.ask('leader', COMMAND, { name, args } satisfies CommandMessage, left)) as Awaited<ReturnType<Commands[K]>>;
      } catch (error) {
        const again = error instanceof DomainError && error.details?.undecided === true && clock.now() + COMMAND_AGAIN_MS < until;
        if (!again) throw error;
        await new Promise<void>((resolve) => void clock.setTimer(COMMAND_AGAIN_MS, resolve));
      }
    }
  }

  /** Here. Where there are several processes it is kept by the time it is answered: it survives whoever decided it. */
  async function carryOut<K extends keyof Commands>(
    by: Brain,
    name: K,
    args: Parameters<Commands[K]>,
  ): Promise<Awaited<ReturnType<Commands[K]>>> {
    // biome-ignore lint/suspicious/noExplicitAny: the arguments are those of the command of this name
    const result: Awaited<ReturnType<Commands[K]>> = await (by.commands[name] as any)(...args);
    if (!isAlone()) await kept();
    return result;
  }

  /** A command of another process. */
  async function answerCommand(body: unknown): Promise<unknown> {
    const { name, args } = body as CommandMessage;
    if (!brain?.decides()) throw notKept();
    return carryOut(brain, name as keyof Commands, args as Parameters<Commands[keyof Commands]>);
  }

  /** Resolves when the store has taken everything, or takes too long; rejects when it takes no more from this process. */
  async function kept(): Promise<'late' | undefined> {
    let stop: () => void = () => {};
    const deadline = new Promise<'late'>((resolve) => {
      const timer = clock.setTimer(STORE_DEADLINE_MS, () => resolve('late'));
      stop = () => timer.cancel();
    });
    return Promise.race([store.flush().then(() => undefined), deadline]).finally(stop);
  }

  // ── what is seen ──

  const joins = createJoins(cluster, () => asked.joined());

  /** Whoever was asked by a colleague is on the colleague's call. */
  function onItsCall(snapshot: AgentSnapshot): AgentSnapshot {
    return { ...snapshot, callId: joins.callOf(asked.callOf(snapshot.callId)) };
  }

  function isAgent(id: string): boolean {
    const state = decided();
    return state ? state.tables.agents.has(id) : directory.agent(id) !== undefined;
  }

  function forgetLine(agentId: string, callId: string): void {
    const agents = lines.get(callId);
    if (!agents?.delete(agentId)) return;
    if (agents.size === 0) lines.delete(callId);
    dispatch({ type: 'line-released', agentId, callId });
  }

  const acd: Acd = {
    agents() {
      const state = decided();
      return (state ? agentSnapshots(state) : replica.agents()).map(onItsCall);
    },
    agent(id) {
      const state = decided();
      const snapshot = state ? agentSnapshot(state, id) : replica.agent(id);
      return snapshot && onItsCall(snapshot);
    },
    queues() {
      const state = decided();
      return state ? queueSnapshots(state, clock.now()) : replica.queues(clock.now());
    },
    queue(id) {
      const state = decided();
      return state ? queueSnapshot(state, id, clock.now()) : replica.queue(id, clock.now());
    },
    setState: async (...args) => onItsCall(await command('setState', ...args)),
    setSeat: async (...args) => onItsCall(await command('setSeat', ...args)),
    moveCall: (...args) => command('moveCall', ...args),
    setDoor: (...args) => command('setDoor', ...args),
    answer: (...args) => command('answer', ...args),
    reject: (...args) => command('reject', ...args),
    occupy(id, callId) {
      if (!isAgent(id)) return;
      lines.set(callId, (lines.get(callId) ?? new Set()).add(id));
      dispatch({ type: 'line-occupied', agentId: id, callId });
    },
    release: forgetLine,
  };

  const callbacks: Callbacks = {
    request: (request) => command('request', request),
    cancel: (callbackId, by) => command('cancelCallback', callbackId, by),
    list() {
      const state = decided();
      return state ? callbackViews(state) : replica.callbacks();
    },
  };

  // ── callers ──

  function enqueue(request: QueueRequest): ReturnType<QueuePort['enqueue']> {
    const { call, queueId, priority = 0 } = request;
    const refused = refusal(request);
    if (refused) return { result: Promise.resolve(refused), leave() {} };
    const question = asked.enqueue(request);
    if (question) return question;
    const result = effects.admit(call);
    const { agentId, group, minLevels } = request;
    // Where the decision may take a while, the wait counts from here.
    const since = request.since ?? (brain?.decides() ? undefined : clock.now());
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

  /** A call that talks already stays with its agent. */
  function leave(callId: string): void {
    const state = decided();
    const entry = state?.tables.calls.get(callId);
    if (state ? !entry || entry.phase === 'talking' : !effects.holds(callId)) return;
    dispatch({ type: 'caller-left', callId, termination: { by: 'system', reason: 'withdrawn', text: 'taken out of the queue' } });
  }

  function refusal({ call, queueId, priority = 0 }: QueueRequest): QueueResult | undefined {
    if (phase !== 'running') return { outcome: 'failed', message: 'the queues are not open' };
    if (call.leg.state === 'ended') return { outcome: 'abandoned' };
    if (!Number.isFinite(priority)) return { outcome: 'failed', message: `priority: a number, not ${priority}` };
    const state = decided();
    const there = state ? state.tables.queues.has(queueId) : directory.queue(queueId) !== undefined;
    if (!there) return { outcome: 'failed', message: `unknown queue ${queueId}` };
    if (effects.holds(call.id)) return { outcome: 'failed', message: `call ${call.id} is in a queue already` };
    return undefined;
  }

  const asked = createAsked({
    ...deps,
    dispatch,
    expect: effects.expect,
    occupy: (id, callId) => acd.occupy(id, callId),
    release: forgetLine,
    joinedTo: (callId, on) => joins.tell(callId, on),
  });
  const registered = new Set<(extension: string) => void>();
  const conversations = createConversations({
    ...deps,
    onRegistered(listener) {
      registered.add(listener);
      return () => registered.delete(listener);
    },
    acd,
    queues: { enqueue },
    asked,
    options: { ...CONVERSATION_OPTIONS, ...deps.conversationOptions },
  });

  // ── the process ──

  /** Whoever decides looks at an agent's seat again. */
  function look(agentId: string, registration: boolean): void {
    cluster.post('leader', LOOK, { agentId, registration });
  }

  function listen(): void {
    release = [
      cluster.onLeadership(follow),
      cluster.receive(VIEW, ({ from, body }) => {
        const message = body as ViewMessage;
        if (brain || !nerves.follows(from, message.term)) return;
        replica.take(message);
        if (!message.full) return;
        found();
        // whoever decides now has taken everything up
        store.memory?.forget();
      }),
      cluster.answer(COMMAND, answerCommand),
      cluster.answer(RECALL, async () => store.memory?.recall() ?? null),
      cluster.answer(RING_AGAIN, async (body) => effects.ringAgain((body as { offerId: string }).offerId)),
      events.subscribe((event) => {
        if ((event.type === 'agent.line-up' || event.type === 'agent.line-down') && event.agentId !== undefined) look(event.agentId, false);
        if (event.type !== 'call.ended' || event.callId === undefined) return;
        for (const agentId of [...(lines.get(event.callId) ?? [])]) forgetLine(agentId, event.callId);
      }),
      () => joins.close(),
      () => nerves.close(),
    ];
  }

  async function start(): Promise<void> {
    if (phase !== 'new') throw new Error(`acd: start after ${phase}`);
    listen();
    follow();
    await starting;
    phase = 'running';
  }

  async function ready(): Promise<void> {
    const late = new Promise<never>((_, reject) => {
      timers.set('ready', READY_DEADLINE_MS, () => reject(new Error('acd: no process of the hotline decides')));
    });
    await Promise.race([known, late]);
    timers.cancel('ready');
  }

  async function stop(): Promise<void> {
    if (phase === 'stopped') return;
    phase = 'stopped';
    const leader = brain;
    if (leader) {
      leader.stop();
      if (!isAlone()) effects.dropCallbacks({ by: 'system', reason: 'draining', text: STOPPING });
    } else {
      await closeCalls();
    }
    conversations.close({ by: 'system', reason: 'draining', text: STOPPING } satisfies Termination);
    // refused: another has taken everything up already
    if (leader && (await kept().catch(() => undefined)) === 'late')
      logger.error({ changes: store.pending() }, 'acd: stopped before the store had taken everything');
    for (const undo of release) undo();
    leader?.abdicate();
    timers.cancelAll();
  }

  /** Another process decides what becomes of the calls that wait here. */
  async function closeCalls(): Promise<void> {
    const callIds = nerves.calls();
    if (callIds.length > 0) {
      await cluster.ask('leader', COMMAND, { name: 'close', args: [callIds] }, STORE_DEADLINE_MS).catch((error: unknown) => {
        logger.warn({ err: error, calls: callIds }, 'acd: nobody has decided what becomes of the calls that wait here');
      });
    }
    effects.finishAll({ outcome: 'failed', message: STOPPING });
  }

  return {
    acd,
    queues: { enqueue },
    conversations,
    callbacks,
    registrationChanged({ extension, contacts, node }) {
      // Whoever decides looks when it knows, and when the process of the contact says so: the later of the two counts.
      if (node === undefined || cluster.leadership().mine) look(extension, true);
      if (contacts > 0) for (const listener of [...registered]) listener(extension);
    },
    start,
    ready,
    stop,
    metrics: () => ({
      ...figures.read(decided(), { acd_timers: brain?.timers ?? 0, acd_store_pending_changes: store.pending() }),
      ...conversations.metrics(),
      ...(isAlone() ? {} : { acd_leads: Number(decided() !== undefined), acd_facts_undecided: nerves.pending }),
    }),
  };
}

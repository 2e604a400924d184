import assert from 'node:assert/strict';
import { LEVELS } from '../../src/core/inputs.js';
import { stepAt, TOLD_WITHIN_MS } from '../../src/core/ladder.js';
import { firstInLine, satisfies } from '../../src/core/lanes.js';
import { byArrival } from '../../src/core/placed.js';
import { goesBefore } from '../../src/core/places.js';
import { offersOf, sinceOf } from '../../src/core/tables.js';
import { type AgentEntry, type CallEntry, type Lane, OPEN_ENDED } from '../../src/core/types.js';
import { nextDue, RETRY_MS } from '../../src/core/waiting.js';
import type { CoreDriver } from './core-driver.js';

// What must hold after every step, checked against the whole state the slow and obvious way.

export function checkInvariants(d: CoreDriver): void {
  noAgentHoldsTwoOffers(d);
  noMatchIsLeftUndone(d);
  indexesSayWhatTheEntriesSay(d);
  everyLeaseHasADeadline(d);
  everyWaitEnds(d);
  levelsRelaxInTime(d);
  whoComesFreeFindsTheRightCall(d);
  nobodyWaitsAgainstARule(d);
}

/** No agent holds two offers; a call has several only with ring-all; agent and call agree on the offer between them. */
function noAgentHoldsTwoOffers(d: CoreDriver): void {
  const taken = new Map<string, string>();
  for (const call of d.state.tables.calls.values()) {
    assert.equal(call.offer !== null, call.phase !== 'waiting', `call ${call.id} in phase ${call.phase}`);
    const several = call.phase === 'offered' && (call.queue.config.strategy === 'ring-all' || d.rangSeveral.has(call.id));
    if (!several) assert.equal(call.more.length, 0, `call ${call.id} is ${call.phase} with several`);
    for (const offer of offersOf(call)) {
      const other = taken.get(offer.agentId);
      assert.equal(other, undefined, `agent ${offer.agentId} has calls ${other} and ${call.id}`);
      taken.set(offer.agentId, call.id);
      const agent = d.state.tables.agents.get(offer.agentId);
      assert.equal(agent?.offer?.id, offer.id);
      assert.equal(agent?.state, call.phase === 'talking' ? 'on-call' : 'ringing');
    }
  }
  for (const agent of d.state.tables.agents.values()) {
    assert.equal(agent.offer?.callId, taken.get(agent.id), `agent ${agent.id} ${agent.state}`);
    if (agent.state === 'ringing') assert.ok(agent.offer);
    if (agent.state === 'on-call') assert.ok(agent.offer || agent.lines.length > 0, `agent ${agent.id} is on no call`);
  }
}

/** The slow and obvious way: from the settings themselves. */
export function mayHave(agent: AgentEntry, call: CallEntry): boolean {
  const { config } = call.queue;
  const only = call.ask.agentId ?? call.sticky?.agentId;
  if (only !== undefined && agent.id !== only) return false;
  for (const group of [config.group, call.ask.group]) if (group !== null && !agent.config.groups.includes(group)) return false;
  const relaxed = call.step > 0 ? config.relaxation[call.step - 1]?.minLevels : undefined;
  for (const skill of new Set([...config.requiredSkills, ...Object.keys(call.ask.minLevels)])) {
    const queue = config.requiredSkills.includes(skill) ? ((relaxed ?? config.minLevels)[skill] ?? 1) : (relaxed?.[skill] ?? 1);
    const needed = relaxed ? queue : Math.max(queue, call.ask.minLevels[skill] ?? 0);
    const level = agent.config.skills.includes(skill) ? (agent.config.skillLevels[skill] ?? 5) : 0;
    if (level < needed) return false;
  }
  return true;
}

/** Never both an available agent and a waiting call that may have him; nor a call of ring-all that could ring him too. */
function noMatchIsLeftUndone(d: CoreDriver): void {
  const ready = [...d.state.tables.agents.values()].filter((agent) => agent.state === 'ready' && agent.reachable);
  for (const call of d.state.tables.calls.values()) {
    if (call.phase !== 'waiting') continue;
    const step = stepAt(call.queue, d.now - sinceOf(d.state.tables, call));
    for (const agent of ready) {
      assert.ok(!mayHave(agent, call), `agent ${agent.id} is ready and call ${call.id} waits`);
      assert.ok(!mayHave(agent, { ...call, step }), `agent ${agent.id} is ready and call ${call.id} has come down to his levels`);
    }
  }
}

function indexesSayWhatTheEntriesSay(d: CoreDriver): void {
  const { agents, calls, queues, pools, cutOff, named } = d.state.tables;
  const available = (a: AgentEntry): boolean => a.state === 'ready' && a.reachable;
  const ids = (list: Iterable<AgentEntry>): string[] => [...list].map((agent) => agent.id).sort();
  for (const pool of pools.values()) {
    const members = [...agents.values()].filter((a) => a.pool === pool);
    assert.deepEqual(
      ids(pool.ready),
      members
        .filter(available)
        .map((a) => a.id)
        .sort(),
    );
  }
  assert.deepEqual(
    [...cutOff].sort(),
    [...agents.values()]
      .filter((a) => a.state === 'ready' && !a.reachable)
      .map((a) => a.id)
      .sort(),
  );
  assert.equal(d.state.tables.idle, [...agents.values()].filter(available).length, 'idle');
  assert.equal(d.state.tables.signedIn, [...agents.values()].filter((a) => a.state !== 'offline').length);
  for (const queue of queues.values()) {
    const mine = [...calls.values()].filter((c) => c.queue === queue);
    const placed = mine.filter((c) => c.phase !== 'talking');
    assert.deepEqual([...queue.places].map((p) => p.id).sort(), placed.map((c) => c.id).sort());
    assert.equal(queue.serving, mine.filter((c) => c.phase === 'talking').length, 'serving');
    assert.equal(queue.callbacksInLine, placed.filter((c) => c.callback).length, 'callbacks in line');
    const lanes = [...queue.lanes, ...queue.extra.values(), ...[...named.values()].flat().filter((lane) => lane.queue === queue)];
    for (const lane of new Set(lanes)) laneIsRight(d, lane, available);
    const served = [...agents.values()].filter((a) => queue.lanes.some((lane) => satisfies(a.pool, lane.requirement)));
    assert.equal(queue.signedIn, served.filter((a) => a.state !== 'offline').length, 'signed in');
    assert.equal(queue.working, served.filter((a) => !['offline', 'not-ready'].includes(a.state)).length, 'working');
  }
}

function laneIsRight(d: CoreDriver, lane: Lane, available: (agent: AgentEntry) => boolean): void {
  const { agents, calls } = d.state.tables;
  const mine = [...calls.values()].filter((c) => c.lane === lane);
  assert.deepEqual(
    [...lane.open].map((p) => p.id).sort(),
    mine
      .filter((c) => c.phase === 'waiting')
      .map((c) => c.id)
      .sort(),
  );
  const rings = lane.queue.config.strategy === 'ring-all' && lane.agentId === null;
  const ringing = rings ? mine.filter((c) => c.phase === 'offered').map((c) => c.id) : [];
  assert.deepEqual([...(lane.ringing ?? [])].map((p) => p.id).sort(), ringing.sort());
  if (lane.agentId !== null) return;
  const serves = [...agents.values()].filter((a) => available(a) && satisfies(a.pool, lane.requirement));
  if (lane.ready) assert.deepEqual([...lane.ready].map((c) => c.agentId).sort(), serves.map((a) => a.id).sort());
  else assert.deepEqual(new Set(lane.readyPools), new Set(serves.map((a) => a.pool)));
}

/** Every lease has a deadline, every deadline a lease. */
function everyLeaseHasADeadline(d: CoreDriver): void {
  const due = new Set<string>();
  const { calls, agents, callbacks } = d.state.tables;
  for (const call of calls.values()) {
    for (const offer of offersOf(call)) if (call.phase !== 'talking') due.add(`offer:${offer.id}`);
    if (call.phase !== 'talking' && nextDue(call, d.now - (d.state.tables.epoch ?? 0)) < Number.POSITIVE_INFINITY)
      due.add(`wait:${call.id}`);
  }
  for (const agent of agents.values()) {
    if (agent.state === 'wrap-up' && agent.wrapUpUntil !== OPEN_ENDED) due.add(`wrap-up:${agent.id}`);
    if (agent.state === 'not-ready' && agent.restUntil !== null) due.add(`rest:${agent.id}`);
  }
  for (const callback of callbacks.values()) {
    const line = calls.get(callback.id);
    assert.equal(line !== undefined, callback.phase === 'in-line' || (callback.phase === 'calling' && line?.phase === 'connecting'));
    const sleeps = callback.phase === 'resting' && callback.notBefore !== null;
    if (sleeps || (callback.phase === 'calling' && !line)) due.add(`callback:${callback.id}`);
    assert.equal(d.dialled.has(callback.id), callback.phase === 'calling', `callback ${callback.id} is ${callback.phase}`);
  }
  for (const queue of d.state.tables.queues.values()) {
    if (queue.measureAt === null) continue;
    due.add(`measure:${queue.id}`);
    assert.ok((d.timers.get(`measure:${queue.id}`)?.at ?? 0) === queue.measureAt);
  }
  if (d.state.tables.climbing > 0) due.add(`relax:${LEVELS}`);
  assert.deepEqual([...d.timers.keys()].sort(), [...due].sort());
}

/** Every call that waits is told of its relaxations in time, and its lane knows which relaxes next. */
function levelsRelaxInTime(d: CoreDriver): void {
  const { calls, climbing, dues, epoch, wakeAt } = d.state.tables;
  const ticks = d.now - (epoch ?? 0);
  let climb = 0;
  let special = 0;
  for (const call of calls.values()) {
    if (call.phase !== 'waiting') continue;
    const late = stepAt(call.queue, ticks - TOLD_WITHIN_MS - 1 - call.arrived);
    const due = stepAt(call.queue, ticks - call.arrived);
    assert.ok(call.step >= late && call.step <= due, `call ${call.id} has relaxed ${call.step} times, not ${due}`);
    assert.equal(call.lane.step, call.step);
    if (call.step === call.queue.config.relaxation.length) continue;
    climb += 1;
    if (!call.queue.lanes.includes(call.lane)) special += 1;
    const { rung } = call.lane;
    assert.ok(
      rung && rung.due !== null && rung.due <= call.arrived + (rung.relaxesAfter ?? 0) && (dues.first?.due ?? 0) <= rung.due,
      'is due in time',
    );
    assert.ok(rung.oldestArrived <= call.arrived, 'nobody is older than the oldest');
  }
  assert.deepEqual([climbing, d.state.tables.special], [climb, special]);
  assert.equal(d.timers.get(`relax:${LEVELS}`)?.at ?? Number.POSITIVE_INFINITY, wakeAt + (epoch ?? 0));
}

/** Whichever agent came free now, the call found for him is the one that goes before all he may have. */
function whoComesFreeFindsTheRightCall(d: CoreDriver): void {
  const { tables } = d.state;
  const ticks = d.now - (tables.epoch ?? 0);
  const waiting = [...tables.calls.values()].filter((call) => call.phase === 'waiting');
  // Of a queue shown as one line it is the wait that counts, told or not.
  const asWaited = waiting.map((call) => {
    const counts = tables.oneRate && call.lane.rung?.all.isWhole;
    return counts ? { ...call, step: stepAt(call.queue, ticks - call.arrived) } : call;
  });
  for (const agent of tables.agents.values()) {
    let best: CallEntry | undefined;
    for (const call of asWaited) if (mayHave(agent, call) && (!best || goesBefore(call, best, ticks))) best = call;
    assert.equal(firstInLine(tables, agent, ticks)?.id, best?.id, `the first call for agent ${agent.id}`);
  }
  const apart = [...tables.queues.values()].filter(({ lanes: [lane] }) => lane?.rung && !lane.rung.all.isWhole);
  assert.equal(tables.heads.apart, apart.length, 'queues shown lane by lane');
}

/** Nobody waits where a rule about the whole queue says that he should not, the slow and obvious way. */
function nobodyWaitsAgainstARule(d: CoreDriver): void {
  const { queues } = d.state.tables;
  for (const queue of queues.values()) {
    const places = [...queue.places];
    const callers = places.filter((call) => !call.callback);
    assert.deepEqual(
      [...(queue.arrivals ?? [])].map((place) => place.id).sort(),
      queue.arrivals ? callers.flatMap((call) => (call.stays ? [] : [call.id])).sort() : [],
    );
    for (const { when, to } of queue.config.overflow) {
      for (const call of callers) {
        if (call.phase !== 'waiting' || call.stays) continue;
        if (to.kind === 'queue' && (to.queueId === queue.id || call.visited.includes(to.queueId) || !queues.has(to.queueId))) continue;
        // The queue it leads to may not have taken him: then it is tried again.
        const triedAgain = to.kind === 'queue' && queue.measureAt !== null && queue.measureAt <= d.now + RETRY_MS;
        if (triedAgain) continue;
        if (when.kind === 'longest-wait') {
          const counted = callers.filter((c) => !c.stays);
          const before = counted.filter((c) => byArrival(c, call) < 0);
          const longest = Math.max(0, ...before.map((c) => d.now - sinceOf(d.state.tables, c)));
          assert.ok(before.length === 0 || longest < when.atLeastMs, `call ${call.id} waits behind one that has waited ${longest} ms`);
          const fires = queue.measureAt ?? Number.POSITIVE_INFINITY;
          if (before.length > 0)
            assert.ok(fires <= Math.min(...before.map((c) => sinceOf(d.state.tables, c))) + when.atLeastMs, 'its timer comes in time');
        }
        if (when.kind === 'estimated-wait' && queue.handled > 0 && queue.working > 0) {
          const estimate = Math.round(((places.indexOf(call) + 1) * queue.handlingMs) / queue.working);
          assert.ok(estimate < when.atLeastMs, `call ${call.id} waits though ${estimate} ms are expected`);
        }
        if (when.kind === 'closed') assert.ok(queue.isOpen, `call ${call.id} waits behind a closed door and is not sent on again`);
        if (when.kind === 'nobody-signed-in' && call.ask.agentId === null) {
          const { step } = call;
          const steps = queue.config.relaxation.map((_, n) => n + 1).filter((n) => n > step);
          const able = [...d.state.tables.agents.values()].filter((agent) => agent.state !== 'offline');
          const could = able.some((agent) => [step, ...steps].some((n) => mayHave(agent, { ...call, sticky: null, step: n })));
          assert.ok(could, `call ${call.id} waits for nobody`);
        }
      }
    }
  }
}

/** Every call that waits or talks has no result yet, every seat that rings or talks belongs to one of them. */
function everyWaitEnds(d: CoreDriver): void {
  for (const call of d.state.tables.calls.values()) assert.equal(d.results.has(call.id), false, `call ${call.id} has its result already`);
  const offers = [...d.state.tables.calls.values()].flatMap((c) => offersOf(c).map((offer) => offer.id));
  assert.deepEqual([...d.seats.keys()].sort(), offers.sort());
}

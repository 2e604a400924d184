import assert from 'node:assert/strict';
import type { CoreDriver } from './core-driver.js';

// What must hold after every step, checked against the whole state the slow and obvious way.

export function checkInvariants(d: CoreDriver): void {
  noAgentHoldsTwoOffers(d);
  noMatchIsLeftUndone(d);
  indexesSayWhatTheEntriesSay(d);
  everyLeaseHasADeadline(d);
  everyWaitEnds(d);
}

/** No agent holds two offers; agent and call agree on the offer between them. */
function noAgentHoldsTwoOffers(d: CoreDriver): void {
  const taken = new Map<string, string>();
  for (const call of d.state.tables.calls.values()) {
    assert.equal(call.offer !== null, call.phase !== 'waiting', `call ${call.id} in phase ${call.phase}`);
    if (!call.offer) continue;
    const other = taken.get(call.offer.agentId);
    assert.equal(other, undefined, `agent ${call.offer.agentId} has calls ${other} and ${call.id}`);
    taken.set(call.offer.agentId, call.id);
    const agent = d.state.tables.agents.get(call.offer.agentId);
    assert.equal(agent?.offer?.id, call.offer.id);
    assert.equal(agent?.state, call.phase === 'talking' ? 'on-call' : 'ringing');
  }
  for (const agent of d.state.tables.agents.values()) {
    assert.equal(agent.offer?.callId, taken.get(agent.id), `agent ${agent.id} ${agent.state}`);
    if (agent.state === 'ringing') assert.ok(agent.offer);
    if (agent.state === 'on-call') assert.ok(agent.offer || agent.lines.length > 0, `agent ${agent.id} is on no call`);
  }
}

/** Never both an available agent and a waiting call that may have him. */
function noMatchIsLeftUndone(d: CoreDriver): void {
  const { agents, calls } = d.state.tables;
  for (const call of calls.values()) {
    if (call.phase !== 'waiting') continue;
    for (const agent of agents.values()) {
      if (agent.state !== 'ready' || !agent.reachable) continue;
      const may = call.queue.config.requiredSkills.every((s) => agent.config.skills.includes(s));
      assert.ok(!may, `agent ${agent.id} is ready and call ${call.id} waits`);
    }
  }
}

function indexesSayWhatTheEntriesSay(d: CoreDriver): void {
  const { agents, calls, queues, pools, cutOff } = d.state.tables;
  for (const pool of pools.values()) {
    const members = [...agents.values()].filter((a) => a.pool === pool);
    assert.deepEqual(
      [...pool.ready].map((p) => p.agentId).sort(),
      members
        .filter((a) => a.state === 'ready' && a.reachable)
        .map((a) => a.id)
        .sort(),
    );
    assert.equal(pool.signedIn, members.filter((a) => a.state !== 'offline').length, 'signed in');
    assert.equal(pool.working, members.filter((a) => !['offline', 'not-ready'].includes(a.state)).length, 'working');
  }
  assert.deepEqual(
    [...cutOff].sort(),
    [...agents.values()]
      .filter((a) => a.state === 'ready' && !a.reachable)
      .map((a) => a.id)
      .sort(),
  );
  for (const queue of queues.values()) {
    const mine = [...calls.values()].filter((c) => c.queue === queue);
    assert.deepEqual(
      [...queue.places].map((p) => p.callId).sort(),
      mine
        .filter((c) => c.phase !== 'talking')
        .map((c) => c.id)
        .sort(),
    );
    assert.deepEqual(
      [...queue.open].map((p) => p.callId).sort(),
      mine
        .filter((c) => c.phase === 'waiting')
        .map((c) => c.id)
        .sort(),
    );
    assert.equal(queue.serving, mine.filter((c) => c.phase === 'talking').length, 'serving');
  }
}

/** Every lease has a deadline, every deadline a lease. */
function everyLeaseHasADeadline(d: CoreDriver): void {
  const due = new Set<string>();
  for (const call of d.state.tables.calls.values()) {
    if (call.offer && call.phase !== 'talking') due.add(`offer:${call.offer.id}`);
    if (call.phase !== 'talking' && !call.overdue) due.add(`wait:${call.id}`);
  }
  for (const agent of d.state.tables.agents.values()) if (agent.state === 'wrap-up') due.add(`wrap-up:${agent.id}`);
  assert.deepEqual([...d.timers.keys()].sort(), [...due].sort());
}

/** Every call that waits or talks has no result yet, every seat that rings or talks belongs to one of them. */
function everyWaitEnds(d: CoreDriver): void {
  for (const call of d.state.tables.calls.values()) assert.equal(d.results.has(call.id), false, `call ${call.id} has its result already`);
  const offers = [...d.state.tables.calls.values()].flatMap((c) => (c.offer ? [c.offer.id] : []));
  assert.deepEqual([...d.seats.keys()].sort(), offers.sort());
}

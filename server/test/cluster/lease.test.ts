import assert from 'node:assert/strict';
import type { NodeView } from '@yixian/contracts';
import { LeaderQueue } from '../../src/cluster/leader-queue.js';
import { LEASE_MS, Lease, SAFETY_MS } from '../../src/cluster/lease.js';
import { ALIVE_MS, type Member, Membership } from '../../src/cluster/membership.js';
import { Inbox, Outbox } from '../../src/cluster/outbox.js';

/** Small and seeded: the same numbers each time. */
function draws(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('the lease of who decides', () => {
  /** Redis as it keeps the lease, by the same clock; each process asks it and hears the answer some time later. */
  class Keeper {
    term = 0;
    holder: { who: number; term: number; until: number } | undefined;

    ask(who: number, heldTerm: number, now: number): { leader: number; leaderTerm: number; term: number } {
      if (this.holder && now >= this.holder.until) this.holder = undefined;
      if (this.holder?.who === who && this.holder.term === heldTerm) this.holder.until = now + LEASE_MS;
      else if (!this.holder || this.holder.who === who) {
        this.term += 1;
        this.holder = { who, term: this.term, until: now + LEASE_MS };
      }
      return { leader: this.holder.who, leaderTerm: this.holder.term, term: this.term };
    }
  }

  it('is never with two at one time, and no term comes twice, however late answers come and whoever sleeps', () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const draw = draws(seed);
      let now = 0;
      const keeper = new Keeper();
      const leases = [0, 1, 2].map(() => new Lease(() => now));
      const onTheWay: { at: number; deliver(): void }[] = [];
      const asleepUntil = [0, 0, 0];
      const terms = new Map<number, number>();
      for (let step = 0; step < 400; step += 1) {
        now += draw(120);
        for (const answer of onTheWay.splice(0)) {
          if (answer.at <= now) answer.deliver();
          else onTheWay.push(answer);
        }
        const who = draw(3);
        if (now < (asleepUntil[who] ?? 0)) continue;
        if (draw(40) === 0) asleepUntil[who] = now + draw(6_000);
        const lease = leases[who] as Lease;
        const askedAt = now;
        const answer = keeper.ask(who, lease.heldTerm, now + draw(5));
        const at = Math.max(now + draw(900), asleepUntil[who] ?? 0);
        const told = { leader: String(answer.leader), leaderIsMe: answer.leader === who, leaderTerm: answer.leaderTerm, term: answer.term };
        // one question at a time
        onTheWay.push({ at, deliver: () => lease.told(told, askedAt) });
        asleepUntil[who] = Math.max(asleepUntil[who] ?? 0, at);
        const deciding = leases.flatMap((one, i) => (one.mine ? [{ i, term: one.now().term }] : []));
        assert.ok(deciding.length <= 1, `seed ${seed}: ${JSON.stringify(deciding)} at ${now}`);
        for (const { i, term } of deciding) {
          assert.equal(terms.get(term) ?? i, i, `seed ${seed}: term ${term} of two processes`);
          terms.set(term, i);
        }
      }
      assert.ok(terms.size > 0, 'nobody ever led');
    }
  });

  it('is over here before Redis gives it to another, and what lapsed comes back with a new term only', () => {
    let now = 1_000;
    const lease = new Lease(() => now);
    lease.told({ leader: 'a', leaderIsMe: true, leaderTerm: 4, term: 4 }, now);
    assert.equal(lease.mine, true);
    now += LEASE_MS - SAFETY_MS;
    assert.deepEqual(lease.now(), { leader: null, term: 4, mine: false });
    assert.equal(lease.heldTerm, 0);
    // an answer to a question from before: it was renewed in Redis, but here it had lapsed
    lease.told({ leader: 'a', leaderIsMe: true, leaderTerm: 4, term: 4 }, now);
    assert.equal(lease.mine, false);
    lease.told({ leader: 'a', leaderIsMe: true, leaderTerm: 5, term: 5 }, now);
    assert.deepEqual(lease.now(), { leader: 'a', term: 5, mine: true });
  });
});

describe('who lives', () => {
  const member = (node: string, alive: boolean, incarnation = `${node}1`): [string, Member] => [
    node,
    { view: { node, incarnation, state: 'up', sip: null, http: '', version: '', startedAt: 0 } as NodeView, has: {}, alive },
  ];
  const kinds = (told: ReturnType<Membership['told']>): string[] => told.changes.map(({ kind, node }) => `${node.node} ${kind}`);

  it('after a pause of Redis everybody has time to be heard again; what Redis has forgotten is not dead', () => {
    const members = new Membership();
    let now = 0;
    members.told(new Map([member('a', true), member('b', true)]), [], now);
    for (; now < 10_000; now += 300) members.told(new Map([member('a', true), member('b', true)]), [], now);
    now += 5_000; // Redis was away, and has lost everything
    assert.deepEqual(kinds(members.told(new Map([member('a', true)]), [], now)), []);
    const looks: string[][] = [];
    for (let i = 0; i < 12; i += 1) {
      now += 300;
      looks.push(members.told(new Map([member('a', true)]), [], now).silent.map(({ node }) => node));
    }
    assert.deepEqual(looks.slice(0, 11).flat(), []);
    assert.deepEqual(looks[11], ['b']);
    assert.ok(ALIVE_MS < 4_000, 'agents of a dead process are offered again within 5 s');
  });

  it('Redis loses everything without a pause: who was heard a moment ago has time to be heard again', () => {
    const members = new Membership();
    let now = 0;
    for (; now < 10_000; now += 300) members.told(new Map([member('a', true), member('b', true), member('c', true)]), [], now);
    const silent = (...names: string[]): string[] => {
      now += 300;
      return members.told(new Map(names.map((name) => member(name, true))), [], now).silent.map(({ node }) => node);
    };
    assert.deepEqual(silent('a'), []);
    assert.deepEqual(silent('a', 'b'), []);
    const later = Array.from({ length: 12 }, () => silent('a', 'b'));
    assert.deepEqual(later.slice(0, 10).flat(), []);
    assert.deepEqual(later.at(-1), ['c'], 'one that stays silent is dead');
  });

  it('the same name started again is another: the former has left first', () => {
    const members = new Membership();
    members.told(new Map([member('a', true), member('b', true)]), [], 0);
    assert.deepEqual(kinds(members.told(new Map([member('a', true), member('b', true, 'b2')]), ['b1'], 300)), ['b left', 'b joined']);
  });
});

describe('messages from one process to another', () => {
  it('arrive in order and once, whatever Redis loses or repeats', () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const draw = draws(seed);
      const outbox = new Outbox();
      const inbox = new Inbox();
      const got: string[] = [];
      let stream: { first: number; messages: string[] }[] = [];
      let said = 0;
      for (let step = 0; step < 400 || got.length < said; step += 1) {
        assert.ok(step < 5_000, `seed ${seed}: ${got.length} of ${said}`);
        const talking = step < 400;
        switch (draw(talking ? 8 : 5)) {
          case 0: {
            const batch = outbox.batch(1 + draw(5));
            if (!batch) break;
            stream.push(batch);
            // the answer may be lost: then the same is sent again
            if (draw(4) > 0) outbox.sent(batch.first + batch.messages.length - 1, step);
            break;
          }
          case 1: {
            const entry = stream.shift();
            if (entry) got.push(...inbox.take('a', entry.first, entry.messages));
            break;
          }
          case 2:
            outbox.confirmed(inbox.confirmations().a ?? 0, step);
            break;
          case 3:
            if (talking && draw(10) === 0) stream = [];
            break;
          case 4:
            outbox.resendIfOwed(step, 20);
            break;
          default:
            outbox.push(String(said));
            said += 1;
        }
      }
      assert.deepEqual(
        got,
        Array.from({ length: said }, (_, n) => String(n)),
      );
    }
  });

  it('what the last leader has not taken goes to the next one, in order', () => {
    const queue = new LeaderQueue<string>();
    for (const word of ['a', 'b', 'c']) queue.push(word);
    assert.deepEqual(
      queue.due(1).map(({ message }) => message),
      ['a', 'b', 'c'],
    );
    queue.taken(1);
    queue.push('d');
    assert.deepEqual(
      queue.due(1).map(({ message }) => message),
      ['d'],
    );
    assert.deepEqual(
      queue.due(2).map(({ message }) => message),
      ['b', 'c', 'd'],
    );
  });
});

import assert from 'node:assert/strict';
import { type DomainEvent, silentLogger, systemClock } from '@yixian/contracts';
import { createJournal, type Journal } from '../src/index.js';
import { startTestDatabase, type TestDatabase } from './support/database.js';

interface Row {
  seq: number;
  agent_id: string;
  state: string;
  started_at: number;
  ended_at: number | null;
}

// Several processes of one hotline: whoever decides tells how agents' states change and writes them, maybe after the next one has.
describe('agents’ states by several processes', function () {
  this.timeout(60_000);
  let db: TestDatabase;
  const open: Journal[] = [];
  const BEGAN = Date.UTC(2026, 2, 1, 4);
  const STATES = ['ready', 'ringing', 'on-call', 'wrap-up', 'not-ready'] as const;

  const start = (instanceId: string): Journal => {
    const journal = createJournal({ knex: db.knex, logger: silentLogger, clock: systemClock(), instanceId });
    open.push(journal);
    return journal;
  };
  const change = (seq: number, to: string, agentId = '1001', at = BEGAN + seq * 1_000): DomainEvent =>
    ({
      id: `e${seq}`,
      seq,
      at,
      type: 'agent.state-changed',
      agentId,
      data: { from: 'offline', to, reason: null, by: 'system' },
    }) as DomainEvent;
  const stored = async (): Promise<Row[]> => (await db.knex('agent_state_intervals').orderBy('seq')) as Row[];
  const shown = (rows: Row[]) =>
    rows.map(({ seq, state, ended_at }) => [seq, state, ended_at === null ? null : (ended_at - BEGAN) / 1_000]);

  before(async () => {
    db = await startTestDatabase();
  });
  afterEach(async () => {
    for (const journal of open.splice(0)) await journal.close();
    await db.clear();
  });
  after(() => db.stop());

  it('what the one before writes late has its place before what the next one wrote', async () => {
    const [old, next] = [start('old'), start('next')];
    old.append(change(1, 'ready'));
    await old.flush();
    next.append(change(3, 'ringing'));
    await next.flush();
    old.append(change(2, 'not-ready'));
    await old.flush();
    next.append(change(4, 'on-call'));
    await next.flush();
    assert.deepEqual(shown(await stored()), [
      [1, 'ready', 2],
      [2, 'not-ready', 3],
      [3, 'ringing', 4],
      [4, 'on-call', null],
    ]);
  });

  it('the next one ends what the one before wrote after the next had looked', async () => {
    const [old, next] = [start('old'), start('next')];
    old.append(change(1, 'ready'));
    await old.flush();
    next.append(change(2, 'not-ready', '1002')); // it has looked by now
    await next.flush();
    old.append(change(3, 'wrap-up'));
    await old.flush();
    next.append(change(4, 'not-ready'));
    await next.flush();
    assert.deepEqual(shown((await stored()).filter(({ agent_id }) => agent_id === '1001')), [
      [1, 'ready', 3],
      [3, 'wrap-up', 4],
      [4, 'not-ready', null],
    ]);
  });

  it('an interval that was cut when its process died is not made longer', async () => {
    const [old, next] = [start('old'), start('next')];
    old.append(change(1, 'on-call'));
    await old.flush();
    await db.knex('agent_state_intervals').update({ ended_at: new Date(BEGAN + 1_500) });
    next.append(change(9, 'ready'));
    await next.flush();
    assert.deepEqual(shown(await stored()), [
      [1, 'on-call', 1.5],
      [9, 'ready', null],
    ]);
  });

  it('whoever writes when: intervals meet, each ends where the next begins, one is open, none is negative', async () => {
    for (let seed = 1; seed <= 12; seed++) {
      let drawn = seed;
      const draw = (below: number): number => {
        drawn = (Math.imul(drawn, 1_664_525) + 1_013_904_223) >>> 0;
        return Math.floor((drawn / 2 ** 32) * below);
      };
      await db.clear();
      const agents = ['1001', '1002', '1003'];
      const expected = new Map<string, { seq: number; at: number }[]>(agents.map((id) => [id, []]));
      // what each has published and not stored yet, in order
      const processes = ['a', 'b', 'c'].map((name) => ({ journal: start(`${name}${seed}`), kept: [] as DomainEvent[] }));
      const store = async ({ journal, kept }: (typeof processes)[number]): Promise<void> => {
        for (const event of kept.splice(0, 1 + draw(4))) journal.append(event);
        await journal.flush();
      };
      let decides = processes[0];
      let at = BEGAN;
      for (let seq = 1; seq <= 60; seq++) {
        if (draw(6) === 0) decides = processes[draw(3)];
        // the clocks of two machines differ
        at += draw(900) - 100;
        const agentId = agents[draw(3)] as string;
        expected.get(agentId)?.push({ seq, at });
        decides?.kept.push(change(seq, STATES[draw(STATES.length)] as string, agentId, at));
        if (draw(3) === 0) await Promise.all(processes.filter(() => draw(2) === 0).map(store));
      }
      while (processes.some(({ kept }) => kept.length > 0)) await Promise.all(processes.map(store));
      const rows = await stored();
      for (const [agentId, changes] of expected) {
        const mine = rows.filter((row) => row.agent_id === agentId);
        assert.deepEqual(
          mine.map(({ seq }) => seq),
          changes.map(({ seq }) => seq),
          `seed ${seed}, agent ${agentId}: none is lost`,
        );
        mine.forEach((row, n) => {
          const next = changes[n + 1];
          // one that was cut where a later one began stays cut, should an earlier one have begun after it by its clock
          if (!next) assert.equal(row.ended_at, null);
          else assert.ok(row.ended_at !== null && row.ended_at >= row.started_at && row.ended_at <= Math.max(row.started_at, next.at));
        });
      }
      for (const journal of open.splice(0)) {
        assert.equal(journal.metrics().journal_events_rejected_total, 0);
        await journal.close();
      }
    }
  });

  it('the same events again change nothing', async () => {
    const events = [change(1, 'ready'), change(2, 'ringing'), change(3, 'ready', '1002')];
    for (const name of ['one', 'other']) {
      const journal = start(name);
      for (const event of events) journal.append(event);
      await journal.flush();
      if (name === 'one') journal.append(change(4, 'on-call'));
      await journal.flush();
    }
    assert.deepEqual(shown(await stored()), [
      [1, 'ready', 2],
      [2, 'ringing', 4],
      [3, 'ready', null],
      [4, 'on-call', null],
    ]);
  });
});

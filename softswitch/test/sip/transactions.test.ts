import assert from 'node:assert/strict';
import { IllegalTransition } from '@yixian/contracts';
import { makeRequest, makeResponse } from '../../src/sip/parser/message.js';
import { inviteClient, stepInviteClient } from '../../src/sip/transaction/invite-client.js';
import { inviteServer, stepInviteServer } from '../../src/sip/transaction/invite-server.js';
import { nonInviteClient, stepNonInviteClient } from '../../src/sip/transaction/non-invite-client.js';
import { nonInviteServer, stepNonInviteServer } from '../../src/sip/transaction/non-invite-server.js';
import type { TimerName } from '../../src/sip/transaction/timers.js';
import type { ClientInput, Effect, ServerInput, Step } from '../../src/sip/transaction/types.js';

const response = (status: number) => makeResponse(status, 'x', []);
const says = (status: number): ClientInput => ({ type: 'response', response: response(status) });
const answers = (status: number): ServerInput => ({ type: 'respond', response: response(status) });
const ack: ServerInput = { type: 'ack', ack: makeRequest('ACK', 'sip:a@b', []) };

/** A machine with its timers on a time line of its own: what it did, and when. */
class Bench<S extends { name: string }, I> {
  state: S;
  now = 0;
  readonly log: string[] = [];
  readonly timers = new Map<TimerName, number>();
  readonly #step: (state: S, input: I) => Step<S>;
  readonly #timer: (timer: TimerName) => I;

  constructor(state: S, step: (state: S, input: I) => Step<S>, timer: (timer: TimerName) => I) {
    this.state = Object.freeze(state);
    this.#step = step;
    this.#timer = timer;
  }

  input(input: I): this {
    const { state, effects } = this.#step(this.state, input);
    this.state = Object.freeze(state);
    for (const effect of effects) this.#run(effect);
    return this;
  }

  /** Lets time pass, firing timers in their order. */
  until(ms: number): this {
    for (;;) {
      const due = [...this.timers].filter(([, at]) => at <= ms).sort((a, b) => a[1] - b[1])[0];
      if (!due) break;
      this.timers.delete(due[0]);
      this.now = due[1];
      this.input(this.#timer(due[0]));
    }
    this.now = ms;
    return this;
  }

  #run(effect: Effect): void {
    if (effect.type === 'start-timer') this.timers.set(effect.timer, this.now + effect.ms);
    else if (effect.type === 'stop-timer') this.timers.delete(effect.timer);
    else {
      if (effect.type === 'terminated') this.timers.clear();
      const status = 'response' in effect ? ` ${effect.response.status}` : '';
      this.log.push(`${this.now} ${effect.type}${status}`);
    }
  }
}

const timer = (name: TimerName) => ({ type: 'timer', timer: name }) as const;
const ict = (reliable = false) =>
  new Bench(inviteClient(reliable), stepInviteClient, timer as (t: TimerName) => ClientInput).input({ type: 'start' });
const nict = (reliable = false) =>
  new Bench(nonInviteClient(reliable), stepNonInviteClient, timer as (t: TimerName) => ClientInput).input({ type: 'start' });
const ist = (reliable = false) => new Bench(inviteServer(reliable), stepInviteServer, timer as (t: TimerName) => ServerInput);
const nist = (reliable = false) => new Bench(nonInviteServer(reliable), stepNonInviteServer, timer as (t: TimerName) => ServerInput);
const REQUEST: ServerInput = { type: 'request' };

describe('INVITE client transaction (RFC 3261 §17.1.1, RFC 6026 §7.2)', () => {
  it('timer A doubles from T1, timer B ends it at 64·T1', () => {
    const b = ict().until(40_000);
    const sent = [0, 500, 1_500, 3_500, 7_500, 15_500, 31_500].map((t) => `${t} send-request`);
    assert.deepEqual(b.log, [...sent, '32000 timed-out', '32000 terminated']);
  });

  it('reliable transports: no timer A, still timer B', () => {
    assert.deepEqual(ict(true).until(40_000).log, ['0 send-request', '32000 timed-out', '32000 terminated']);
  });

  it('a provisional response stops A and B; each one goes up', () => {
    const b = ict().until(100).input(says(180)).input(says(183)).until(1_000_000);
    assert.deepEqual(b.log, ['0 send-request', '100 pass-response 180', '100 pass-response 183']);
    assert.equal(b.state.name, 'proceeding');
  });

  it('300–699: ACK, told once, repeats acknowledged for timer D of 32 s', () => {
    const b = ict().input(says(486)).until(1_000).input(says(486)).until(40_000);
    assert.deepEqual(b.log, ['0 send-request', '0 send-ack 486', '0 pass-response 486', '1000 send-ack 486', '32000 terminated']);
  });

  it('reliable transports: timer D is zero', () => {
    assert.deepEqual(ict(true).input(says(404)).log.slice(1), ['0 send-ack 404', '0 pass-response 404', '0 terminated']);
  });

  it('2xx: accepted for timer M of 64·T1, every further 2xx goes up, anything else is absorbed', () => {
    const b = ict().input(says(200)).until(500).input(says(200)).input(says(486)).input(says(180)).until(40_000);
    assert.deepEqual(b.log.slice(1), ['0 pass-response 200', '500 pass-response 200', '32000 terminated']);
  });

  it('a transport error is told and ends it; not after a 2xx (RFC 6026 §8.4)', () => {
    assert.deepEqual(ict().input({ type: 'transport-error' }).log.slice(1), ['0 transport-failed', '0 terminated']);
    assert.equal(ict().input(says(200)).input({ type: 'transport-error' }).state.name, 'accepted');
    assert.equal(ict().input(says(500)).input({ type: 'transport-error' }).state.name, 'terminated');
  });

  it('a timer that no diagram has is our own mistake', () => {
    assert.throws(() => ict().input(timer('K')), IllegalTransition);
    assert.throws(() => ict().input(says(180)).input({ type: 'start' }), IllegalTransition);
  });
});

describe('non-INVITE client transaction (RFC 3261 §17.1.2)', () => {
  it('timer E doubles up to T2, timer F ends it at 64·T1', () => {
    const b = nict().until(40_000);
    const sent = [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500].map((t) => `${t} send-request`);
    assert.deepEqual(b.log, [...sent, '32000 timed-out', '32000 terminated']);
  });

  it('after a provisional response it is repeated every T2, and F still runs', () => {
    const b = nict().until(100).input(says(100)).until(9_000);
    assert.deepEqual(b.log, ['0 send-request', '100 pass-response 100', '4100 send-request', '8100 send-request']);
    assert.equal(b.until(40_000).state.name, 'terminated');
  });

  it('a final response is told once; repeats are absorbed for timer K of T4', () => {
    const b = nict().input(says(200)).input(says(200)).until(4_999);
    assert.equal(b.state.name, 'completed');
    assert.deepEqual(b.until(5_000).log, ['0 send-request', '0 pass-response 200', '5000 terminated']);
  });

  it('reliable transports: neither E nor K', () => {
    assert.deepEqual(nict(true).until(3_000).input(says(200)).log, ['0 send-request', '3000 pass-response 200', '3000 terminated']);
  });
});

describe('INVITE server transaction (RFC 3261 §17.2.1, RFC 6026 §7.1)', () => {
  it('a repeated INVITE gets the newest provisional response', () => {
    const b = ist().input(REQUEST).input(answers(100)).input(answers(180)).input(REQUEST);
    assert.deepEqual(b.log, ['0 send-response 100', '0 send-response 180', '0 send-response 180']);
  });

  it('300–699: timer G doubles up to T2, timer H gives up at 64·T1', () => {
    const b = ist().input(answers(486)).until(40_000);
    const sent = [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500].map((t) => `${t} send-response 486`);
    assert.deepEqual(b.log, [...sent, '32000 timed-out', '32000 terminated']);
  });

  it('its ACK stops the repeats; more ACKs are absorbed for timer I of T4', () => {
    const b = ist().input(answers(486)).until(100).input(ack).input(ack).input(REQUEST).until(60_000);
    assert.deepEqual(b.log, ['0 send-response 486', '5100 terminated']);
  });

  it('reliable transports: no G, I is zero', () => {
    assert.deepEqual(ist(true).input(answers(486)).until(10_000).input(ack).log, ['0 send-response 486', '10000 terminated']);
  });

  it('2xx: repeated INVITEs are absorbed, 2xx of the user pass, the ACK goes up, timer L ends it', () => {
    const b = ist().input(answers(200)).input(REQUEST).until(500).input(answers(200)).input(ack).until(40_000);
    assert.deepEqual(b.log, ['0 send-response 200', '500 send-response 200', '500 pass-ack', '32000 terminated']);
  });

  it('a final answer after a final answer is our own mistake', () => {
    assert.throws(() => ist().input(answers(486)).input(answers(486)), IllegalTransition);
    assert.throws(() => ist().input(answers(200)).input(answers(486)), IllegalTransition);
  });

  it('a transport error ends it', () => {
    assert.deepEqual(ist().input(answers(486)).input({ type: 'transport-error' }).log.slice(1), ['0 transport-failed', '0 terminated']);
  });
});

describe('non-INVITE server transaction (RFC 3261 §17.2.2)', () => {
  it('repeats before an answer are absorbed, after a provisional one they get it', () => {
    const b = nist().input(REQUEST).input(answers(100)).input(REQUEST);
    assert.deepEqual(b.log, ['0 send-response 100', '0 send-response 100']);
  });

  it('the final answer is repeated for every copy until timer J at 64·T1', () => {
    const b = nist().input(answers(200)).until(31_000).input(REQUEST).until(40_000);
    assert.deepEqual(b.log, ['0 send-response 200', '31000 send-response 200', '32000 terminated']);
  });

  it('a second final answer is discarded', () => {
    assert.deepEqual(nist().input(answers(200)).input(answers(500)).log, ['0 send-response 200']);
  });

  it('reliable transports: J is zero', () => {
    assert.deepEqual(nist(true).input(answers(200)).log, ['0 send-response 200', '0 terminated']);
  });
});

describe('the diagrams name every state of the machine', () => {
  for (const [file, states] of [
    ['invite-client', ['calling', 'proceeding', 'accepted', 'completed', 'terminated']],
    ['non-invite-client', ['trying', 'proceeding', 'completed', 'terminated']],
    ['invite-server', ['proceeding', 'accepted', 'completed', 'confirmed', 'terminated']],
    ['non-invite-server', ['trying', 'proceeding', 'completed', 'terminated']],
  ] as const) {
    it(file, async () => {
      const { readFile } = await import('node:fs/promises');
      const source = await readFile(new URL(`../../../src/sip/transaction/${file}.ts`, import.meta.url), 'utf8');
      const diagram = source.slice(source.indexOf('/**'), source.indexOf('*/'));
      const step = source.slice(source.indexOf('export function step'));
      const named = [...step.matchAll(/case '([a-z]+)':/g)].map((m) => m[1]);
      for (const state of states) assert.ok(diagram.includes(state), `${state} is not in the diagram`);
      assert.deepEqual(new Set(named), new Set<string | undefined>(states));
    });
  }
});

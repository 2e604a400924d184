import assert from 'node:assert/strict';
import { DomainError } from '@yixian/contracts';
import { type Bench, startBench, until } from './support.js';

describe('processes of one hotline over Redis', function () {
  this.timeout(90_000);
  let bench: Bench;

  beforeEach(async () => {
    bench = await startBench();
  });
  afterEach(() => bench.close());

  it('the first decides; when it says goodbye another does, with a higher term', async () => {
    const a = await bench.join('a');
    await until('a leads', () => a.leadership().mine);
    const b = await bench.join('b');
    await until('both know', () => a.nodes().length === 2 && b.leadership().leader === 'a');
    assert.equal(b.leadership().mine, false);
    const { term } = a.leadership();
    await a.leave();
    await until('b leads', () => b.leadership().mine);
    assert.ok(b.leadership().term > term);
    assert.deepEqual(
      b.nodes().map(({ node }) => node),
      ['b'],
    );
  });

  it('two with one name: the second is refused', async () => {
    await bench.join('a');
    await assert.rejects(bench.join('a'), /another process of this hotline is called HOTLINE_NODE=a/);
  });

  it('messages arrive in order, each once, also while Redis is restarted', async () => {
    const [a, b] = [await bench.join('a'), await bench.join('b')];
    await until('a knows b', () => a.nodes().length === 2);
    const got: number[] = [];
    b.receive('count', ({ body }) => got.push(body as number));
    for (let n = 0; n < 200; n += 1) a.post('b', 'count', n);
    const restarted = bench.restartRedis();
    for (let n = 200; n < 400; n += 1) {
      a.post('b', 'count', n);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await restarted;
    for (let n = 400; n < 600; n += 1) a.post('b', 'count', n);
    await until('all are there', () => got.length >= 600);
    assert.deepEqual(
      got,
      Array.from({ length: 600 }, (_, n) => n),
    );
  });

  it('a question is answered, refused with its reason, or unavailable when the other is gone', async () => {
    const [a, b] = [await bench.join('a'), await bench.join('b')];
    await until('a knows b', () => a.nodes().length === 2);
    b.answer('double', async (body) => 2 * (body as number));
    b.answer('refuse', async () => {
      throw new DomainError('conflict', 'not now', { field: 'x' });
    });
    b.answer('never', () => new Promise(() => undefined));
    assert.equal(await a.ask('b', 'double', 21, 10_000), 42);
    await assert.rejects(
      a.ask('b', 'refuse', null, 10_000),
      (e: unknown) => e instanceof DomainError && e.code === 'conflict' && e.details?.field === 'x',
    );
    const unanswered = a.ask('b', 'never', null, 60_000);
    await b.leave();
    await assert.rejects(unanswered, (e: unknown) => e instanceof DomainError && e.code === 'unavailable');
    await assert.rejects(a.ask('b', 'double', 1, 10_000), /is gone/);
  });

  it('what is said to the leader while there is none is kept for the next one, in order', async () => {
    const a = await bench.join('a', { composed: false });
    const b = await bench.join('b', { composed: false });
    const got: [string, unknown][] = [];
    a.receive('do', ({ body, from }) => got.push([from, body]));
    for (const n of [1, 2, 3]) b.post('leader', 'do', n);
    const answer = b.ask('leader', 'who', null, 30_000);
    a.answer('who', async () => 'a');
    a.composed();
    assert.equal(await answer, 'a');
    b.post('leader', 'do', 4);
    await until('all are done', () => got.length === 4);
    assert.deepEqual(
      got.map(([, body]) => body),
      [1, 2, 3, 4],
    );
  });

  it('what nobody listens to yet is kept until the process is composed', async () => {
    const a = await bench.join('a');
    const b = await bench.join('b', { composed: false });
    await until('a knows b', () => a.nodes().length === 2);
    a.post('b', 'early', 'bird');
    b.answer('ping', async () => 'pong');
    await a.ask('b', 'ping', null, 10_000); // by now it has come
    const got: unknown[] = [];
    b.receive('early', ({ body }) => got.push(body));
    assert.deepEqual(got, ['bird']);
  });

  it('one that drains hands the decisions over', async () => {
    const [a, b] = [await bench.join('a'), await bench.join('b')];
    await until('a leads', () => a.leadership().mine && a.nodes().length === 2);
    a.drain();
    await until('b leads', () => b.leadership().mine);
    assert.equal(a.leadership().mine, false);
    await until('b knows', () => b.nodes().find(({ node }) => node === 'a')?.state === 'draining');
  });

  it('Redis loses everything in a moment: nobody is taken for dead, there is a new term, what is said arrives', async () => {
    const [a, b] = [await bench.join('a'), await bench.join('b')];
    const expelled: string[] = [];
    for (const one of [a, b]) one.onExpelled(() => expelled.push(one.self.node));
    await until('both see both', () => a.nodes().length === 2 && b.nodes().length === 2);
    await until('one leads', () => a.leadership().mine && b.leadership().leader === 'a');
    const { term } = a.leadership();
    const got: unknown[] = [];
    b.receive('after', ({ body }) => got.push(body));
    await a.wire.evaluate("return redis.call('flushall')", [], []);
    await until('a new term', () => a.leadership().term > term && a.leadership().term === b.leadership().term);
    await until('both are in Redis again', () => a.metrics().cluster_nodes === 2 && b.metrics().cluster_nodes === 2);
    a.post('b', 'after', 1);
    await until('it is heard', () => got.length === 1);
    assert.deepEqual(expelled, []);
    assert.deepEqual([a.nodes().length, b.nodes().length], [2, 2]);
  });
});

import assert from 'node:assert/strict';
import { type CallbackView, type Conversations, DomainError, type QueueRequest } from '@yixian/contracts';
import { createPrompts, type FlowDocument, shippedEnglishPromptsDirectory, shippedPromptsDirectory } from '../../src/index.js';
import { documentOf } from '../support/dialogue.js';
import { settle } from '../support/fake-leg.js';
import { deferred, Hotline, recordingLogger } from '../support/hotline.js';

type Nodes = FlowDocument['nodes'];
const end = { type: 'hangup' } as const;
const say = (id: string) => ({ type: 'play' as const, prompts: [id], interruptible: false, next: 'end' });
const nodesOf = (line: Hotline): unknown[] => line.events.flatMap((e) => (e.type === 'call.reached-node' ? [e.data.nodeId] : []));

describe('the flows of one call', () => {
  const main = (prompt: string): Nodes => ({
    a: { type: 'play', prompts: [prompt], next: 's' },
    s: { type: 'sub-flow', flow: 'sub', next: 'end', otherwise: 'end' },
    end,
  });
  const sub = (prompt: string): FlowDocument => ({
    ...documentOf({ p: { type: 'play', prompts: [prompt], next: 't' }, t: { type: 'return' } }),
    id: 'sub',
  });

  it('a sub-flow is taken at the version it had when the call began', async () => {
    const line = new Hotline(documentOf(main('greeting')));
    line.flows.set('sub', { version: 5, document: sub('goodbye') });
    await line.start();
    line.flows.set('sub', { version: 6, document: sub('queue-full') });
    await line.pass(1000);
    assert.equal(line.leg.log.at(-1), 'play goodbye');
    await line.pass(1000);
    assert.deepEqual(
      line.events.filter((event) => /flow$/.test(event.type)).map((event) => event.data),
      [
        { flowId: 'test', version: 3 },
        { flowId: 'test', result: 'sub-flow:sub' },
        { flowId: 'sub', version: 5 },
        { flowId: 'sub', result: 'returned' },
        { flowId: 'test', version: 3 },
        { flowId: 'test', result: 'ended' },
      ],
    );
    assert.deepEqual(line.leftovers, []);
  });

  it('one that was not there when the call began is taken as it is when the call enters it', async () => {
    const line = new Hotline(documentOf(main('greeting')));
    await line.start();
    line.flows.set('sub', { version: 1, document: sub('goodbye') });
    await line.pass(1000);
    assert.equal(line.leg.log.at(-1), 'play goodbye');
  });

  it('a draft can be run in place of what is published; one that is not valid is refused', async () => {
    const line = new Hotline(documentOf(main('greeting')));
    const { createFlowRunner } = await import('../../src/index.js');
    const runner = createFlowRunner(line.deps);
    void runner.run(line.call, 'test', { draft: { version: 9, document: documentOf({ p: say('goodbye'), end }) } });
    await settle();
    assert.equal(line.leg.log.at(-1), 'play goodbye');
    assert.deepEqual(line.events[0]?.data, { flowId: 'test', version: 9 });
    const refused = await runner.run(line.call, 'test', { draft: { version: 10, document: {} } });
    assert.equal(refused.termination.text, 'flow test version 10 is not valid');
  });
});

describe('the language of a call', () => {
  it('reaches prompts and the queue', async () => {
    const requests: QueueRequest[] = [];
    const lines: string[] = [];
    const line = new Hotline(
      documentOf({
        l: { type: 'language', language: 'en-US', next: 'p' },
        p: { type: 'say', items: ['greeting', { as: 'number', value: '12' }], next: 'q' },
        q: { type: 'queue', queue: 'consult', agent: '1001', group: 'water', minLevels: { english: 4 }, otherwise: 'end' },
        end,
      }),
      {
        prompts: createPrompts({
          directories: [shippedPromptsDirectory],
          languages: { en: [shippedEnglishPromptsDirectory] },
          logger: recordingLogger(lines),
        }),
        queues: {
          enqueue(request) {
            requests.push(request);
            return { result: Promise.resolve({ outcome: 'no-agents' }), leave: () => undefined };
          },
        },
      },
    );
    await line.start();
    assert.equal(line.leg.log.at(-1), 'play greeting+num-12', 'twelve is one word');
    await line.pass(2000);
    const [request] = requests;
    assert.deepEqual(
      [request?.call.language, request?.agentId, request?.group, request?.minLevels],
      ['en-US', '1001', 'water', { english: 4 }],
    );
    assert.equal(request?.call.leg, line.leg);
  });
});

describe('schedules and lists', () => {
  it('are those of the directory, in the hotline’s time zone', async () => {
    const nodes: Nodes = {
      s: { type: 'schedule', schedule: 'office', open: 'l', closed: 'closed', holiday: 'holiday' },
      l: { type: 'caller-list', list: 'vip', listed: 'vip', notListed: 'end' },
      vip: say('greeting'),
      closed: say('closed'),
      holiday: say('closed-holiday'),
      end,
    };
    const office = (line: Hotline) =>
      line.schedules.set('office', {
        ...{ id: 'office', name: 'office', holidays: 'closed', special: [] },
        weekly: [{ days: [1, 2, 3, 4, 5], from: '09:00', to: '18:00' }],
      });
    const open = new Hotline(documentOf(nodes));
    office(open);
    open.lists.set('vip', [{ number: '13800000000', prefix: false, expiresAt: null, note: '' }]);
    await open.start();
    assert.deepEqual(nodesOf(open), ['s', 'l', 'vip']);
    const holiday = new Hotline(documentOf(nodes));
    office(holiday);
    holiday.calendar.set('2026-03-02', { date: '2026-03-02', kind: 'holiday', name: '补休' });
    await holiday.start();
    assert.deepEqual(nodesOf(holiday), ['s', 'holiday']);
    const missing = new Hotline(documentOf(nodes));
    await missing.start();
    assert.deepEqual(nodesOf(missing), ['s', 'l', 'end']);
    assert.deepEqual(missing.lines, ['warn there is no schedule office; taken as open', 'warn there is no list vip; taken as not listed']);
  });
});

describe('callbacks, parking and notes', () => {
  const callback: Nodes = {
    c: { type: 'callback', queue: 'consult', confirm: false, next: 'ok', otherwise: 'no' },
    ok: say('callback-thanks'),
    no: say('goodbye'),
    end,
  };

  it('a callback is asked for with the place of the call’s arrival', async () => {
    const asked: unknown[] = [];
    const line = new Hotline(documentOf(callback), {
      callbacks: {
        async request(request) {
          asked.push(request);
          return { id: 'cb-1' } as CallbackView;
        },
      },
    });
    await line.start();
    assert.deepEqual(asked, [{ queueId: 'consult', number: '13800000000', since: line.call.startedAt, by: 'caller' }]);
    assert.deepEqual(nodesOf(line), ['c', 'ok']);
  });

  it('a callback asks for the levels that were asked of later queues', async () => {
    const asked: unknown[] = [];
    const levels = { type: 'skill-requirement', minLevels: { english: 6 }, next: 'c' } as const;
    const line = new Hotline(documentOf({ s: levels, ...callback }), {
      callbacks: {
        async request(request) {
          asked.push(request.minLevels);
          return { id: 'cb-1' } as CallbackView;
        },
      },
    });
    await line.start();
    assert.deepEqual([asked, nodesOf(line)], [[{ english: 6 }], ['s', 'c', 'ok']]);
  });

  it('one that is refused, or that nobody answers, goes elsewhere', async () => {
    const refused = new Hotline(documentOf(callback), {
      callbacks: { request: () => Promise.reject(new DomainError('conflict', 'waits already', {})) },
    });
    await refused.start();
    assert.deepEqual(nodesOf(refused), ['c', 'no']);
    const slow = new Hotline(documentOf(callback), { callbacks: { request: () => new Promise(() => undefined) } });
    await slow.start();
    await slow.pass(10_000);
    assert.deepEqual(nodesOf(slow), ['c', 'no']);
    const absent = new Hotline(documentOf(callback));
    await absent.start();
    assert.deepEqual(nodesOf(absent), ['c', 'no']);
  });

  const parking: Nodes = {
    p: { type: 'park', slot: '7', next: 'after', timeout: 'late', otherwise: 'none' },
    after: say('greeting'),
    late: say('park-timeout'),
    none: say('goodbye'),
    end,
  };
  type Parked = Awaited<ReturnType<Conversations['park']>['result']>;

  it('a caller is parked with the slot announced; hanging up waits for the report', async () => {
    const result = deferred<Parked>();
    let options: Parameters<Conversations['park']>[1] | undefined;
    const line = new Hotline(documentOf(parking), {
      conversations: {
        park(_call, given) {
          options = given;
          return { slot: '7', result: result.promise };
        },
      },
    });
    await line.start();
    assert.deepEqual([options?.slot, options?.timeoutMs, options?.music], ['7', 300_000, 'queue-music']);
    const said = options?.announcement?.('71').map((item) => (item.kind === 'file' ? item.path.replace(/^.*\/|\.wav$/g, '') : item.kind));
    assert.deepEqual(said, ['park-slot', 'num-7', 'num-yao']);
    await line.hangUp();
    const early = line.result;
    assert.equal(early, undefined);
    result.resolve({ outcome: 'abandoned' });
    await settle();
    assert.equal(line.result?.termination.by, 'caller');
    assert.deepEqual(line.leftovers, []);
  });

  it('a slot that cannot be had, at once or later, goes elsewhere', async () => {
    for (const park of [
      (): never => {
        throw new DomainError('conflict', 'slot 7 is taken', {});
      },
      () => ({ slot: '7', result: Promise.reject(new Error('lost')) }),
    ]) {
      const line = new Hotline(documentOf(parking), { conversations: { park } });
      await line.start();
      assert.deepEqual(nodesOf(line), ['p', 'none']);
    }
  });

  it('a recorder of notes that never answers is given up', async () => {
    const line = new Hotline(
      documentOf({
        r: { type: 'record-message', prompts: [], maxSeconds: 10, next: 'ok', noMessage: 'no' },
        ok: say('greeting'),
        no: say('goodbye'),
        end,
      }),
      {
        notes: { record: () => new Promise(() => undefined) },
      },
    );
    await line.start();
    await line.pass(25_000);
    assert.deepEqual(nodesOf(line), ['r', 'no']);
    await line.pass(2000);
    assert.deepEqual(line.leftovers, []);
  });

  it('a request that never comes back is given up; hanging up meanwhile ends the flow at once', async () => {
    const nodes: Nodes = {
      h: { type: 'http-request', url: 'http://crm/', timeoutMs: 1000, retries: 0, next: 'ok', timeout: 'late', otherwise: 'end' },
      ok: say('greeting'),
      late: say('goodbye'),
      end,
    };
    const never = { http: { send: () => new Promise<never>(() => undefined) } };
    const line = new Hotline(documentOf(nodes), never);
    await line.start();
    await line.pass(1000 + 500 + 15_000);
    assert.deepEqual(nodesOf(line), ['h', 'late']);
    const gone = new Hotline(documentOf(nodes), never);
    await gone.start();
    await gone.hangUp();
    assert.equal(gone.result?.termination.by, 'caller');
    assert.deepEqual(gone.leftovers, []);
  });
});

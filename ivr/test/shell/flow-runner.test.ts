import assert from 'node:assert/strict';
import { applyCallEvent, type CallRecord, type DomainEvent } from '@yixian/contracts';
import { demoFlow } from '../../src/index.js';
import { documentOf } from '../support/dialogue.js';
import { settle } from '../support/fake-leg.js';
import { Hotline } from '../support/hotline.js';

const end = { type: 'hangup' } as const;
const FLOW_ENDED = { termination: { by: 'system', reason: 'flow-ended' } };

/** A call in the demo flow, in the consult queue. */
async function inConsult(): Promise<Hotline> {
  const line = new Hotline(demoFlow);
  await line.start();
  await line.press('1');
  return line;
}

describe('a call in the demo flow', () => {
  it('is answered, greeted, offered the menu and taken to the queue by its key', async () => {
    const line = new Hotline(demoFlow);
    await line.start();
    assert.deepEqual(line.leg.log, ['answer', 'play greeting']);
    await line.pass(1000);
    await line.pass(1000);
    assert.deepEqual(line.leg.log.slice(2), ['finished greeting', 'play main-menu', 'finished main-menu', 'collect 1']);
    await line.press('1');
    assert.deepEqual(line.asked, ['enqueue consult 0']);
    assert.deepEqual(line.types, [
      'call.entered-flow',
      'call.answered',
      'call.reached-node',
      'call.reached-node',
      'call.pressed-keys',
      'call.reached-node',
      'call.left-flow',
    ]);
    assert.ok(line.events.every((event) => event.callId === 'call-1'));
  });

  it('1 during the greeting reaches the queue with no time passing and without the menu being said', async () => {
    const line = new Hotline(demoFlow);
    await line.start();
    await line.pass(300);
    const before = line.clock.now();
    await line.press('1');
    assert.deepEqual(line.asked, ['enqueue consult 0']);
    assert.equal(line.clock.now(), before);
    assert.deepEqual(line.leg.log, ['answer', 'play greeting', 'interrupted greeting', 'collect 1']);
  });

  it('the choice does not wait until the switch has stopped the greeting', async () => {
    const line = new Hotline(demoFlow);
    line.leg.slowToStop = true;
    await line.start();
    await line.press('1');
    assert.deepEqual(line.asked, ['enqueue consult 0']);
    await line.pass(50);
    assert.deepEqual(line.lines, []);
    assert.deepEqual(line.asked, ['enqueue consult 0']);
  });

  it('the call has left the flow when the queue is told of it', async () => {
    const line = new Hotline(demoFlow);
    let published: string[] = [];
    line.deps = {
      ...line.deps,
      queues: {
        enqueue: () => {
          published = [...line.types];
          return { result: line.queue.promise, leave: () => undefined };
        },
      },
    };
    await line.start();
    await line.press('1');
    assert.equal(published.at(-1), 'call.left-flow');
  });

  it('after the agent the survey key is published; keys pressed during the talk are forgotten', async () => {
    const line = await inConsult();
    await line.press('4');
    line.queue.resolve({ outcome: 'served', agentId: '1001', callerStillUp: true });
    await settle();
    assert.equal(line.leg.log.at(-1), 'play survey');
    await line.press('5');
    assert.deepEqual(
      line.events.filter((event) => event.type === 'survey.answered').map((event) => event.data),
      [{ score: 5 }],
    );
    await line.pass(1000);
    assert.deepEqual(line.result, FLOW_ENDED);
    assert.deepEqual(line.leftovers, []);
  });

  it('its record has two flow segments, the survey and the path', async () => {
    const line = await inConsult();
    line.queue.resolve({ outcome: 'served', agentId: '1001', callerStillUp: true });
    await settle();
    await line.press('5');
    await line.pass(1000);
    const arrived = { type: 'call.arrived', callId: 'call-1', data: { direction: 'inbound', caller: '138', called: '12320' } };
    let record: CallRecord | undefined;
    for (const draft of [arrived, ...line.events]) record = applyCallEvent(record, { id: 'e', seq: 1, at: 1, ...draft } as DomainEvent);
    assert.equal(record?.survey, 5);
    assert.deepEqual(
      record?.segments.map((segment) => [segment.kind, segment.result]),
      [
        ['flow', 'queue:consult'],
        ['flow', 'ended'],
      ],
    );
    assert.deepEqual(record?.path.slice(0, 5), ['flow:main', 'node:greeting', 'node:menu', 'key:1', 'node:consult']);
  });

  it('a key during an announcement that cannot be interrupted chooses in the menu after it, which is not said', async () => {
    const menu = { type: 'menu', prompts: ['main-menu'], choices: [{ key: '1', next: 'q' }], otherwise: 'end' } as const;
    const legal = { type: 'play', prompts: ['greeting'], interruptible: false, next: 'menu' } as const;
    const line = new Hotline(documentOf({ legal, menu, q: { type: 'queue', queue: 'consult', priority: 5, otherwise: 'end' }, end }));
    await line.start();
    await line.press('1');
    assert.deepEqual(line.asked, []);
    await line.pass(1000);
    assert.deepEqual(line.asked, ['enqueue consult 5']);
    assert.deepEqual(line.leg.log, ['answer', 'play greeting', 'finished greeting', 'collect 1']);
  });

  describe('that will be recorded', () => {
    const queue = { type: 'queue', queue: 'consult', otherwise: 'again' } as const;
    const again = { type: 'queue', queue: 'operator', otherwise: 'end' } as const;
    const told = (): Hotline => {
      const line = new Hotline(documentOf({ q: queue, again, end }));
      Object.assign(line.deps.recorder, { announcement: () => 'queue-music' });
      return line;
    };

    it('is told so before it waits, once', async () => {
      const line = told();
      await line.start();
      assert.deepEqual([line.asked, line.leg.log], [[], ['answer', 'play queue-music']]);
      await line.pass(1000);
      assert.deepEqual(line.asked, ['enqueue consult 0']);
      line.queue.resolve({ outcome: 'timeout' });
      await settle();
      assert.deepEqual(line.asked, ['enqueue consult 0', 'enqueue operator 0']);
      assert.equal(line.leg.log.filter((entry) => entry === 'play queue-music').length, 1);
    });

    it('takes no place when the caller leaves meanwhile', async () => {
      const line = told();
      await line.start();
      await line.hangUp();
      assert.deepEqual(line.asked, []);
      assert.ok(line.result);
      assert.deepEqual(line.leftovers, []);
    });

    it('waits all the same when the prompt cannot be played', async () => {
      const line = told();
      line.leg.broken.add('queue-music');
      await line.start();
      await line.pass(0);
      assert.deepEqual(line.asked, ['enqueue consult 0']);
    });
  });

  it('a wrong key’s followers are forgotten: the caller hears what was wrong', async () => {
    const line = new Hotline(demoFlow);
    await line.start();
    await line.press('71');
    assert.deepEqual(line.asked, []);
    assert.equal(line.leg.log.at(-1), 'play invalid-choice+main-menu');
  });

  it('three missing choices take 3 × 5 s and lead to the operators', async () => {
    const line = new Hotline(demoFlow);
    await line.start();
    for (let i = 0; i < 40 && line.asked.length === 0; i++) await line.pass(1000);
    assert.deepEqual(line.asked, ['enqueue operator 0']);
    const spoken = line.leg.log.filter((entry) => entry.startsWith('play'));
    assert.deepEqual(spoken, ['play greeting', 'play main-menu', 'play no-choice+main-menu', 'play no-choice+main-menu']);
  });

  it('takes a message: announcement, recorder, thanks', async () => {
    const line = new Hotline(demoFlow);
    await line.start();
    await line.press('3');
    assert.equal(line.leg.log.at(-1), 'play voicemail');
    await line.press('#');
    assert.deepEqual(line.asked, ['voicemail main 120000 #']);
    line.message.resolve({ voicemailId: 'vm-1', durationMs: 4000 });
    await settle();
    assert.equal(line.leg.log.at(-1), 'play voicemail-thanks');
  });
});

describe('when the caller hangs up, everything of the flow ends at once', () => {
  const play = { type: 'play', prompts: ['greeting'], next: 'end' } as const;
  const moments: Array<{ at: string; nodes: Parameters<typeof documentOf>[0]; before?: (line: Hotline) => Promise<void> }> = [
    { at: 'play', nodes: { play, end } },
    {
      at: 'menu, prompt',
      nodes: { menu: { type: 'menu', prompts: ['main-menu'], choices: [{ key: '1', next: 'end' }], otherwise: 'end' }, end },
    },
    {
      at: 'menu, waiting for a key',
      nodes: { menu: { type: 'menu', prompts: [], choices: [{ key: '1', next: 'end' }], otherwise: 'end' }, end },
    },
    {
      at: 'collect, between two keys',
      nodes: { ask: { type: 'collect', prompts: [], maxDigits: 4, next: 'end', otherwise: 'end' }, end },
      before: (line) => line.press('1'),
    },
    { at: 'survey, prompt', nodes: { ask: { type: 'survey', prompts: ['survey'], next: 'end', otherwise: 'end' }, end } },
    {
      at: 'survey, waiting for a key',
      nodes: { ask: { type: 'survey', prompts: ['survey'], next: 'end', otherwise: 'end' }, end },
      before: (line) => line.pass(1000),
    },
    { at: 'voicemail, announcement', nodes: { vm: { type: 'voicemail', box: 'main', prompts: ['voicemail'], next: 'end' }, end } },
    {
      at: 'branch behind a play',
      nodes: {
        play: { ...play, next: 'b' },
        b: { type: 'branch', cases: [{ when: { variable: 'caller', equals: '1' }, next: 'end' }], otherwise: 'end' },
        end,
      },
    },
  ];
  for (const { at, nodes, before } of moments) {
    it(`at ${at}`, async () => {
      const line = new Hotline(documentOf(nodes));
      await line.start();
      await before?.(line);
      assert.equal(line.result, undefined);
      await line.hangUp();
      assert.deepEqual(line.result, { termination: { by: 'caller', reason: 'normal' } });
      assert.deepEqual(line.leftovers, []);
      assert.deepEqual(line.events.at(-1), { type: 'call.left-flow', callId: 'call-1', data: { flowId: 'test', result: 'caller-left' } });
      assert.deepEqual(line.lines, []);
    });
  }

  it('in a queue: the place is left, and the queue’s report is awaited', async () => {
    const line = await inConsult();
    await line.hangUp();
    assert.deepEqual(line.asked, ['enqueue consult 0', 'leave']);
    assert.equal(line.result, undefined);
    line.queue.resolve({ outcome: 'abandoned' });
    await settle();
    assert.deepEqual(line.result, { termination: { by: 'caller', reason: 'normal' } });
    assert.deepEqual(line.leftovers, []);
  });

  it('in a queue whose report comes first: the leg’s own termination stands', async () => {
    const line = await inConsult();
    line.queue.resolve({ outcome: 'abandoned' });
    line.leg.remoteHangUp({ by: 'network', reason: 'media-timeout' });
    await settle();
    assert.deepEqual(line.result, { termination: { by: 'network', reason: 'media-timeout' } });
  });

  it('in a queue that never reports: five seconds and one warning', async () => {
    const line = await inConsult();
    await line.hangUp();
    await line.pass(5000);
    assert.deepEqual(line.result, { termination: { by: 'caller', reason: 'normal' } });
    assert.deepEqual(line.lines, ['warn gave up waiting for the end of the call to be settled']);
    assert.deepEqual(line.leftovers, []);
  });

  it('while a message is recorded: the message is kept before the flow ends', async () => {
    const line = new Hotline(documentOf({ vm: { type: 'voicemail', box: 'main', prompts: [], next: 'end' }, end }));
    await line.start();
    await line.hangUp();
    assert.equal(line.result, undefined);
    line.message.resolve({ voicemailId: 'vm-1', durationMs: 3000 });
    await settle();
    assert.deepEqual(line.result, { termination: { by: 'caller', reason: 'normal' } });
    assert.deepEqual(line.leftovers, []);
  });

  it('while connected by a transfer', async () => {
    const line = new Hotline(documentOf({ t: { type: 'transfer', to: { extension: '1001' }, otherwise: 'end' }, end }));
    await line.start();
    await line.hangUp();
    line.transfer.resolve({ outcome: 'connected', callerStillUp: false });
    await settle();
    assert.deepEqual(line.result, { termination: { by: 'caller', reason: 'normal' } });
    assert.deepEqual(line.leftovers, []);
  });

  it('before the answer could be given', async () => {
    const line = new Hotline(demoFlow);
    line.leg.remoteHangUp({ by: 'caller', reason: 'cancelled' });
    await line.start();
    assert.deepEqual(line.result, { termination: { by: 'caller', reason: 'cancelled' } });
    assert.ok(!line.types.includes('call.answered'));
    assert.deepEqual(line.leftovers, []);
  });

  it('while a text is being made into speech: nothing is played to nobody', async () => {
    const line = new Hotline(documentOf({ say: { type: 'play', prompts: [{ say: '您好' }], next: 'end' }, end }));
    let spoken: (path: string) => void = () => undefined;
    line.deps = {
      ...line.deps,
      tts: {
        speak: () =>
          new Promise((resolve) => {
            spoken = resolve;
          }),
      },
    };
    await line.start();
    await line.hangUp();
    spoken('/tmp/spoken.wav');
    await settle();
    assert.deepEqual(line.leg.log, ['answer']);
    assert.deepEqual(line.leftovers, []);
  });
});

describe('what goes wrong in a flow is told and survived', () => {
  it('a missing prompt: one line that names it, a pause instead, and the flow goes on', async () => {
    const line = new Hotline(
      documentOf({ a: { type: 'play', prompts: ['nope'], next: 'b' }, b: { type: 'play', prompts: ['goodbye'], next: 'end' }, end }),
    );
    await line.start();
    assert.deepEqual(line.lines, ['warn prompt nope is missing: no nope.wav in the prompt folders']);
    assert.equal(line.leg.log.at(-1), 'play silence');
    await line.pass(1000);
    assert.equal(line.leg.log.at(-1), 'play goodbye');
  });

  it('a missing prompt among others leaves only itself out', async () => {
    const line = new Hotline(documentOf({ a: { type: 'play', prompts: ['greeting', 'nope', 'goodbye'], next: 'end' }, end }));
    await line.start();
    assert.equal(line.leg.log.at(-1), 'play greeting+goodbye');
  });

  it('a prompt file that cannot be read', async () => {
    const line = new Hotline(
      documentOf({ a: { type: 'play', prompts: ['greeting'], next: 'b' }, b: { type: 'play', prompts: ['goodbye'], next: 'end' }, end }),
    );
    line.leg.broken.add('greeting');
    await line.start();
    await line.pass(0);
    assert.deepEqual(line.lines, ['warn a prompt could not be played; the flow goes on']);
    assert.equal(line.leg.log.at(-1), 'play goodbye');
  });

  it('a text without speech synthesis', async () => {
    const line = new Hotline(documentOf({ a: { type: 'play', prompts: [{ say: '您好' }], next: 'end' }, end }));
    await line.start();
    assert.deepEqual(line.lines, ['warn a text cannot be spoken: no speech synthesis is configured']);
    assert.equal(line.leg.log.at(-1), 'play silence');
  });

  it('an unknown flow: refused before the answer, by name', async () => {
    const line = new Hotline(demoFlow);
    await line.start('nowhere');
    assert.deepEqual(line.result, { termination: { by: 'system', reason: 'flow-failure', text: 'there is no published flow nowhere' } });
    assert.deepEqual(line.leg.log, []);
    assert.deepEqual(line.lines, ['error call refused: there is no published flow nowhere']);
  });

  it('a published flow that is not valid: refused before the answer', async () => {
    const line = new Hotline(documentOf({ a: { type: 'play', prompts: ['x'], next: 'nowhere' } }));
    await line.start();
    assert.deepEqual(line.result?.termination.reason, 'flow-failure');
    assert.deepEqual(line.leg.log, []);
  });

  it('a queue, transfer or recorder that throws takes its way for failures', async () => {
    const line = await inConsult();
    line.queue.reject(new Error('redis is gone'));
    await settle();
    assert.equal(line.leg.log.at(-1), 'play system-error');
    const moved = new Hotline(
      documentOf({
        t: { type: 'transfer', to: { number: '10086' }, otherwise: 'p' },
        p: { type: 'play', prompts: ['transfer-failed'], next: 'end' },
        end,
      }),
    );
    await moved.start();
    assert.deepEqual(moved.asked, ['transfer number 10086']);
    moved.transfer.reject(new Error('no trunk'));
    await settle();
    assert.equal(moved.leg.log.at(-1), 'play transfer-failed');
    const vm = new Hotline(
      documentOf({
        v: { type: 'voicemail', box: 'main', prompts: [], next: 'end', noMessage: 'p' },
        p: { type: 'play', prompts: ['system-error'], next: 'end' },
        end,
      }),
    );
    await vm.start();
    vm.message.reject(new Error('disk is full'));
    await settle();
    assert.equal(vm.leg.log.at(-1), 'play system-error');
  });

  it('a neighbour that throws on the spot ends this call as flow-failure, with nothing left behind', async () => {
    const line = new Hotline(demoFlow);
    line.deps = {
      ...line.deps,
      queues: {
        enqueue: () => {
          throw new Error('bug');
        },
      },
    };
    await line.start();
    await line.press('1');
    assert.deepEqual(line.result, { termination: { by: 'system', reason: 'flow-failure', text: 'bug' } });
    assert.deepEqual(line.leftovers, []);
  });

  it('a leg that cannot be answered', async () => {
    const line = new Hotline(demoFlow);
    line.leg.answerFails = true;
    await line.start();
    assert.equal(line.result?.termination.reason, 'switch-failure');
    assert.deepEqual(line.leftovers, []);
  });

  it('a recorder that never comes back is given up after the message’s own length and a little', async () => {
    const line = new Hotline(documentOf({ v: { type: 'voicemail', box: 'main', prompts: [], maxSeconds: 60, next: 'end' }, end }));
    await line.start();
    await line.pass(75_000);
    assert.deepEqual(line.result, FLOW_ENDED);
    assert.deepEqual(line.lines, ['warn gave up waiting for a message to end']);
  });
});

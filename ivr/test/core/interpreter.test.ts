import assert from 'node:assert/strict';
import { demoFlow, type Flow, MAX_AUTOMATIC_HOPS, MAX_HOPS, step } from '../../src/index.js';
import { Dialogue, documentOf, flowOf } from '../support/dialogue.js';

const end = { type: 'hangup' } as const;

describe('hanging up in a flow', () => {
  it('while a prompt plays: media stops and the flow is over with the leg’s termination', () => {
    const call = new Dialogue(flowOf(demoFlow));
    call.answered();
    assert.deepEqual(call.hungUp(), ['stopMedia', 'hangUp caller normal']);
    assert.deepEqual(call.eventTypes().at(-1), 'left caller-left');
  });

  it('before the answer: the flow is over and was left', () => {
    const call = new Dialogue(flowOf(demoFlow));
    assert.deepEqual(call.hungUp(), ['stopMedia', 'hangUp caller normal']);
    assert.deepEqual(call.eventTypes(), ['entered main v1', 'left caller-left']);
  });

  it('in a queue: leaves it and waits for its report, so that left-queue precedes the end of the call', () => {
    const call = new Dialogue(flowOf(documentOf({ q: { type: 'queue', queue: 'consult', otherwise: 'end' }, end })));
    call.answered();
    assert.deepEqual(call.hungUp(), ['leaveQueue', 'awaitSettlement']);
    assert.equal(call.state.phase, 'settling');
    assert.deepEqual(call.tell({ type: 'queue-result', result: { outcome: 'abandoned' } }), ['hangUp caller normal']);
  });

  it('in a queue that never reports: the deadline ends the flow', () => {
    const call = new Dialogue(flowOf(documentOf({ q: { type: 'queue', queue: 'consult', otherwise: 'end' }, end })));
    call.answered();
    call.hungUp();
    assert.deepEqual(call.tell({ type: 'settle-deadline' }), ['hangUp caller normal']);
    assert.equal(call.state.phase, 'over');
  });

  it('after the end everything is ignored with a reason', () => {
    const call = new Dialogue(flowOf(documentOf({ end })));
    call.answered();
    for (const late of [call.played, call.hungUp, call.noKeys]) {
      assert.deepEqual(late(), []);
      assert.equal(call.last.ignored, 'the flow is over');
    }
  });
});

describe('the interpreter', () => {
  const flow = flowOf(
    documentOf({ a: { type: 'play', prompts: ['x'], next: 'b' }, b: { type: 'play', prompts: ['y'], next: 'end' }, end }),
  );

  it('ignores an answer that comes after the flow has gone on', () => {
    const call = new Dialogue(flow);
    call.answered();
    call.played();
    const late = step(call.state, { type: 'playback-ended', ticket: 1, end: 'finished' }, 0);
    assert.equal(late.ignored, 'the flow has gone on');
    assert.equal(late.state, call.state);
  });

  it('an input nothing asked for is our own mistake: IllegalTransition', () => {
    const call = new Dialogue(flow);
    call.answered();
    assert.throws(() => call.tell({ type: 'queue-result', result: { outcome: 'timeout' } }), { name: 'IllegalTransition' });
    assert.throws(() => step(call.state, { type: 'playback-ended', ticket: 99, end: 'finished' }, 0), { name: 'IllegalTransition' });
    assert.throws(() => call.answered(), { name: 'IllegalTransition' });
  });

  it('a key during an announcement that cannot be interrupted counts for the next question', () => {
    const call = new Dialogue(
      flowOf(
        documentOf({
          legal: { type: 'play', prompts: ['legal'], interruptible: false, next: 'm' },
          m: { type: 'menu', prompts: ['m'], choices: [{ key: '1', next: 'end' }], otherwise: 'end' },
          end,
        }),
      ),
    );
    assert.deepEqual(call.answered(), ['play legal to the end']);
    assert.deepEqual(call.played(), ['play m']);
    assert.deepEqual(call.interrupted(), ['collect 1 within 5000']);
  });

  it('a key during the first of two announcements skips the second as well', () => {
    const call = new Dialogue(
      flowOf(
        documentOf({
          a: { type: 'play', prompts: ['a'], next: 'b' },
          b: { type: 'play', prompts: ['b'], next: 'm' },
          m: { type: 'menu', prompts: ['m'], choices: [{ key: '1', next: 'end' }], otherwise: 'end' },
          end,
        }),
      ),
    );
    call.answered();
    assert.deepEqual(call.interrupted(), ['collect 1 within 5000']);
  });

  it('a key is not lost over an announcement that has to be heard', () => {
    const call = new Dialogue(
      flowOf(
        documentOf({
          a: { type: 'play', prompts: ['a'], next: 'legal' },
          legal: { type: 'play', prompts: ['legal'], interruptible: false, next: 'm' },
          m: { type: 'menu', prompts: ['m'], choices: [{ key: '1', next: 'end' }], otherwise: 'end' },
          end,
        }),
      ),
    );
    call.answered();
    assert.deepEqual(call.interrupted(), ['play legal to the end']);
    assert.deepEqual(call.played(), ['collect 1 within 5000']);
  });

  it('a prompt that could not be played does not stop the flow', () => {
    const call = new Dialogue(flow);
    call.answered();
    assert.deepEqual(call.tell({ type: 'playback-ended', end: 'failed' }), ['play y']);
  });

  it('a flow that runs in a circle without anybody is stopped as flow-failure', () => {
    const circle: Flow = { ...flow, nodes: { ...flow.nodes, b: { type: 'branch', cases: [], otherwise: 'b' } } };
    const call = new Dialogue(circle);
    call.answered();
    assert.deepEqual(call.played(), ['hangUp system flow-failure']);
    const reached = call.eventTypes().filter((event) => event.startsWith('reached'));
    assert.equal(reached.length, MAX_AUTOMATIC_HOPS);
    assert.equal(call.eventTypes().at(-1), 'left failed');
  });

  it('a machine that presses keys for ever is let go after a bounded number of nodes', () => {
    const call = new Dialogue(flowOf(demoFlow));
    call.answered();
    call.interrupted();
    let presses = 0;
    for (; call.state.phase !== 'over'; presses++) {
      call.keys('9');
      call.interrupted();
      assert.ok(presses <= MAX_HOPS);
    }
    assert.ok(presses > 1000, 'a patient person is not let go');
  });
});

describe('collect', () => {
  const flow = flowOf(
    documentOf({
      ask: {
        type: 'collect',
        prompts: ['account'],
        saveAs: 'account',
        minDigits: 4,
        maxDigits: 6,
        pattern: '[1-5]XXX.',
        attempts: 2,
        invalidPrompts: ['wrong'],
        noChoicePrompts: ['nothing'],
        next: 'read',
        otherwise: 'end',
      },
      read: { type: 'play', prompts: ['your-number', { digits: 'account' }, { number: 'account' }, { say: '谢谢' }], next: 'end' },
      end,
    }),
  );
  const asked = (): Dialogue => {
    const call = new Dialogue(flow);
    call.answered();
    assert.deepEqual(call.played(), ['collect 6 within 8000']);
    return call;
  };

  it('good digits are saved and can be said', () => {
    const call = asked();
    const said = 'play your-number+「幺二三四」+「一千二百三十四」+「谢谢」';
    assert.deepEqual(call.keys('1234'), [said]);
    assert.equal(call.state.variables.account, '1234');
    assert.equal(call.state.variables.digits, '1234');
  });

  it('too few or not matching digits are asked again, then the call goes elsewhere', () => {
    const call = asked();
    assert.deepEqual(call.keys('123'), ['clearDigits', 'play wrong+account']);
    call.played();
    assert.deepEqual(call.keys('9234'), ['clearDigits', 'hangUp system flow-ended']);
  });
});

describe('transfer', () => {
  const flow = flowOf(
    documentOf({
      t: { type: 'transfer', to: { extension: { variable: 'caller' } }, next: 'after', busy: 'busy', otherwise: 'failed' },
      after: { type: 'play', prompts: ['after'], next: 'end' },
      busy: { type: 'play', prompts: ['busy'], next: 'end' },
      failed: { type: 'play', prompts: ['transfer-failed'], next: 'end' },
      end,
    }),
  );
  const outcomes = [
    ['connected', true, ['clearDigits', 'play after']],
    ['connected', false, ['hangUp caller normal']],
    ['busy', true, ['clearDigits', 'play busy']],
    ['no-answer', true, ['clearDigits', 'play transfer-failed']],
    ['failed', true, ['clearDigits', 'play transfer-failed']],
    ['not-allowed', true, ['clearDigits', 'play transfer-failed']],
    ['failed', false, ['hangUp caller normal']],
  ] as const;
  for (const [outcome, callerStillUp, effects] of outcomes) {
    it(`${outcome}${callerStillUp ? '' : ', caller gone'}: ${effects.join(', ')}`, () => {
      const call = new Dialogue(flow);
      assert.deepEqual(call.answered(), ['transfer extension 13800000000']);
      assert.deepEqual(call.tell({ type: 'transfer-result', outcome, callerStillUp }), effects);
    });
  }

  it('a variable without digits is not dialled', () => {
    const to = { number: { variable: 'digits' } };
    const call = new Dialogue(flowOf(documentOf({ t: { type: 'transfer', to, otherwise: 'end' }, end })));
    assert.deepEqual(call.answered(), ['hangUp system flow-ended']);
  });

  it('to another flow: an unavailable flow goes on here, an available one takes the call over', () => {
    const two = flowOf(documentOf({ t: { type: 'transfer', to: { flow: 'night' }, otherwise: 'end' }, end }));
    const missing = new Dialogue(two);
    assert.deepEqual(missing.answered(), ['loadFlow night']);
    assert.deepEqual(missing.tell({ type: 'flow-unavailable', flowId: 'night' }), ['hangUp system flow-ended']);
    const present = new Dialogue(two);
    present.answered();
    const night = flowOf({ ...documentOf({ closed: { type: 'play', prompts: ['closed'], next: 'end' }, end }), id: 'night' });
    assert.deepEqual(present.tell({ type: 'flow-loaded', flow: night, version: 4 }), ['play closed']);
    assert.deepEqual(present.eventTypes().slice(-3), ['left flow:night', 'entered night v4', 'reached closed']);
  });
});

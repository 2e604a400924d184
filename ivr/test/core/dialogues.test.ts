import assert from 'node:assert/strict';
import { demoFlow } from '../../src/index.js';
import { Dialogue, flowOf } from '../support/dialogue.js';

const MAIN = flowOf(demoFlow);
const begin = (): Dialogue => {
  const call = new Dialogue(MAIN);
  assert.deepEqual(call.answered(), ['play greeting']);
  return call;
};
const menu = (): Dialogue => {
  const call = begin();
  assert.deepEqual(call.played(), ['play main-menu']);
  assert.deepEqual(call.played(), ['collect 1 within 5000']);
  return call;
};
const inQueue = (): Dialogue => {
  const call = menu();
  assert.deepEqual(call.keys('1'), ['enqueue consult']);
  return call;
};

describe('the demo flow, as a caller meets it', () => {
  it('is answered only when the leg is: nothing is played before', () => {
    const call = new Dialogue(MAIN);
    assert.deepEqual(call.effects, [{ type: 'answer' }]);
    assert.deepEqual(call.eventTypes(), ['entered main v1']);
  });

  it('1 during the greeting: the greeting stops, the menu is not said, the queue is reached at once', () => {
    const call = begin();
    assert.deepEqual(call.interrupted(), ['collect 1 within 5000']);
    assert.deepEqual(call.keys('1'), ['enqueue consult']);
    assert.deepEqual(call.eventTypes(), [
      'entered main v1',
      'answered',
      'reached greeting',
      'reached menu',
      'pressed 1 at menu',
      'reached consult',
      'left queue:consult',
    ]);
  });

  for (const [key, target] of [
    ['1', 'enqueue consult'],
    ['2', 'enqueue complaint'],
    ['0', 'enqueue operator'],
    ['3', 'play voicemail'],
    ['9', 'play main-menu'],
  ] as const) {
    it(`${key} in the menu leads to: ${target}`, () => assert.deepEqual(menu().keys(key), [target]));
  }

  it('three invalid choices lead to the operator queue', () => {
    const call = menu();
    assert.deepEqual(call.keys('7'), ['clearDigits', 'play invalid-choice+main-menu']);
    call.played();
    assert.deepEqual(call.keys('*'), ['clearDigits', 'play invalid-choice+main-menu']);
    call.played();
    assert.deepEqual(call.keys('8'), ['clearDigits', 'enqueue operator']);
  });

  it('three missing choices lead to the operator queue', () => {
    const call = menu();
    assert.deepEqual(call.noKeys(), ['clearDigits', 'play no-choice+main-menu']);
    call.played();
    assert.deepEqual(call.noKeys(), ['clearDigits', 'play no-choice+main-menu']);
    call.played();
    assert.deepEqual(call.noKeys(), ['clearDigits', 'enqueue operator']);
  });

  it('9 repeats the menu with all three attempts anew', () => {
    const call = menu();
    call.keys('7');
    call.played();
    call.keys('7');
    call.played();
    assert.deepEqual(call.keys('9'), ['play main-menu']);
    call.played();
    assert.deepEqual(call.keys('7'), ['clearDigits', 'play invalid-choice+main-menu']);
  });

  it('after the agent hung up the caller is asked 1–5, thanked, and the call ends', () => {
    const call = inQueue();
    const served = { type: 'queue-result', result: { outcome: 'served', agentId: '1001', callerStillUp: true } } as const;
    assert.deepEqual(call.tell(served), ['clearDigits', 'play survey'], 'keys pressed while talking are no answer to the survey');
    assert.deepEqual(call.played(), ['collect 1 within 8000']);
    assert.deepEqual(call.keys('5'), ['play survey-thanks']);
    assert.deepEqual(call.played(), ['hangUp system flow-ended']);
    assert.deepEqual(call.eventTypes().slice(-7), [
      'entered main v1',
      'reached survey',
      'pressed 5 at survey',
      'survey 5',
      'reached survey-thanks',
      'reached end',
      'left ended',
    ]);
  });

  it('a survey key other than 1–5 is asked again once, then the caller is let go', () => {
    const call = inQueue();
    call.tell({ type: 'queue-result', result: { outcome: 'served', agentId: '1001', callerStillUp: true } });
    call.played();
    assert.deepEqual(call.keys('6'), ['clearDigits', 'play invalid-choice+survey']);
    call.played();
    assert.deepEqual(call.keys('0'), ['clearDigits', 'play goodbye']);
    assert.deepEqual(call.played(), ['hangUp system flow-ended']);
    assert.ok(!call.eventTypes().some((e) => e.startsWith('survey')));
  });

  it('served and the caller hung up: the flow is over without a survey', () => {
    const call = inQueue();
    const effects = call.tell({ type: 'queue-result', result: { outcome: 'served', agentId: '1001', callerStillUp: false } });
    assert.deepEqual(effects, ['hangUp caller normal']);
  });

  it('no agents: says so and offers a message; without a key the call ends politely', () => {
    const call = inQueue();
    assert.deepEqual(call.tell({ type: 'queue-result', result: { outcome: 'no-agents' } }), ['clearDigits', 'play no-agents']);
    assert.deepEqual(call.played(), ['play message-offer']);
    call.played();
    call.noKeys();
    call.played();
    assert.deepEqual(call.noKeys(), ['clearDigits', 'play goodbye']);
    assert.deepEqual(call.played(), ['hangUp system flow-ended']);
  });

  it('timeout: 1 goes back to the same queue, 2 to the mailbox', () => {
    const call = menu();
    call.keys('2');
    assert.deepEqual(call.tell({ type: 'queue-result', result: { outcome: 'timeout' } }), ['clearDigits', 'play queue-timeout']);
    assert.deepEqual(call.played(), ['play wait-or-message']);
    call.played();
    assert.deepEqual(call.keys('1'), ['enqueue complaint']);
    call.tell({ type: 'queue-result', result: { outcome: 'timeout' } });
    call.interrupted();
    assert.deepEqual(call.keys('2'), ['play voicemail']);
  });

  it('full: offers a message; failed: says sorry and goodbye', () => {
    const full = inQueue();
    assert.deepEqual(full.tell({ type: 'queue-result', result: { outcome: 'full' } }), ['clearDigits', 'play queue-full']);
    assert.deepEqual(full.played(), ['play message-offer']);
    const failed = inQueue();
    const effects = failed.tell({ type: 'queue-result', result: { outcome: 'failed', message: 'redis' } });
    assert.deepEqual(effects, ['clearDigits', 'play system-error']);
    assert.deepEqual(failed.played(), ['play goodbye']);
  });

  it('voicemail: announcement, the message, thanks, goodbye', () => {
    const call = menu();
    call.keys('3');
    assert.deepEqual(call.played(), ['clearDigits', 'voicemail main 120000 #']);
    assert.deepEqual(call.tell({ type: 'voicemail-result', durationMs: 7000 }), ['clearDigits', 'play voicemail-thanks']);
    assert.deepEqual(call.played(), ['play goodbye']);
    assert.deepEqual(call.played(), ['hangUp system flow-ended']);
    assert.equal(call.state.variables.voicemailResult, 'left');
  });

  it('voicemail without a message: the caller is told', () => {
    const call = menu();
    call.keys('3');
    assert.deepEqual(call.interrupted(), ['clearDigits', 'voicemail main 120000 #'], 'the key that cut the announcement is not the end');
    assert.deepEqual(call.tell({ type: 'voicemail-result', durationMs: undefined }), ['clearDigits', 'play no-message']);
    assert.deepEqual(call.played(), ['play goodbye']);
  });
});

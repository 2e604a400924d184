import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { IllegalTransition } from '@yixian/contracts';
import fc from 'fast-check';
import { type DirectCallState, type DirectInput, newDirectCall, stepDirectCall } from '../../src/core/direct-call.js';

function frozen(state: DirectCallState): DirectCallState {
  Object.freeze(state.remoteHold);
  return Object.freeze(state);
}

function play(callerAnswered: boolean, inputs: DirectInput[]) {
  let state = frozen(newDirectCall(callerAnswered));
  const effects: string[] = [];
  const facts: string[] = [];
  let ignored: string | undefined;
  for (const input of inputs) {
    const step = stepDirectCall(state, input);
    state = frozen(step.state);
    effects.push(...step.effects.map((e) => e.type));
    facts.push(...step.facts.map((f) => f.type));
    ignored = step.ignored;
  }
  return { state, effects, facts, ignored };
}

const start: DirectInput = { type: 'start' };
const busy: DirectInput = { type: 'calleeEnded', termination: { by: 'called', reason: 'busy' } };
const trunkDown: DirectInput = { type: 'calleeEnded', termination: { by: 'network', reason: 'transport-failure' } };
const callerGone: DirectInput = { type: 'callerEnded', termination: { by: 'caller', reason: 'normal' } };
const toTalking: DirectInput[] = [
  start,
  { type: 'calleeRinging' },
  { type: 'calleeAnswered' },
  { type: 'callerAnswered' },
  { type: 'bridged' },
];

const everyInput: DirectInput[] = [
  start,
  { type: 'calleeRinging' },
  { type: 'calleeEarlyMedia' },
  { type: 'calleeAnswered' },
  busy,
  trunkDown,
  { type: 'callerAnswered' },
  callerGone,
  { type: 'bridged' },
  { type: 'earlyFailed' },
  { type: 'release', termination: { by: 'agent', reason: 'normal' } },
  { type: 'conversationEnded', termination: { by: 'called', reason: 'normal' } },
  { type: 'remoteHeld', side: 'caller' },
  { type: 'remoteHeld', side: 'callee' },
  { type: 'remoteResumed', side: 'caller' },
  { type: 'remoteResumed', side: 'callee' },
];

/** Every change of phase the machine can make, found by trying every input in every state it can reach. */
function changesOfPhase(): Set<string> {
  const changes = new Set<string>();
  const seen = new Set<string>();
  const open = [newDirectCall(false), newDirectCall(true)];
  for (let state = open.pop(); state; state = open.pop()) {
    for (const input of everyInput) {
      let next: DirectCallState;
      try {
        next = stepDirectCall(frozen(state), input).state;
      } catch (error) {
        assert.ok(error instanceof IllegalTransition);
        continue;
      }
      if (next.phase !== state.phase) changes.add(`${state.phase} ${input.type} ${next.phase}`);
      const key = JSON.stringify(next);
      if (!seen.has(key)) open.push(next);
      seen.add(key);
    }
  }
  return changes;
}

describe('direct call machine', () => {
  it('makes exactly the changes of phase that its picture shows', () => {
    const source = readFileSync(new URL('../../../src/core/direct-call.ts', import.meta.url), 'utf8');
    const shown = [...source.matchAll(/^ \* {3}(\w+) ──(\w+)──▶ (\w+)/gm)].map(([, from, input, to]) => `${from} ${input} ${to}`);
    assert.deepEqual([...changesOfPhase()].sort(), shown.sort());
  });

  it('dial, ring, answer the caller only on the callee’s 200, bridge, then talk', () => {
    const { state, effects, facts } = play(false, toTalking);
    assert.equal(state.phase, 'talking');
    assert.deepEqual(effects, ['dial', 'ringCaller', 'answerCaller', 'bridge', 'handOver']);
    assert.deepEqual(facts, ['ringing', 'callerAnswered']);
  });

  it('early media is joined before the answer and the bridge is kept at the answer', () => {
    const { state, effects } = play(false, [
      start,
      { type: 'calleeEarlyMedia' },
      { type: 'bridged' },
      { type: 'calleeAnswered' },
      { type: 'callerAnswered' },
    ]);
    assert.equal(state.phase, 'talking');
    assert.deepEqual(effects, ['dial', 'openEarlyMedia', 'answerCaller', 'handOver']);
  });

  it('early media that could not be opened is no end: the bridge comes at the answer', () => {
    const { state, effects } = play(false, [
      start,
      { type: 'calleeEarlyMedia' },
      { type: 'earlyFailed' },
      { type: 'calleeAnswered' },
      { type: 'callerAnswered' },
      { type: 'bridged' },
    ]);
    assert.equal(state.phase, 'talking');
    assert.equal(effects.filter((e) => e === 'bridge').length, 1);
  });

  it('a caller who is answered already hears our ringback until the callee answers', () => {
    const { effects } = play(true, [start, { type: 'calleeRinging' }, { type: 'calleeAnswered' }, { type: 'bridged' }]);
    assert.deepEqual(effects, ['dial', 'playRingback', 'stopRingback', 'bridge', 'handOver']);
  });

  it('a caller who leaves while it rings takes the callee down with CANCEL’s reason', () => {
    const { state, effects } = play(false, [start, { type: 'calleeRinging' }, callerGone]);
    assert.deepEqual(effects.slice(-2), ['hangUpCallee', 'finish']);
    assert.deepEqual(state.termination, { by: 'caller', reason: 'normal' });
    const step = stepDirectCall(play(false, [start]).state, callerGone);
    assert.deepEqual(step.effects[0], { type: 'hangUpCallee', termination: { by: 'caller', reason: 'cancelled' } });
  });

  it('CANCEL and 200 crossing: the callee who has answered is released', () => {
    const { effects } = play(false, [start, { type: 'calleeAnswered' }, callerGone]);
    assert.deepEqual(effects, ['dial', 'answerCaller', 'hangUpCallee', 'finish']);
    const late = play(false, [start, callerGone, { type: 'calleeAnswered' }, { type: 'callerAnswered' }, { type: 'bridged' }]);
    assert.equal(late.ignored, 'the call is over');
    assert.deepEqual(late.effects, ['dial', 'hangUpCallee', 'finish']);
  });

  it('what the legs do while they talk is the conversation’s: the call ends with it', () => {
    const deaf = play(false, [...toTalking, callerGone, busy, { type: 'remoteHeld', side: 'caller' }]);
    assert.deepEqual([deaf.state.phase, deaf.ignored], ['talking', 'the conversation has the call']);
    const over = play(false, [...toTalking, { type: 'conversationEnded', termination: { by: 'called', reason: 'normal' } }]);
    assert.deepEqual([over.state.phase, over.effects.slice(-2)], ['ended', ['hangUpCallee', 'finish']]);
  });

  it('an input no diagram has is our own mistake', () => {
    assert.throws(() => play(false, [start, start]), IllegalTransition);
    assert.throws(() => play(false, [start, { type: 'callerAnswered' }]), IllegalTransition);
  });

  it('whatever order things happen in, it finishes exactly once and leaves no callee behind', () => {
    const side = fc.constantFrom<'caller' | 'callee'>('caller', 'callee');
    const input: fc.Arbitrary<DirectInput> = fc.oneof(
      fc.constantFrom<DirectInput>(
        { type: 'calleeRinging' },
        { type: 'calleeEarlyMedia' },
        { type: 'calleeAnswered' },
        { type: 'callerAnswered' },
        { type: 'bridged' },
        { type: 'earlyFailed' },
        busy,
        trunkDown,
        callerGone,
        { type: 'release', termination: { by: 'agent', reason: 'normal' } },
      ),
      side.map((s): DirectInput => ({ type: 'remoteHeld', side: s })),
      side.map((s): DirectInput => ({ type: 'remoteResumed', side: s })),
    );
    fc.assert(
      fc.property(fc.array(input, { maxLength: 30 }), fc.boolean(), (inputs, answered) => {
        let state = newDirectCall(answered);
        let finishes = 0;
        let calleeUp = false;
        for (const next of [
          start,
          ...inputs,
          callerGone,
          { type: 'conversationEnded', termination: { by: 'caller', reason: 'normal' } } as DirectInput,
        ]) {
          let step: ReturnType<typeof stepDirectCall>;
          try {
            step = stepDirectCall(state, next);
          } catch (error) {
            assert.ok(error instanceof IllegalTransition);
            continue;
          }
          if (next.type === 'calleeEnded') calleeUp = false;
          state = step.state;
          for (const effect of step.effects) {
            if (effect.type === 'dial') calleeUp = true;
            // Given up for another trunk: that one is dialled when the first has ended.
            if (effect.type === 'hangUpCallee') calleeUp = false;
            if (effect.type === 'finish') finishes++;
          }
        }
        assert.equal(state.phase, 'ended');
        assert.equal(finishes, 1);
        // calleeEnded after the end is the callee's own; while it lasted, nobody may be left ringing.
        assert.equal(calleeUp, false);
      }),
      { numRuns: 2000 },
    );
  });
});

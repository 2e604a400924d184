import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { IllegalTransition, type Termination } from '@yixian/contracts';
import fc from 'fast-check';
import { BACK_OFF_MS, isUp, type LineInput, type LineState, openLine, stepLine } from '../../src/core/nailed-line.js';

const gone: Termination = { by: 'called', reason: 'normal' };
const everyInput: LineInput[] = [
  { type: 'answered' },
  { type: 'confirmed' },
  { type: 'refused' },
  { type: 'lost', termination: gone },
  { type: 'call' },
  { type: 'taken' },
  { type: 'released' },
  { type: 'due' },
  { type: 'close', termination: { by: 'system', reason: 'normal' } },
];

function play(confirm: boolean, inputs: LineInput['type'][]) {
  const first = openLine(confirm);
  let state: LineState = Object.freeze(first.state);
  const effects: string[] = first.effects.map((e) => e.type);
  for (const type of inputs) {
    const input = everyInput.find((i) => i.type === type);
    assert.ok(input);
    const step = stepLine(state, input);
    state = Object.freeze(step.state);
    effects.push(...step.effects.map((e) => (e.type === 'wait' ? `wait ${e.ms}` : e.type)));
  }
  return { state, effects };
}

function changes(): Set<string> {
  const found = new Set<string>();
  const seen = new Set<string>();
  const open = [openLine(true).state, openLine(false).state];
  for (let state = open.pop(); state; state = open.pop()) {
    for (const input of everyInput) {
      let next: LineState;
      try {
        next = stepLine(state, input).state;
      } catch (error) {
        assert.ok(error instanceof IllegalTransition);
        continue;
      }
      if (next.phase !== state.phase) found.add(`${state.phase} ──${input.type}──▶ ${next.phase}`);
      const key = JSON.stringify({ ...next, failures: Math.min(next.failures, 2) });
      if (!seen.has(key)) open.push(next);
      seen.add(key);
    }
  }
  return found;
}

describe('nailed-up line', () => {
  it('makes exactly the changes that its picture shows', () => {
    const source = readFileSync(new URL('../../../src/core/nailed-line.ts', import.meta.url), 'utf8');
    const drawn = new Set([...source.matchAll(/^ \* {2,}(\w+) ──(\w+)──▶ (\w+)/gm)].map((m) => `${m[1]} ──${m[2]}──▶ ${m[3]}`));
    assert.deepEqual([...changes()].sort(), [...drawn].sort());
  });

  it('is called once, confirmed once, and carries one call after the other', () => {
    const { state, effects } = play(true, ['answered', 'confirmed', 'call', 'taken', 'released', 'call', 'taken', 'released']);
    assert.equal(state.phase, 'idle');
    assert.deepEqual(effects, ['dial', 'ask', 'comfort', 'tellUp', 'announce', 'comfort', 'announce', 'comfort']);
  });

  it('a mailbox that answers it is hung up on, and called again only after a pause', () => {
    const { state, effects } = play(true, ['answered', 'refused']);
    assert.equal(state.phase, 'waiting');
    assert.deepEqual(effects, ['dial', 'ask', 'hangUp', 'tellDown', 'wait 2000']);
  });

  it('pauses grow with every failure and start anew once the line came up', () => {
    const lost = (n: number) => Array.from({ length: n }, () => ['lost', 'due'] as const).flat();
    assert.deepEqual(
      play(false, lost(9)).effects.filter((e) => e.startsWith('wait')),
      [...BACK_OFF_MS, 300_000, 300_000].map((ms) => `wait ${ms}`),
    );
    assert.equal(play(false, [...lost(4), 'answered', 'lost']).effects.at(-1), 'wait 2000');
  });

  it('whoever signs out during a call keeps the line until the call is over', () => {
    const leaving = play(false, ['answered', 'call', 'taken', 'close']);
    assert.deepEqual([leaving.state.phase, isUp(leaving.state), leaving.effects.at(-1)], ['leaving', true, 'announce']);
    assert.deepEqual(play(false, ['answered', 'call', 'taken', 'close', 'released']).effects.slice(-2), ['hangUp', 'tellDown']);
  });

  it('whatever comes in whatever order, up and down alternate, and a closed line leaves nothing up and no timer', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...everyInput), { maxLength: 60 }), fc.boolean(), (inputs, confirm) => {
        let { state, effects } = openLine(confirm);
        let up = false;
        let timer = false;
        const run = (all: typeof effects) => {
          for (const effect of all) {
            if (effect.type === 'tellUp') {
              assert.equal(up, false);
              up = true;
            }
            if (effect.type === 'tellDown') up = false;
            if (effect.type === 'wait') timer = true;
            if (effect.type === 'stopWaiting') timer = false;
          }
        };
        run(effects);
        for (const input of [...inputs, everyInput[8], everyInput[6]]) {
          assert.ok(input);
          if (input.type === 'due') timer = false;
          try {
            ({ state, effects } = stepLine(state, input));
          } catch (error) {
            assert.ok(error instanceof IllegalTransition);
            continue;
          }
          run(effects);
          assert.equal(up, isUp(state));
        }
        assert.deepEqual([state.phase, up, timer], ['closed', false, false]);
      }),
    );
  });
});

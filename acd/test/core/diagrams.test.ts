import assert from 'node:assert/strict';
import { IllegalTransition } from '@yixian/contracts';
import { AGENT_TRANSITIONS, assertAgentTransition } from '../../src/core/agent-state.js';
import { assertCallTransition, CALL_TRANSITIONS } from '../../src/core/call-state.js';
import { CALLBACK_TRANSITIONS } from '../../src/core/callback-state.js';
import { assertTransition, CONVERSATION_TRANSITIONS } from '../../src/core/conversation.js';
import { type Arrow, arrowsIn, sorted } from '../support/diagram.js';

describe('diagrams and tables say the same', () => {
  it('agent states', () => {
    const table: Arrow[] = Object.entries(AGENT_TRANSITIONS).flatMap(([from, row]) =>
      Object.entries(row).flatMap(([label, targets]) => targets.map((to) => ({ from, label, to }))),
    );
    assert.deepEqual(sorted(arrowsIn('src/core/agent-state.ts')), sorted(table));
  });

  it('call phases', () => {
    const table: Arrow[] = Object.entries(CALL_TRANSITIONS).flatMap(([from, row]) =>
      Object.entries(row).map(([label, to]) => ({ from, label, to })),
    );
    assert.deepEqual(sorted(arrowsIn('src/core/types.ts')), sorted(table));
  });

  it('callback phases', () => {
    const table: Arrow[] = Object.entries(CALLBACK_TRANSITIONS).flatMap(([from, row]) =>
      Object.entries(row).map(([label, to]) => ({ from, label, to })),
    );
    assert.deepEqual(sorted(arrowsIn('src/core/callback-state.ts')), sorted(table));
  });

  it('conversation phases', () => {
    const table: Arrow[] = Object.entries(CONVERSATION_TRANSITIONS).flatMap(([from, row]) =>
      Object.entries(row).flatMap(([label, targets]) => targets.map((to) => ({ from, label, to }))),
    );
    assert.deepEqual(sorted(arrowsIn('src/core/conversation.ts')), sorted(table));
  });
});

describe('transitions', () => {
  it('every agent state has a way out, and a way to ready', () => {
    for (const from of Object.keys(AGENT_TRANSITIONS)) {
      const seen = new Set([from]);
      for (const state of seen) {
        for (const targets of Object.values(AGENT_TRANSITIONS[state as keyof typeof AGENT_TRANSITIONS]))
          for (const to of targets) seen.add(to);
      }
      assert.ok(seen.size > 1, `${from} is a dead end`);
      assert.ok(seen.has('ready'), `${from} never leads to ready`);
    }
  });

  it('every call phase ends', () => {
    for (const row of Object.values(CALL_TRANSITIONS)) assert.equal(row.end, 'gone');
  });

  it('a change no diagram has is refused as our own mistake', () => {
    assert.throws(() => assertAgentTransition('offline', 'offered', 'ringing'), IllegalTransition);
    assert.throws(() => assertCallTransition('waiting', 'bridge', 'talking'), IllegalTransition);
  });

  it('a conversation ends from every phase, and only once', () => {
    for (const [phase, row] of Object.entries(CONVERSATION_TRANSITIONS))
      assert.deepEqual(row.over, phase === 'over' ? undefined : ['over']);
    assert.throws(() => assertTransition('over', 'over', 'over'), IllegalTransition);
  });
});

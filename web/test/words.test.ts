import assert from 'node:assert/strict';
import {
  DOOR_REASONS,
  doorReasonOf,
  EVENT_TYPES,
  FIELD_FAULTS,
  STATE_REASONS,
  SYSTEM_FINDINGS,
  TERMINATION_REASONS,
} from '@yixian/contracts';
import { describe, it } from 'mocha';
import { faultWords } from '../src/app/error-words.js';
import { en } from '../src/locales/en/index.js';
import { zh } from '../src/locales/zh/index.js';

/** `{ call: { arrived: 'x' } }` as `{ 'call.arrived': 'x' }`. */
const byType = (groups: Record<string, Record<string, string>>): object =>
  Object.fromEntries(
    Object.entries(groups).flatMap(([group, words]) => Object.entries(words).map(([name, word]) => [`${group}.${name}`, word])),
  );

/** What the server tells by a code, and where its words are. */
const CODES: [string, readonly string[], (words: typeof zh) => object][] = [
  ['faults of fields', FIELD_FAULTS, (words) => words.common.error.fault],
  ['reasons of doors and schedules', DOOR_REASONS, (words) => words.common.because],
  ['reasons of terminations', TERMINATION_REASONS, (words) => words.records.calls.reason],
  ['events of the catalogue', EVENT_TYPES, (words) => byType(words.events.type)],
  ['reasons of agents’ states', STATE_REASONS, (words) => words.common.stateReason],
  ['findings of the system state', SYSTEM_FINDINGS, (words) => words.admin.system.finding],
];

describe('what the server tells by a code', () => {
  for (const [what, codes, of] of CODES) {
    it(`${what}: each has words in both languages, and no words are left over`, () => {
      assert.ok(codes.length > 5, 'this test would be empty otherwise');
      for (const words of [zh, en]) assert.deepEqual(Object.keys(of(words)).sort(), [...codes].sort());
    });
  }

  it('a door’s reason is read back from how it is told', () => {
    assert.deepEqual(doorReasonOf('holiday:国庆节'), { why: 'holiday', name: '国庆节' });
    assert.deepEqual(doorReasonOf('special:a: b'), { why: 'special', name: 'a: b' });
    assert.deepEqual(doorReasonOf('closed by super1100'), { why: 'closed', name: 'super1100' });
    assert.deepEqual(doorReasonOf('weekly'), { why: 'weekly', name: '' });
    assert.equal(doorReasonOf('full moon'), undefined);
  });

  it('a fault has the column of a file before it, and without a code the server’s own words', () => {
    const t = (key: string | string[], values: Record<string, string> = {}) => `${key} ${JSON.stringify(values)}`;
    assert.equal(faultWords(t, { fault: 'most', values: { most: '5' }, problem: 'x' }), 'error.fault.most {"most":"5"}');
    assert.match(faultWords(t, { fault: 'empty', values: { column: 'username' }, problem: 'x' }), /^username: error\.fault\.empty/);
    assert.equal(faultWords(t, { fault: 'other', values: {}, problem: 'the moon is full' }), 'the moon is full');
  });
});

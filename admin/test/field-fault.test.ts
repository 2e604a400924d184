import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { fieldProblem } from '../src/core/field-fault.js';
import { check } from '../src/core/validate.js';

const SOURCES = fileURLToPath(new URL('../../src', import.meta.url));

/** A sentence about a field, in a schema or a rule: what is said after the field's name. */
const SENTENCE =
  /(['`])((?:must|is needed|is not|is for|are for|is this|there is no|there are more|send the|send either|give either) (?:(?!\1).)*)\1/g;

/** Sentences that are no faults of a field of a form. */
const ELSEWHERE =
  /^is not valid$|^is not a cursor|^must be a (?:field of the report|name of a sheet)|there is no \$\{req\.method\}|there is no such thing|there is no (?:call|callback|backup|recording|voicemail|message)\b/;

function sentences(): string[] {
  const folders = ['core', 'handlers/config'];
  return folders.flatMap((folder) =>
    readdirSync(path.join(SOURCES, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && name !== 'field-fault.ts')
      .flatMap((name) => [...readFileSync(path.join(SOURCES, folder, name), 'utf8').matchAll(SENTENCE)].map((match) => match[2] ?? ''))
      .filter((text) => !ELSEWHERE.test(text)),
  );
}

describe('faults of fields as codes', () => {
  it('every sentence a schema or a rule says has one', () => {
    const all = sentences();
    assert.ok(all.length > 40, 'this test would be empty otherwise');
    // a number fits every place of a sentence that is filled in
    const said = [...new Set(all)].map((text) => text.replace(/\$\{[^}]*\}/g, '7').replace(/\\\\/g, '\\'));
    assert.deepEqual(
      said.filter((text) => fieldProblem('x', text).fault === 'other'),
      [],
    );
  });

  it('carry what the sentence is filled with', () => {
    assert.deepEqual(fieldProblem('name', 'must be at most 100 characters').values, { most: '100' });
    assert.deepEqual(fieldProblem('kind', 'must be one of a, b').values, { values: 'a, b' });
    assert.deepEqual(fieldProblem('music', 'there is no prompt waltz').values, { id: 'waltz' });
    assert.deepEqual(fieldProblem('line 3', 'username must not be empty'), {
      ...{ field: 'line 3', problem: 'username must not be empty', fault: 'empty', values: { column: 'username' } },
    });
    assert.equal(fieldProblem('x', 'the moon is full').fault, 'other');
  });

  it('what was not sent is missing and a blank is empty, whatever the schema says of it', () => {
    const schema = z.strictObject({
      name: z.string('must be a text'),
      id: z.string().regex(/^a$/, 'must be an id of a'),
      size: z.int('must be a whole number'),
    });
    assert.throws(
      () => check(schema, { id: '', size: 'x' }, 'body'),
      (error: { details?: { fields: { field: string; fault: string }[] } }) => {
        const told = error.details?.fields.map(({ field, fault }) => `${field} ${fault}`);
        assert.deepEqual(told, ['name missing', 'id empty', 'size whole']);
        return true;
      },
    );
  });
});

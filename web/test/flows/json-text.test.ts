import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { JsonFault, lineOf, offsetOf, readJson } from '../../src/pages/flows/model/json-text.js';

const TEXT = `{
  "name": "热线",
  "nodes": {
    "ask": { "type": "menu", "choices": [{ "key": "1", "next": "end" }] }
  }
}`;

/** Line and column of the fault, or undefined where there is none. */
function faultIn(text: string): string | undefined {
  try {
    readJson(text);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof JsonFault, String(error));
    const { line, column } = lineOf(text, error.offset);
    return `${line}:${column}`;
  }
}

describe('a flow written as JSON', () => {
  it('each value is found where it stands, and what is missing where it would', () => {
    const { value, offsets } = readJson(TEXT);
    assert.deepEqual(value, JSON.parse(TEXT));
    const at = (path: string): string => TEXT.slice(offsetOf(offsets, path)).split(/[\n:,]/)[0] ?? '';
    assert.equal(at('nodes.ask.choices.0.next'), '"next"');
    assert.equal(at('nodes.ask.otherwise'), '"ask"');
    assert.deepEqual(lineOf(TEXT, offsetOf(offsets, 'nodes.ask.type')), { line: 4, column: 14 });
    assert.equal(offsetOf(offsets, 'nowhere'), 0);
  });

  it('a fault is told by line and column', () => {
    assert.equal(faultIn(TEXT), undefined);
    assert.equal(faultIn(TEXT.replace('"热线",', '"热线"')), '3:3');
    assert.equal(faultIn('{\n  "a": 1,\n}'), '3:1');
    assert.equal(faultIn('{ "a": tru }'), '1:8');
    assert.equal(faultIn('[1, 2'), '1:6');
    assert.equal(faultIn('{} {}'), '1:4');
    assert.equal(faultIn('{ "a": "two\nlines" }'), '1:8');
    assert.equal(faultIn(''), '1:1');
    assert.equal(faultIn('['.repeat(5000)), '1:103');
  });

  it('agrees with the browser on what is JSON', () => {
    const texts = ['0', '-1.5e3', '01', '1.', '"\\u00e9\\n"', '"\\x"', ' [ ] ', '[,]', '{"a":{"b":[null,true,false]}}', "{'a':1}", 'NaN'];
    for (const text of texts) {
      const parses = (() => {
        try {
          JSON.parse(text);
          return true;
        } catch {
          return false;
        }
      })();
      assert.equal(faultIn(text) === undefined, parses, text);
    }
  });
});

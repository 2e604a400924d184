import assert from 'node:assert/strict';
import { createFlowLoader } from '../../src/shell/flow-loader.js';
import { documentOf } from '../support/dialogue.js';
import { recordingLogger } from '../support/hotline.js';

const document = documentOf({ end: { type: 'hangup' } });

describe('published flows', () => {
  const lines: string[] = [];
  let published: { version: number; document: unknown } | undefined;
  const load = () => createFlowLoader({ flow: () => published }, recordingLogger(lines));
  beforeEach(() => {
    lines.length = 0;
    published = { version: 1, document };
  });

  it('are checked once while they stay the same', () => {
    const loader = load();
    assert.equal(loader('test'), loader('test'));
  });

  it('are checked again when a new version is published or the document is another', () => {
    const loader = load();
    const first = loader('test');
    published = { version: 2, document };
    const second = loader('test');
    assert.ok(first.ok && second.ok && second.published.version === 2);
    published = { version: 2, document: { ...document, name: '新' } };
    const third = loader('test');
    assert.ok(third.ok && third.published.flow.name === '新');
  });

  it('that are not valid are told of once, with their problems, not at every call', () => {
    published = { version: 7, document: { ...document, start: 'nowhere' } };
    const loader = load();
    assert.deepEqual(loader('test'), { ok: false, message: 'flow test version 7 is not valid' });
    loader('test');
    assert.deepEqual(lines, ['error flow test cannot be run']);
  });

  it('that are taken back are gone', () => {
    const loader = load();
    assert.ok(loader('test').ok);
    published = undefined;
    assert.deepEqual(loader('test'), { ok: false, message: 'there is no published flow test' });
  });
});

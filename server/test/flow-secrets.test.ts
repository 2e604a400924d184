import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createFlowSecrets, flowSecretsFile } from '../src/flow-secrets.js';

describe('secrets of flows', () => {
  let dataDir = '';
  const write = (text: string, mode = 0o600): void => {
    writeFileSync(flowSecretsFile({ dataDir }), text);
    chmodSync(flowSecretsFile({ dataDir }), mode);
  };
  beforeEach(() => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'yixian-secrets-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  it('come from the file at every use, and from the environment before it', () => {
    const secrets = createFlowSecrets({ dataDir, flowSecrets: { crm: 'from-environment' } });
    assert.deepEqual(secrets.names(), ['crm']);
    write('{"crm":"from-file","erp":"one"}');
    assert.deepEqual([secrets.get('crm'), secrets.get('erp'), secrets.get('none')], ['from-environment', 'one', undefined]);
    write('{"erp":"two"}');
    assert.equal(secrets.get('erp'), 'two');
  });

  it('a file that others can read, or that is none, stops the start without quoting it', () => {
    write('{"crm":"hidden"}', 0o644);
    assert.throws(() => createFlowSecrets({ dataDir, flowSecrets: {} }), /can be read by others: chmod 600/);
    for (const text of ['hidden', '["hidden"]', '{"crm":{"hidden":1}}', '7']) {
      write(text);
      assert.throws(
        () => createFlowSecrets({ dataDir, flowSecrets: {} }),
        (error: Error) => /must be a JSON object of texts by name/.test(error.message) && !error.message.includes('hidden'),
        text,
      );
    }
  });
});

import assert from 'node:assert/strict';
import { silentLogger } from '@yixian/contracts';
import { connect } from '../src/index.js';

describe('connection to the database', () => {
  it('one that fails is one line in the log, without a stack and without the password', async () => {
    const lines: string[] = [];
    const logger = { ...silentLogger, warn: (facts: object) => void lines.push(JSON.stringify(facts)) };
    const knex = connect({ url: 'postgres://yixian:topsecret@127.0.0.1:1/none', logger });
    try {
      await assert.rejects(knex.raw('select 1'), { code: 'ECONNREFUSED' });
    } finally {
      await knex.destroy();
    }
    assert.equal(lines.length > 0, true);
    for (const line of lines) assert.doesNotMatch(line, /\\n|topsecret/);
  });
});

import assert from 'node:assert/strict';
import { healthOf } from '../src/compose/health.js';

describe('health', () => {
  const well = { database: async () => ({ ok: true }) as const, redis: async () => 'PONG', switch: async () => ({ problems: [] }) };

  it('is ok when everything answers', async () => {
    assert.deepEqual(await healthOf(well), { ok: true, problems: [] });
  });

  it('a database that refuses, a redis that never answers and a switch with a problem are each named', async () => {
    const ill = {
      database: async () => ({ ok: false, reason: 'connection refused' }) as const,
      redis: () => new Promise(() => undefined),
      switch: async () => ({ problems: ['media thread ended'] }),
    };
    assert.deepEqual(await healthOf(ill, 20), {
      ok: false,
      problems: ['database: connection refused', 'redis: no answer within 0.02 s', 'switch: media thread ended'],
    });
  });
});

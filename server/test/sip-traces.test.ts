import assert from 'node:assert/strict';
import { SimulatedClock, type SipTraceMessage, type SipTracePart, silentLogger } from '@yixian/contracts';
import type { CollectedMessages } from '@yixian/softswitch';
import { createSipTraceKeeper } from '../src/sip-traces.js';

const message = (n: number, at = n): SipTraceMessage => ({
  n,
  at,
  direction: 'received',
  transport: 'udp',
  local: '127.0.0.1:5060',
  remote: '127.0.0.1:5070',
  text: Buffer.from(`INVITE ${n} 你好`).toString('latin1'),
  bytes: 10,
});

function kept(days = 14) {
  const clock = new SimulatedClock(1_000_000_000);
  const stored: SipTracePart[] = [];
  const deleted: number[] = [];
  const next: CollectedMessages[] = [];
  const state = { away: false, memory: { messages: [] as SipTraceMessage[], dropped: 0 } };
  const keeper = createSipTraceKeeper({
    collector: { collect: () => next.splice(0), uncollected: () => state.memory, metrics: () => ({ sip_trace_uncollected_messages: 2 }) },
    rows: {
      async append(parts) {
        if (state.away) throw new Error('the database is away');
        stored.push(...parts);
      },
      of: async (callId) => stored.filter((part) => part.callId === callId),
      async deleteBefore(at) {
        deleted.push(at);
        return 0;
      },
    },
    clock,
    logger: silentLogger,
    days,
    isLive: () => true,
  });
  return { clock, keeper, stored, deleted, next, state };
}

describe('keeping the SIP messages of calls', () => {
  it('what is stored, what waits and what was just seen are one trace, each message once', async () => {
    const { keeper, next, state } = kept();
    next.push({ callId: 'c1', messages: [message(1), message(2)], dropped: 3 });
    await keeper.close();
    state.away = true;
    next.push({ callId: 'c1', messages: [message(3)], dropped: 0 }, { callId: 'c2', messages: [message(1)], dropped: 0 });
    await keeper.close();
    state.memory = { messages: [message(3), message(4)], dropped: 0 };
    const trace = await keeper.of('c1');
    assert.deepEqual(
      trace.messages.map((m) => m.n),
      [1, 2, 3, 4],
    );
    assert.deepEqual(
      trace.messages.map((m) => m.text),
      [1, 2, 3, 4].map((n) => message(n).text),
    );
    assert.equal(trace.dropped, 3);
  });

  it('what cannot be stored waits and is stored once the database is back', async () => {
    const { keeper, next, state, stored } = kept();
    state.away = true;
    next.push({ callId: 'c1', messages: [message(1)], dropped: 0 });
    await keeper.close();
    assert.equal(keeper.metrics().sip_trace_unstored_messages, 3);
    state.away = false;
    await keeper.close();
    assert.deepEqual(
      stored.map((part) => part.callId),
      ['c1'],
    );
    assert.equal(keeper.metrics().sip_trace_unstored_messages, 2);
  });

  it('is kept for so many days', async () => {
    const { keeper, deleted, clock } = kept(2);
    await keeper.applyRetention();
    assert.deepEqual(deleted, [clock.now() - 2 * 86_400_000]);
  });

  it('stores every few seconds by itself, and no more once it is closed', async () => {
    const { keeper, next, clock, stored } = kept();
    keeper.start();
    next.push({ callId: 'c1', messages: [message(1)], dropped: 0 });
    clock.advance(5_000);
    await keeper.close(); // waits for what is being written
    assert.equal(stored.length, 1);
    next.push({ callId: 'c2', messages: [message(1)], dropped: 0 });
    clock.advance(60_000);
    assert.equal(next.length, 1, 'nothing is collected any more');
  });
});

import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { io, type Socket } from 'socket.io-client';
import { call, listen, MemoryBus, openStage, type Stage, type Tap, wholeCall } from './fakes.js';

function connectError(socket: Socket): Promise<Error> {
  return new Promise((resolve) => socket.once('connect_error', resolve));
}

describe('gateway: the stream', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage();
  });
  afterEach(() => stage.close());

  const joined = async (username: string, options?: { since?: number }): Promise<Tap> => {
    const tap = stage.connect(username, options);
    await tap.until('a snapshot', () => tap.snapshots.length > 0);
    return tap;
  };
  const refusedBy = async (auth: object): Promise<{ code: string; message: string }> => {
    const tap = stage.connect('', { auth });
    const error = (await connectError(tap.socket)) as Error & { data: { error: { code: string; message: string } } };
    return error.data.error;
  };

  it('nobody connects without a session, and the refusal has the shape of REST', async () => {
    assert.equal((await refusedBy({ token: 'stranger' })).code, 'unauthenticated');
    assert.match((await refusedBy({})).message, /auth field token/);
    assert.match((await refusedBy({ token: 'admin', since: 'yesterday' })).message, /auth field since/);
    assert.equal(stage.gateway.metrics().gateway_connections_refused_total, 3);
  });

  it('there is nothing outside the namespace /events', async () => {
    const socket = io(stage.url, { auth: { token: 'admin' }, transports: ['websocket'], reconnection: false, forceNew: true });
    assert.match((await connectError(socket)).message, /\/events/);
    socket.disconnect();
  });

  it('a snapshot on connect holds what the user may see, with its number', async () => {
    stage.bus.publish(call('c', 'call.arrived', { data: { direction: 'inbound', caller: '021', called: '12320' } }));
    const [agent, supervisor, admin] = await Promise.all(['a1001', 'super', 'admin'].map((u) => joined(u)));
    const seen = (tap: Tap | undefined) => {
      const s = tap?.snapshots[0];
      return [s?.seq, s?.gap, s?.agents.map((a) => a.extension), s?.queues.map((q) => q.id), s?.calls.map((c) => c.id)];
    };
    assert.deepEqual(seen(agent), [1, false, ['1001'], ['consult'], []]);
    assert.deepEqual(seen(supervisor), [1, false, ['1001', '1003'], ['consult', 'complaint'], ['c']]);
    assert.deepEqual(seen(admin), [1, false, ['1001', '1003', '1009'], ['consult', 'complaint', 'night'], ['c']]);
    assert.equal(admin?.snapshots[0]?.calls[0]?.startedAt, '1970-01-01T00:00:00.001Z');
  });

  it('a snapshot tells who listens to a call, to an agent only where the settings show it', async () => {
    for (const draft of wholeCall('c', 'consult', '1001').slice(0, -1)) stage.bus.publish(draft);
    const there = { role: 'agent', state: 'talking', muted: false, since: 0, party: '1001' } as const;
    const listens = { role: 'supervisor', state: 'listening', muted: false, since: 1_000, party: '1100' } as const;
    stage.parties = [there, { ...listens, supervises: { mode: 'listen', party: '1001' } }];
    const watched = async (username: string) => (await joined(username)).snapshots[0]?.watched;
    const told = [{ callId: 'c', by: '1100', mode: 'listen', agent: '1001', since: '1970-01-01T00:00:01.000Z' }];
    assert.deepEqual([await watched('admin'), await watched('super'), await watched('a1001')], [told, told, told]);
    assert.deepEqual(await watched('a1009'), [], 'another’s call');
    stage.settings = { ...stage.settings, showSupervision: false };
    assert.deepEqual([await watched('super'), await watched('a1001')], [told, []]);
  });

  it('events are told live, in order, to those who may see them, with ISO times', async () => {
    const [agent, other, admin] = await Promise.all([joined('a1001'), joined('a1003'), joined('admin')]);
    for (const draft of wholeCall('c', 'consult', '1001')) stage.bus.publish(draft);
    await admin.until('the end', () => admin.types().includes('call.ended'));
    await agent.until('the end', () => agent.types().includes('call.ended'));
    assert.deepEqual(
      admin.events.map((e) => e.seq),
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
    assert.deepEqual(
      agent.events.map((e) => e.seq),
      [3, 4, 5, 6, 7, 8, 9],
    );
    assert.deepEqual(agent.events[1], {
      id: 'e4',
      seq: 4,
      type: 'offer.made',
      at: '1970-01-01T00:00:00.004Z',
      callId: 'c',
      agentId: '1001',
      queueId: 'consult',
      data: { offerId: 'o', expiresAt: '1970-01-01T00:00:15.000Z' },
    });
    stage.bus.publish({ type: 'system.draining', data: { calls: 0 } });
    await other.until('the system’s event', () => other.events.length > 0);
    assert.deepEqual(other.types(), ['system.draining']);
  });

  it('personal numbers are masked for the roles of the setting, live, told again and in the snapshot', async () => {
    stage.settings = { ...stage.settings, maskNumbersFor: ['agent'] };
    const drafts = wholeCall('c', 'consult', '1001').map((draft) =>
      draft.type === 'call.arrived' ? { ...draft, data: { ...draft.data, caller: '13812345678' } } : draft,
    );
    const [agent, admin] = [await joined('a1001'), await joined('admin')];
    for (const draft of drafts.slice(0, -1)) stage.bus.publish(draft);
    const noted = (caller: string) => ({
      type: 'call.queued' as const,
      callId: 'c',
      queueId: 'consult',
      data: { position: 1, priority: 0, caller },
    });
    stage.bus.publish(noted('13812345678'));
    const both = [agent, admin];
    for (const tap of both) await tap.until('the last', () => tap.events.at(-1)?.data.caller !== undefined);
    assert.deepEqual(
      both.map((tap) => tap.events.at(-1)?.data.caller),
      ['138****5678', '13812345678'],
    );
    const late = await joined('a1001', { since: 0 });
    assert.deepEqual([late.events.at(-1)?.data.caller, late.snapshots[0]?.calls[0]?.caller], ['138****5678', '138****5678']);
  });

  it('with `since` the missed events come first, in order, then a snapshot, then live', async () => {
    for (const draft of wholeCall('c', 'consult', '1001')) stage.bus.publish(draft);
    const tap = stage.connect('a1001', { since: 4 });
    await tap.until('a snapshot', () => tap.snapshots.length > 0);
    assert.deepEqual(
      tap.events.map((e) => e.seq),
      [5, 6, 7, 8, 9],
    );
    assert.deepEqual([tap.snapshots[0]?.seq, tap.snapshots[0]?.gap], [9, false]);
    assert.equal(stage.reads, 0, 'memory was enough');
    stage.bus.publish({ type: 'system.draining', data: { calls: 0 } });
    await tap.until('live', () => tap.types().includes('system.draining'));
  });

  it('`sync` brings a new snapshot, and asking often does not bring more', async () => {
    const tap = await joined('admin');
    stage.bus.publish({ type: 'system.draining', data: { calls: 0 } });
    tap.socket.emit('sync');
    for (let i = 0; i < 50; i += 1) tap.socket.emit('sync');
    await tap.until('the first', () => tap.snapshots.length === 2);
    assert.equal(tap.snapshots[1]?.seq, 1);
    await tap.until('the one for all the others', () => tap.snapshots.length === 3);
    const answered = await tap.socket.emitWithAck('command', { name: 'hangup' });
    assert.equal(answered.ok, true);
    assert.equal(tap.snapshots.length, 3);
  });

  it('signing out closes the user’s sockets at once, and says why', async () => {
    const [tap, other] = await Promise.all([joined('a1001'), joined('a1003')]);
    await stage.auth.signOut('ses-a1001');
    await tap.until('gone', () => tap.socket.disconnected);
    assert.equal(tap.closing[0]?.reason, 'signed-out');
    assert.equal(other.socket.connected, true);
  });

  it('a change of skills changes what is told, beginning with a new snapshot', async () => {
    const tap = await joined('a1001');
    const [first] = stage.agents;
    assert.ok(first);
    stage.agents[0] = { ...first, skills: ['consult', 'complaint'] };
    stage.change();
    await tap.until('a new snapshot', () => tap.snapshots.length === 2);
    assert.deepEqual(
      tap.snapshots[1]?.queues.map((q) => q.id),
      ['consult', 'complaint'],
    );
    stage.bus.publish(call('c', 'call.queued', { queueId: 'complaint', data: { position: 1, priority: 0 } }));
    await tap.until('the new queue’s event', () => tap.types().includes('call.queued'));
  });
});

describe('gateway: sessions that run out', () => {
  it('are noticed without a sign-out', async () => {
    const stage = await openStage({ options: { recheckMs: 20 } });
    try {
      const tap = stage.connect('a1001');
      await tap.until('a snapshot', () => tap.snapshots.length > 0);
      stage.auth.sessions.delete('a1001');
      await tap.until('gone', () => tap.socket.disconnected);
      assert.equal(tap.closing[0]?.reason, 'signed-out');
    } finally {
      await stage.close();
    }
  });
});

describe('gateway: catching up', () => {
  const arrival = (callId: string) => call(callId, 'call.arrived', { data: { direction: 'inbound', caller: '021', called: '12320' } });
  const drafts = (n: number) => Array.from({ length: n }, (_, i) => arrival(`c${i}`));

  it('what the process before told is read from the journal, with the scopes of calls that began before `since`', async () => {
    const bus = new MemoryBus();
    for (const draft of wholeCall('old', 'consult', '1001')) bus.numbered(draft);
    const stage = await openStage({ bus });
    try {
      stage.bus.publish({ type: 'system.started', data: { version: '1' } });
      const [agent, other] = [stage.connect('a1001', { since: 6 }), stage.connect('a1003', { since: 6 })];
      await Promise.all([agent.until('told', () => agent.snapshots.length > 0), other.until('told', () => other.snapshots.length > 0)]);
      assert.deepEqual(
        agent.events.map((e) => e.seq),
        [7, 8, 9, 10],
      );
      assert.deepEqual(
        other.events.map((e) => e.seq),
        [10],
      );
      assert.equal(agent.snapshots[0]?.gap, false);
    } finally {
      await stage.close();
    }
  });

  it('a client that was away longer than memory reaches is told from journal and memory without gap or duplicate', async () => {
    const stage = await openStage({ options: { ringSize: 100 } });
    try {
      for (const draft of drafts(2500)) stage.bus.publish(draft);
      const tap = stage.connect('admin', { since: 10 });
      await tap.until('told', () => tap.snapshots.length > 0);
      assert.deepEqual(
        tap.events.map((e) => e.seq),
        Array.from({ length: 2490 }, (_, i) => i + 11),
      );
      assert.ok(stage.reads >= 2);
    } finally {
      await stage.close();
    }
  });

  it('more than can be told again is a snapshot that says so', async () => {
    const stage = await openStage({ options: { mostMissed: 50 } });
    try {
      for (const draft of drafts(60)) stage.bus.publish(draft);
      const tap = stage.connect('admin', { since: 5 });
      await tap.until('told', () => tap.snapshots.length > 0);
      assert.deepEqual([tap.events.length, tap.snapshots[0]?.gap, tap.snapshots[0]?.seq], [0, true, 60]);
      const near = stage.connect('admin', { since: 20 });
      await near.until('told', () => near.snapshots.length > 0);
      assert.deepEqual([near.events.length, near.snapshots[0]?.gap], [40, false]);
    } finally {
      await stage.close();
    }
  });

  it('a number that was never given is answered with a snapshot that says so', async () => {
    const stage = await openStage();
    try {
      for (const draft of drafts(3)) stage.bus.publish(draft);
      const tap = stage.connect('admin', { since: 999 });
      await tap.until('told', () => tap.snapshots.length > 0);
      assert.deepEqual([tap.events.length, tap.snapshots[0]?.gap, tap.snapshots[0]?.seq], [0, true, 3]);
    } finally {
      await stage.close();
    }
  });

  it('a number ahead of an empty memory and journal is taken as the present', async () => {
    const stage = await openStage();
    try {
      const tap = stage.connect('admin', { since: 5 });
      await tap.until('told', () => tap.snapshots.length > 0);
      assert.equal(tap.snapshots[0]?.gap, false);
      stage.bus.publish({ type: 'system.started', data: { version: '1' } });
      await tap.until('live', () => tap.types().includes('system.started'));
    } finally {
      await stage.close();
    }
  });

  it('events published while the journal is read are told once, after it', async () => {
    const bus = new MemoryBus();
    for (const draft of drafts(30)) bus.numbered(draft);
    let reads = 0;
    const stage = await openStage({
      bus,
      records: {
        async eventsSince(seq, limit) {
          reads += 1;
          const page = bus.journal.filter((e) => e.seq > seq).slice(0, limit);
          for (const draft of drafts(5)) bus.publish(draft);
          await new Promise((resolve) => setImmediate(resolve));
          for (const draft of drafts(5)) bus.publish(draft);
          return page;
        },
        call: async () => undefined,
      },
    });
    try {
      const tap = stage.connect('admin', { since: 3 });
      await tap.until('told', () => tap.snapshots.length > 0);
      bus.publish({ type: 'system.draining', data: { calls: 0 } });
      await tap.until('live', () => tap.types().includes('system.draining'));
      assert.equal(reads, 1);
      assert.deepEqual(
        tap.events.map((e) => e.seq),
        Array.from({ length: bus.lastSeq - 3 }, (_, i) => i + 4),
      );
    } finally {
      await stage.close();
    }
  });

  it('a client that comes and goes while events flow misses none and is told none twice', async () => {
    const stage = await openStage({ options: { ringSize: 40 } });
    try {
      const seen: number[] = [];
      let publishing = true;
      const flow = (async () => {
        for (let i = 0; i < 600; i += 1) {
          stage.bus.publish(arrival(`c${i}`));
          if (i % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
        }
        publishing = false;
      })();
      for (let round = 0; publishing || seen.length < 600; round += 1) {
        const tap = stage.connect('admin', { since: seen.at(-1) ?? 0 });
        await tap.until('told something', () => tap.snapshots.length > 0 && (tap.events.length > round % 7 || !publishing));
        tap.socket.disconnect();
        seen.push(...tap.events.map((e) => e.seq));
        assert.ok(round < 700, 'gets on');
      }
      await flow;
      assert.deepEqual(
        seen,
        Array.from({ length: 600 }, (_, i) => i + 1),
      );
    } finally {
      await stage.close();
    }
  });

  it('telling much again waits for the connection, so that a quick client is not taken for a slow one', async () => {
    const stage = await openStage({ options: { outbox: { packets: 600, bytes: 1e9 } } });
    try {
      for (const draft of drafts(5000)) stage.bus.publish(draft);
      const tap = stage.connect('admin', { since: 0 });
      await tap.until('told', () => tap.snapshots.length > 0);
      assert.equal(tap.events.length, 5000);
      assert.equal(stage.gateway.metrics().gateway_slow_clients_total, 0);
    } finally {
      await stage.close();
    }
  });

  it('a journal that cannot be read sends the client away with a reason, to come again', async () => {
    const failing = { eventsSince: () => Promise.reject(new Error('database gone')), call: async () => undefined };
    const bus = new MemoryBus();
    bus.numbered(call('c', 'call.answered'));
    const stage = await openStage({ bus, records: failing });
    try {
      const tap = stage.connect('admin', { since: 0 });
      await tap.until('gone', () => tap.socket.disconnected && tap.closing.length > 0);
      assert.equal(tap.closing[0]?.reason, 'failed');
    } finally {
      await stage.close();
    }
  });
});

describe('gateway: a connection that does not read', () => {
  it('is sent away when its bound is passed; the others are told everything', async () => {
    const stage = await openStage({ options: { outbox: { packets: 50, bytes: 1e9 } } });
    try {
      const [slow, quick] = [stage.connect('admin'), stage.connect('admin')];
      await Promise.all([slow, quick].map((tap) => tap.until('joined', () => tap.snapshots.length > 0)));
      const wire = (slow.socket.io.engine.transport as unknown as { ws: { _socket: { pause(): void; resume(): void } } }).ws._socket;
      wire.pause();
      const ballast = 'x'.repeat(100_000);
      const refused = { source: ballast, caller: 'c', called: 'd', termination: { by: 'system', reason: 'forbidden' } as const };
      let sent = 0;
      while (stage.gateway.metrics().gateway_slow_clients_total === 0) {
        stage.bus.publish({ type: 'call.refused', data: refused });
        sent += 1;
        assert.ok(sent < 2000, 'the bound is passed at some time');
        await quick.until('told', () => quick.events.length === sent);
      }
      assert.equal(stage.gateway.metrics().gateway_clients, 1, 'it is forgotten at once');
      wire.resume();
      await slow.until('told why', () => slow.closing.length > 0);
      assert.equal(slow.closing[0]?.reason, 'too-slow');
      await slow.until('gone', () => slow.socket.disconnected);
    } finally {
      await stage.close();
    }
  }).timeout(20_000);
});

describe('gateway: commands', () => {
  let stage: Stage;
  let tap: Tap;
  beforeEach(async () => {
    stage = await openStage();
    tap = stage.connect('a1001');
    await tap.until('joined', () => tap.snapshots.length > 0);
  });
  afterEach(() => stage.close());
  const give = (message: unknown) => tap.socket.timeout(5000).emitWithAck('command', message);

  it('go to the command port in the user’s name, and the acknowledgement carries the result', async () => {
    const answer = await give({ name: 'state', extension: '1001', state: 'ready' });
    assert.deepEqual(answer, { ok: true, result: { extension: '1001', state: 'ready' } });
    assert.deepEqual(stage.commands, [{ username: 'a1001', name: 'state', input: { extension: '1001', state: 'ready' } }]);
    assert.deepEqual(await give({ name: 'hangup', callId: 'c-1' }), { ok: true, result: null });
  });

  it('an error has the code, message and details of REST; an inner one tells nothing of the inside', async () => {
    assert.deepEqual(await give({ name: 'hold', callId: 'c-1' }), {
      ok: false,
      error: { code: 'conflict', message: 'call c-1 is over', details: { callId: 'c-1' } },
    });
    const inner = await give({ name: 'dial' });
    assert.equal(inner.error.code, 'internal');
    assert.doesNotMatch(JSON.stringify(inner), /secret/);
  });

  it('what is not a command is refused by name', async () => {
    for (const message of [undefined, 'state', 7, {}, { name: 7 }, { name: '' }]) {
      const answer = await give(message);
      assert.equal(answer.error.code, 'bad-request', JSON.stringify(message));
    }
    assert.match((await give({ name: 7 })).error.message, /command field name/);
    assert.deepEqual(stage.commands, []);
  });

  it('a session that has ended gives no more commands, even before its socket is closed', async () => {
    stage.auth.sessions.delete('a1001');
    assert.equal((await give({ name: 'state' })).error.code, 'unauthenticated');
    assert.deepEqual(stage.commands, []);
  });
});

describe('gateway: ways in', () => {
  it('every HTTP server given has the stream, over WebSocket and over plain HTTP', async () => {
    const servers = await Promise.all([1, 2].map(() => listening()));
    const stage = await openStage({ httpServer: servers });
    const taps = servers.flatMap((server) =>
      ['websocket', 'polling'].map((transport) =>
        listen(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { token: 'admin' }, transport),
      ),
    );
    try {
      await Promise.all(taps.map((tap) => tap.until('joined', () => tap.snapshots.length > 0)));
      stage.bus.publish({ type: 'system.draining', data: { calls: 0 } });
      await Promise.all(taps.map((tap) => tap.until('told', () => tap.types().includes('system.draining'))));
      await stage.gateway.stop();
      await Promise.all(taps.map((tap) => tap.until('gone', () => tap.socket.disconnected)));
    } finally {
      for (const tap of taps) tap.socket.disconnect();
      await stage.close();
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
    }
  });
});

async function listening(): Promise<Server> {
  const server = createServer((_req, res) => res.writeHead(404).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

describe('gateway: stopping', () => {
  it('tells every client, frees its subscriptions and leaves the HTTP server to its owner', async () => {
    const stage = await openStage();
    const before = stage.bus.listeners;
    const taps = [stage.connect('admin'), stage.connect('a1001')];
    await Promise.all(taps.map((tap) => tap.until('joined', () => tap.snapshots.length > 0)));
    stage.bus.publish({ type: 'system.draining', data: { calls: 0 } });
    await stage.gateway.stop();
    await Promise.all(taps.map((tap) => tap.until('gone', () => tap.socket.disconnected)));
    for (const tap of taps) {
      assert.deepEqual(tap.types(), ['system.draining'], 'nothing that had happened is withheld');
      assert.equal(tap.closing[0]?.reason, 'shutting-down');
    }
    assert.equal(stage.bus.listeners, before - 1);
    assert.equal(stage.server.listening, true);
    assert.equal((await fetch(`${stage.url}/`)).status, 404);
    await stage.close();
  });
});

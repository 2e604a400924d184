import assert from 'node:assert/strict';
import type { EventView } from '@yixian/contracts';
import { connectEvents, type EventClient } from '../src/client.js';
import type { Snapshot } from '../src/index.js';
import { call, openStage, type Stage } from './fakes.js';

describe('event client', () => {
  let stage: Stage;
  let client: EventClient;
  let events: EventView[];
  let snapshots: Snapshot[];
  let statuses: string[];
  let look: () => void;

  const until = (what: string, condition: () => boolean) =>
    new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`still not so after 8 s: ${what}`)), 8000);
      look = () => {
        if (!condition()) return;
        clearTimeout(timer);
        resolve();
      };
      look();
    });
  const connect = (username: string) => {
    const note =
      <T>(list: T[]) =>
      (item: T) => {
        list.push(item);
        look();
      };
    client = connectEvents({
      url: stage.url,
      token: username,
      retryMs: 20,
      onEvent: note(events),
      onSnapshot: note(snapshots),
      onStatus: note(statuses),
    });
  };
  beforeEach(async () => {
    stage = await openStage();
    [events, snapshots, statuses, look] = [[], [], [], () => {}];
  });
  afterEach(async () => {
    client.close();
    await stage.close();
  });

  it('comes back after the network failed and has missed nothing', async () => {
    connect('admin');
    await until('connected', () => snapshots.length === 1);
    stage.bus.publish(call('c1', 'call.answered'));
    await until('told', () => events.length === 1);
    stage.server.closeAllConnections();
    // Upgraded connections are no longer the HTTP server's: cut below it, as a network does.
    for (const socket of stage.connections) socket.destroy();
    stage.bus.publish(call('c2', 'call.answered'));
    stage.bus.publish(call('c3', 'call.answered'));
    await until('caught up', () => snapshots.length === 2);
    stage.bus.publish(call('c4', 'call.answered'));
    await until('live', () => events.length >= 4);
    assert.deepEqual(
      events.map((e) => e.seq),
      [1, 2, 3, 4],
    );
    assert.equal(client.lastSeq, 4);
    assert.deepEqual(statuses, ['connected', 'interrupted', 'connected']);
  });

  it('a connection that hangs is made anew when asked whether the hotline hears', async () => {
    connect('admin');
    await until('connected', () => snapshots.length === 1);
    // What is sent to the hotline stays unread, and nobody says so.
    const hung = [...stage.connections];
    for (const socket of hung) socket.pause();
    client.check();
    await until('connected anew', () => statuses.length === 3);
    assert.deepEqual(statuses, ['connected', 'interrupted', 'connected']);
    for (const socket of hung) socket.destroy();
  });

  it('does not come back when the session is over', async () => {
    connect('a1001');
    await until('connected', () => snapshots.length === 1);
    await stage.auth.signOut('ses-a1001');
    await until('ended', () => statuses.includes('ended'));
    assert.equal(statuses.at(-1), 'ended');
  });

  it('does not try again with a token that is none', async () => {
    connect('stranger');
    await until('ended', () => statuses.includes('ended'));
    assert.deepEqual(statuses, ['ended']);
  });

  it('commands resolve with the result and reject with code and details', async () => {
    connect('a1001');
    await until('connected', () => snapshots.length === 1);
    assert.deepEqual(await client.command('state', { extension: '1001', state: 'ready' }), { extension: '1001', state: 'ready' });
    await assert.rejects(client.command('hold', { callId: 'c-1' }), {
      message: 'call c-1 is over',
      code: 'conflict',
      details: { callId: 'c-1' },
    });
  });
});

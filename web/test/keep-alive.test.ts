import assert from 'node:assert/strict';
import { mock } from 'node:test';
import type { WebSocketInterface } from 'jssip';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { keepAlive, type Liveness } from '../src/phone/keep-alive.js';

const QUESTION = '\r\n\r\n';

/** As JsSIP's: its transport sets the handlers and connects. */
class FakeSocket {
  readonly sent: string[] = [];
  open = false;
  onconnect = (): void => undefined;
  ondata = (_data: unknown): void => undefined;
  ondisconnect = (_error: boolean, _code?: number, _reason?: string): void => undefined;
  connect(): void {}
  disconnect(): void {
    this.open = false;
  }
  isConnected(): boolean {
    return this.open;
  }
  send(text: string): boolean {
    this.sent.push(text);
    return true;
  }
  opened(): void {
    this.open = true;
    this.onconnect();
  }
}

describe('a WebSocket that hangs is given up', () => {
  let socket: FakeSocket;
  let liveness: Liveness;
  let told: string[];
  let pause: number;
  let now: number;
  const { now: realNow } = Date;

  /** @param slept for so long no timer fires, though it is due */
  function tick(ms: number, slept = 0): void {
    now += ms + slept;
    mock.timers.tick(ms);
  }

  function connect(): void {
    socket.onconnect = () => told.push('connected');
    socket.ondata = (data) => told.push(`data ${data}`);
    socket.ondisconnect = (_error, code, reason) => told.push(`closed ${code} ${reason}`);
    socket.connect();
  }

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] });
    now = 1_000_000;
    Date.now = () => now;
    socket = new FakeSocket();
    told = [];
    pause = 10_000;
    liveness = keepAlive(
      socket as unknown as WebSocketInterface,
      () => pause,
      () => told.push('doubt'),
    );
  });

  afterEach(() => {
    mock.timers.reset();
    Date.now = realNow;
  });

  it('it is asked after a pause, and whoever answers is asked again later', () => {
    connect();
    socket.opened();
    tick(9_999);
    assert.deepEqual(socket.sent, []);
    tick(1);
    assert.deepEqual(socket.sent, [QUESTION]);
    tick(2_999);
    pause = 2_000;
    socket.ondata('\r\n');
    tick(2_000);
    assert.deepEqual(
      [socket.sent, told],
      [
        [QUESTION, QUESTION],
        ['connected', 'data \r\n'],
      ],
    );
  });

  it('without an answer it is told as closed, once, and asked no more', () => {
    connect();
    socket.opened();
    liveness.check();
    liveness.check();
    tick(3_000);
    assert.deepEqual([socket.sent, told], [[QUESTION], ['connected', 'closed 4000 no sign of life', 'doubt']]);
    tick(60_000);
    liveness.check();
    assert.equal(socket.sent.length, 1);
  });

  it('whatever comes is a sign of life', () => {
    connect();
    socket.opened();
    liveness.check();
    socket.ondata('OPTIONS');
    tick(5_000);
    assert.deepEqual(told, ['connected', 'data OPTIONS']);
  });

  it('a connection that does not come to stand is given up, too; the next try is watched the same', () => {
    connect();
    tick(4_000);
    assert.deepEqual(told, ['closed 4000 not connected in time', 'doubt']);
    connect();
    socket.opened();
    tick(10_000);
    assert.deepEqual(socket.sent, [QUESTION]);
  });

  it('closed by others, or let go, nothing is asked', () => {
    connect();
    socket.opened();
    socket.open = false;
    socket.ondisconnect(false, 1001, 'bye');
    tick(60_000);
    connect();
    socket.opened();
    (socket as unknown as WebSocketInterface).disconnect();
    tick(60_000);
    assert.deepEqual([socket.sent, told], [[], ['connected', 'closed 1001 bye', 'connected']]);
  });

  it('a page that has slept asks once more before it gives up: the answer may lie there unread', () => {
    connect();
    socket.opened();
    liveness.check();
    tick(3_000, 60_000);
    assert.deepEqual([socket.sent.length, told], [2, ['connected']]);
    tick(3_000);
    assert.deepEqual(told, ['connected', 'closed 4000 no sign of life', 'doubt']);
  });
});

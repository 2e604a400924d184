import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { SimulatedClock, type SipWire, type SipWireHandlers, silentLogger, type WireSend } from '@yixian/contracts';
import { createWiredSipStack, type InviteSession, type SessionEnd, type SipStack } from '../../src/sip/index.js';

const BROWSER = { address: '198.51.100.7', port: 40_001 };

/** A page's connection, as the `ws` package gives it. */
class FakeSocket extends EventEmitter {
  readonly bufferedAmount = 0;
  readonly sent: string[] = [];
  closed: number | undefined;

  send(data: string, done: (error?: Error | null) => void): void {
    this.sent.push(data);
    done();
  }
  ping(): void {}
  close(code?: number): void {
    this.closed = code;
  }
  terminate(): void {
    this.emit('close');
  }

  says(text: string): void {
    this.emit('message', Buffer.from(text), false);
  }

  get last(): string {
    return this.sent.at(-1) ?? '';
  }
}

const headerOf = (message: string, name: string): string => new RegExp(`^${name}: (.*)$`, 'im').exec(message)?.[1]?.trim() ?? '';
const ofBrowser = (method: string, extra: readonly string[] = [], body = ''): string =>
  [
    `${method} sip:12320@hotline SIP/2.0`,
    `Via: SIP/2.0/WS page.invalid;branch=z9hG4bK${method}`,
    'From: <sip:1001@hotline>;tag=page',
    `To: <sip:${method === 'REGISTER' ? '1001' : '12320'}@hotline>`,
    'Call-ID: of-the-page',
    `CSeq: 1 ${method}`,
    'Contact: <sip:x@page.invalid;transport=ws>',
    'Max-Forwards: 70',
    ...(body === '' ? [] : ['Content-Type: application/sdp']),
    ...extra,
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n');

describe('browsers beside a SIP server outside', () => {
  let stack: SipStack;
  let handlers: SipWireHandlers | undefined;
  let socket: FakeSocket;
  let inbound: InviteSession | undefined;
  const sentByWire: WireSend[] = [];
  const ends: SessionEnd[] = [];

  beforeEach(async () => {
    sentByWire.length = 0;
    ends.length = 0;
    inbound = undefined;
    const wire: SipWire = {
      async start(given) {
        handlers = given;
      },
      async stop() {},
      points: () => [{ transport: 'udp', address: '127.0.0.1', port: 5060 }],
      connected: () => true,
      send(request) {
        sentByWire.push(request);
        return { cancel() {} };
      },
    };
    const listen = [{ transport: 'udp' as const, address: '127.0.0.1', port: 5060 }];
    stack = createWiredSipStack({ listen, clock: new SimulatedClock(1_000), logger: silentLogger }, wire);
    await stack.start({
      admit: () => ({ action: 'accept', origin: { kind: 'extension', extension: '1001' } }),
      sipPassword: () => 'secret',
      authenticationResult() {},
      onInvite: (session) => {
        inbound = session;
        session.setHandlers({ onEnded: (end) => ends.push(end) });
      },
      onMessage: async () => ({ status: 202 }),
      registrationChanged() {},
      saveRegistrations() {},
    });
    socket = new FakeSocket();
    stack.adopt(socket, BROWSER);
  });

  function answered(): void {
    socket.says(ofBrowser('INVITE', [], 'v=0\r\n'));
    inbound?.accept('v=0\r\n');
    socket.says(
      ofBrowser('ACK')
        .replace('To: <sip:12320@hotline>', `To: ${headerOf(socket.last, 'To')}`)
        .replace('z9hG4bKACK', 'z9hG4bKother'),
    );
  }

  it('a page registers over its WebSocket and is rung over it, not through the server', async () => {
    socket.says(ofBrowser('REGISTER', ['Expires: 300']));
    assert.match(socket.last, /^SIP\/2\.0 200 /);
    const [registration] = stack.registrations('1001');
    assert.deepEqual(registration?.source, { ...BROWSER, transport: 'ws' });
    const told: number[] = [];
    stack.invite(
      { uri: registration?.contact ?? '', nextHop: registration?.source, from: { user: '12320' }, sdp: 'v=0\r\n' },
      { onProgress: (status) => told.push(status), onEnded() {} },
    );
    await Promise.resolve();
    assert.match(socket.last, /^INVITE sip:x@page\.invalid;transport=ws SIP\/2\.0\r\n/);
    assert.equal(sentByWire.length, 0);
    const ringing = ['Via', 'From', 'Call-ID', 'CSeq'].map((name) => `${name}: ${headerOf(socket.last, name)}`);
    socket.says(
      ['SIP/2.0 180 Ringing', ...ringing, `To: ${headerOf(socket.last, 'To')};tag=page`, 'Content-Length: 0', '', ''].join('\r\n'),
    );
    assert.deepEqual(told, [180]);
  });

  it('a page calls, is answered and hung up over its WebSocket', () => {
    answered();
    assert.equal(
      headerOf(socket.sent.find((m) => m.startsWith('SIP/2.0 200')) ?? '', 'Contact'),
      '<sip:12320@127.0.0.1:5060;transport=ws>',
    );
    inbound?.end();
    assert.match(socket.last, /^BYE /);
    assert.equal(sentByWire.length, 0);
  });

  it('the server outside is gone: the call of a page goes on', () => {
    answered();
    handlers?.lost('the connection was lost');
    assert.deepEqual(ends, []);
    inbound?.end();
    assert.match(socket.last, /^BYE /);
  });

  it('the page is gone: its registration and its call end', () => {
    socket.says(ofBrowser('REGISTER', ['Expires: 300']).replace('of-the-page', 'registering'));
    answered();
    socket.emit('close');
    assert.deepEqual(
      ends.map((e) => e.kind),
      ['transport'],
    );
    assert.equal(stack.registrations('1001').length, 0);
  });

  it('a browser that comes to the server outside is told where to go', () => {
    const statuses: number[] = [];
    handlers?.request({
      text: ofBrowser('INVITE', [], 'v=0\r\n'),
      source: { ...BROWSER, transport: 'wss' },
      dialogId: undefined,
      respond: ({ status }) => statuses.push(status),
      onCancel() {},
    });
    assert.deepEqual([statuses, inbound], [[403], undefined]);
  });
});

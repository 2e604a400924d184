import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { type Logger, SimulatedClock, silentLogger, systemClock } from '@yixian/contracts';
import fc from 'fast-check';
import { createSipStack, type InviteSession, type SipHandlers, type SipStack } from '../../src/sip/index.js';
import type { ListenPoint } from '../../src/sip/port.js';
import { declaredLength, StreamFramer } from '../../src/sip/transport/framer.js';
import { createResolver, type NameService } from '../../src/sip/transport/resolve.js';
import type { Hop } from '../../src/sip/transport/types.js';

const message = (body: string, length: number | string = Buffer.byteLength(body)) =>
  `OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nContent-Length: ${length}\r\n\r\n${body}`;

describe('stream framing (RFC 3261 §18.3, RFC 5626 §3.5.1)', () => {
  it('the same messages come out however the stream is cut', () => {
    const stream = Buffer.from(`${message('one')}\r\n\r\n${message('')}${message('three')}`);
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 30 }), (cuts) => {
        const framer = new StreamFramer();
        const points = [0, ...cuts.sort((a, b) => a - b), stream.length];
        const events = points.slice(1).flatMap((end, i) => framer.push(stream.subarray(points[i] ?? 0, end)));
        assert.deepEqual(
          events.map((e) => (e.type === 'message' ? e.bytes.toString() : e.type)),
          [message('one'), 'ping', message(''), message('three')],
        );
        assert.equal(framer.partial, false);
      }),
    );
  });

  it('a CRLF alone is a pong: no answer, and no message has begun', () => {
    const framer = new StreamFramer();
    assert.deepEqual(framer.push(Buffer.from('\r\n')), []);
    assert.equal(framer.partial, false);
  });

  it('Content-Length is found in its compact form; negative or huge ones lose the framing', () => {
    assert.equal(declaredLength('X y\r\nl : 12\r\nX: y'), 12);
    assert.equal(declaredLength('X y\r\nX: y'), 0);
    const lost = (text: string) => new StreamFramer().push(Buffer.from(text)).map((e) => (e.type === 'lost' ? e.reason : e.type));
    assert.deepEqual(lost(message('', -1)), ['bad-length']);
    assert.deepEqual(lost(message('', 70_000)), ['too-large']);
    assert.deepEqual(lost('x'.repeat(70_000)), ['too-large']);
  });
});

describe('finding the next hop (RFC 3263)', () => {
  const hop = (address: string, port: number): Hop => ({ transport: 'udp', address, port });
  const none: NameService = { srv: () => Promise.reject(new Error('none')), address: () => Promise.reject(new Error('no such name')) };

  function ask(names: NameService, host: string, port?: number, clock = new SimulatedClock()) {
    const resolve = createResolver(clock, names, false);
    return new Promise<Hop | Error | undefined>((done) => resolve({ host, port, transport: 'udp' }, (h, e) => done(h ?? e)));
  }

  it('numeric hosts and localhost need no DNS; the port is 5060 unless given', async () => {
    assert.deepEqual(await ask(none, '192.0.2.7'), hop('192.0.2.7', 5060));
    assert.deepEqual(await ask(none, '2001:DB8:0::7', 5070), hop('2001:db8::7', 5070));
    assert.deepEqual(await ask(none, 'localhost'), hop('127.0.0.1', 5060));
  });

  it('SRV when no port is given: lowest priority, then heaviest (§4.2)', async () => {
    const names: NameService = {
      srv: (name) =>
        Promise.resolve([
          { name: `b.${name}`, port: 2, priority: 20, weight: 9 },
          { name: 'light', port: 3, priority: 10, weight: 1 },
          { name: 'heavy', port: 4, priority: 10, weight: 5 },
        ]),
      address: (name) => Promise.resolve(name === 'heavy' ? '192.0.2.4' : '192.0.2.99'),
    };
    assert.deepEqual(await ask(names, 'carrier.example'), hop('192.0.2.4', 4));
    assert.deepEqual(await ask(names, 'carrier.example', 5080), hop('192.0.2.99', 5080));
  });

  it('an unknown name and a silent DNS are errors, the latter after 3 s', async () => {
    assert.ok((await ask(none, 'nowhere.invalid')) instanceof Error);
    const clock = new SimulatedClock();
    const silent: NameService = { srv: () => new Promise(() => undefined), address: () => new Promise(() => undefined) };
    const answer = ask(silent, 'slow.example', 1, clock);
    clock.advance(3_000);
    assert.match(String(await answer), /slow\.example in time/);
    assert.equal(clock.pendingTimers, 0);
  });
});

const LOOPBACK: ListenPoint[] = [
  { transport: 'udp', address: '127.0.0.1', port: 0 },
  { transport: 'tcp', address: '127.0.0.1', port: 0 },
  { transport: 'udp', address: '::1', port: 0 },
  { transport: 'tcp', address: '::1', port: 0 },
];

describe('over real sockets', () => {
  const stacks: SipStack[] = [];

  async function open(over: Partial<SipHandlers> = {}, options: Partial<Parameters<typeof createSipStack>[0]> = {}): Promise<SipStack> {
    const stack = createSipStack({ listen: LOOPBACK, clock: systemClock(), logger: silentLogger, ...options });
    stacks.push(stack);
    await stack.start({
      admit: () => ({ action: 'accept', origin: { kind: 'trunk', trunkId: 't' } }),
      sipPassword: () => undefined,
      authenticationResult: () => undefined,
      onInvite: (session) => session.refuse(486, 'Busy Here'),
      onMessage: async () => ({ status: 202 }),
      registrationChanged: () => undefined,
      saveRegistrations: () => undefined,
      ...over,
    });
    return stack;
  }

  function port(stack: SipStack, transport: 'udp' | 'tcp', address = '127.0.0.1'): number {
    const point = stack.listening().find((l) => l.transport === transport && l.address === address);
    assert.ok(point);
    return point.port;
  }

  async function tcp(stack: SipStack): Promise<Socket> {
    const socket = connect(port(stack, 'tcp'), '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  }

  afterEach(async () => {
    await Promise.all(stacks.splice(0).map((s) => s.stop()));
  });

  for (const [transport, host] of [
    ['udp', '127.0.0.1'],
    ['tcp', '127.0.0.1'],
    ['udp', '[::1]'],
    ['tcp', '[::1]'],
  ] as const) {
    it(`a whole call over ${transport} and ${host}: progress, answer, hold, INFO, hang-up by the called side`, async () => {
      const steps: string[] = [];
      let called: InviteSession | undefined;
      const b = await open({
        onInvite: (session) => {
          called = session;
          session.setHandlers({
            onConfirmed: () => steps.push('confirmed'),
            onOffer: (offer) => ({ sdp: `answer to ${offer}` }),
            onInfo: (_type, body) => steps.push(body),
            onEnded: (end) => steps.push(`called ${end.kind}`),
          });
          session.progress(180);
          session.accept('answer');
        },
      });
      const a = await open();
      const target = port(b, transport, host === '[::1]' ? '::1' : '127.0.0.1');
      await new Promise<void>((done, fail) => {
        const session = a.invite(
          { uri: `sip:1001@${host}:${target};transport=${transport}`, from: { user: '12320' }, sdp: 'offer' },
          {
            onProgress: (status) => steps.push(String(status)),
            onAccepted: (sdp) => {
              steps.push(sdp);
              session
                .reinvite('hold')
                .then(async (answer) => {
                  steps.push(answer);
                  const status = await session.info('application/dtmf-relay', 'Signal=1');
                  steps.push(String(status));
                  called?.end('Q.850;cause=16');
                })
                .catch(fail);
            },
            onEnded: (end) => {
              steps.push(`caller ${end.kind} ${end.reasonHeader}`);
              done();
            },
          },
        );
      });
      assert.deepEqual(
        steps.filter((s) => s !== 'confirmed'),
        ['100', '180', 'answer', 'answer to hold', 'Signal=1', '200', 'called local', 'caller remote-bye Q.850;cause=16'],
      );
      assert.ok(steps.includes('confirmed'));
    });
  }

  it('a port in use stops the start with an error that names address and port, and frees what was bound', async () => {
    const first = await open();
    const taken = port(first, 'tcp');
    const second = createSipStack({
      listen: [
        { transport: 'udp', address: '127.0.0.1', port: 0 },
        { transport: 'tcp', address: '127.0.0.1', port: taken },
      ],
      clock: systemClock(),
      logger: silentLogger,
    });
    stacks.push(second);
    await assert.rejects(second.start({} as SipHandlers), new RegExp(`cannot listen on tcp 127\\.0\\.0\\.1:${taken}: the port is in use`));
    assert.deepEqual(second.listening(), []);
  });

  it('CRLF CRLF on a stream is answered with CRLF (RFC 5626 §4.4.1)', async () => {
    const socket = await tcp(await open());
    socket.write('\r\n\r\n');
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    assert.equal(chunk.toString(), '\r\n');
    socket.destroy();
  });

  it('requests on one connection are answered on it; too large a message gets 513 and the connection is closed', async () => {
    const stack = await open();
    const socket = await tcp(stack);
    const request = (branch: string, length: number) =>
      `OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK${branch}\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nContent-Length: ${length}\r\n\r\n`;
    let heard = '';
    socket.on('data', (chunk) => {
      heard += String(chunk);
    });
    socket.write(request('1', 0) + request('2', 100_000));
    await once(socket, 'close');
    assert.deepEqual(heard.match(/SIP\/2\.0 \d+/g), ['SIP/2.0 200', 'SIP/2.0 513']);
    assert.equal(stack.metrics()['sip_messages_discarded_total{reason="tcp-too-large"}'], 1);
  });

  it('a slow loris is cut off, and so is a connection that says nothing', async () => {
    const stack = await open({}, { limits: { tcpMessageDeadlineMs: 50, tcpFirstMessageMs: 50 } });
    const slow = await tcp(stack);
    const silent = await tcp(stack);
    slow.write('INVITE sip:h SI');
    await Promise.all([once(slow, 'close'), once(silent, 'close')]);
    const m = stack.metrics();
    assert.equal(m['sip_messages_discarded_total{reason="tcp-slow"}'], 1);
    assert.equal(m['sip_messages_discarded_total{reason="tcp-idle"}'], 1);
    assert.equal(m.sip_connections, 0);
  });

  it('a peer that never reads is cut off at the bound of its write buffer and fills no memory', async () => {
    const stack = await open({}, { limits: { tcpWriteBufferBytes: 20_000 } });
    const socket = await tcp(stack);
    socket.pause();
    // Not `once`: a reset of the connection is what is wanted here.
    const closed = new Promise<void>((done) => socket.once('close', () => done()));
    let n = 0;
    const pump = () => {
      while (!socket.destroyed) {
        n++;
        const more = socket.write(
          `OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK${n}\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: c\r\nCSeq: ${n} OPTIONS\r\nSubject: ${'x'.repeat(100)}\r\nTimestamp: ${'1'.repeat(4_000)}\r\nContent-Length: 0\r\n\r\n`,
        );
        if (!more) break;
      }
    };
    socket.on('drain', pump);
    socket.on('error', () => socket.destroy());
    pump();
    const poll = setInterval(() => {
      if (stack.metrics()['sip_messages_discarded_total{reason="tcp-not-reading"}'] !== undefined) socket.destroy();
    }, 20);
    await closed;
    clearInterval(poll);
    assert.equal(stack.metrics()['sip_messages_discarded_total{reason="tcp-not-reading"}'], 1);
  }).timeout(30_000);

  it('a peer that never reads does not hold up the stop', async () => {
    const stack = await open({}, { limits: { tcpWriteBufferBytes: 64 * 1024 * 1024 } });
    const socket = await tcp(stack);
    socket.pause();
    socket.on('error', () => socket.destroy());
    // Every answer repeats the Via, so that far more is owed than socket buffers hold.
    const request = (n: number) =>
      `OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK${n};x=${'y'.repeat(7_000)}\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: c\r\nCSeq: ${n} OPTIONS\r\nContent-Length: 0\r\n\r\n`;
    for (let n = 0; n < 2_000; n++) if (!socket.write(request(n))) await once(socket, 'drain');
    while ((stack.metrics()['sip_responses_sent_total{status="200"}'] ?? 0) < 2_000) await new Promise((done) => setImmediate(done));
    await stack.stop();
    assert.equal(stack.metrics().sip_connections, 0);
    socket.destroy();
  }).timeout(30_000);

  it('too many connections of one source are refused', async () => {
    const stack = await open({}, { limits: { tcpConnectionsPerSource: 1 } });
    const one = await tcp(stack);
    const two = await tcp(stack);
    await once(two, 'close');
    assert.equal(stack.metrics().sip_connections, 1);
    one.destroy();
  });

  it('a refused connection ends the call as transport', async () => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    const free = typeof address === 'object' && address ? address.port : 0;
    await new Promise((done) => server.close(done));
    const a = await open();
    const end = await new Promise<{ kind: string }>((done) => {
      a.invite({ uri: `sip:x@127.0.0.1:${free};transport=tcp`, from: { user: '1' }, sdp: 'o' }, { onEnded: done });
    });
    assert.equal(end.kind, 'transport');
  });

  it('a phone registered over TCP is called over its own connection', async () => {
    const server = await open({ admit: () => ({ action: 'accept', origin: { kind: 'extension', extension: '1001' } }) });
    const socket = await tcp(server);
    const local = socket.localPort ?? 0;
    socket.write(
      `REGISTER sip:h SIP/2.0\r\nVia: SIP/2.0/TCP 10.9.9.9:5060;branch=z9hG4bK1;rport\r\nFrom: <sip:1001@h>;tag=1\r\nTo: <sip:1001@h>\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\nContact: <sip:1001@10.9.9.9:5060;transport=tcp>\r\nContent-Length: 0\r\n\r\n`,
    );
    const [ok] = (await once(socket, 'data')) as [Buffer];
    assert.match(ok.toString(), /^SIP\/2\.0 200/);
    const binding = server.registrations('1001')[0];
    assert.deepEqual(binding?.source, { address: '127.0.0.1', port: local, transport: 'tcp' });
    const session = server.invite(
      { uri: binding.contact, nextHop: binding.source, from: { user: '1' }, sdp: 'o' },
      { onEnded: () => undefined },
    );
    const [invite] = (await once(socket, 'data')) as [Buffer];
    assert.match(invite.toString(), /^INVITE sip:1001@10\.9\.9\.9/);
    session.end();
    socket.destroy();
  });

  it('a handler that throws costs its own request a 500, and no other call', async () => {
    let first = true;
    const errors: unknown[] = [];
    const logger: Logger = { ...silentLogger, error: (facts) => errors.push(facts) };
    const b = await open(
      {
        onInvite: (session) => {
          if (!first) {
            session.setHandlers({ onEnded: () => undefined });
            session.refuse(486, 'Busy Here');
            return;
          }
          first = false;
          throw new Error('a mistake');
        },
      },
      { logger },
    );
    const a = await open();
    const call = () =>
      new Promise<number | undefined>((done) => {
        const uri = `sip:x@127.0.0.1:${port(b, 'udp')}`;
        a.invite({ uri, from: { user: '1' }, sdp: 'o' }, { onEnded: (end) => done(end.status) });
      });
    assert.deepEqual([await call(), await call()], [500, 486]);
    assert.equal(errors.length, 1);
    assert.equal(b.metrics().sip_internal_errors_total, 1);
    assert.equal(b.metrics().sip_dialogs, 0);
  });

  it('a flood of rubbish is counted in full and logged five lines a minute', async () => {
    let lines = 0;
    const logger: Logger = {
      ...silentLogger,
      warn: () => {
        lines++;
      },
    };
    const stack = await open({}, { logger });
    const socket = createSocket('udp4');
    const options = `OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK9;rport\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n`;
    for (let i = 0; i < 200; i++) socket.send('rubbish', port(stack, 'udp'), '127.0.0.1');
    socket.send(options, port(stack, 'udp'), '127.0.0.1');
    const [answer] = (await once(socket, 'message')) as [Buffer];
    assert.match(answer.toString(), /^SIP\/2\.0 200/);
    assert.equal(stack.metrics()['sip_messages_discarded_total{reason="not-sip"}'], 200);
    assert.equal(lines, 5);
    socket.close();
  });
});

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import type { Registration, RegistrationStore } from '@yixian/contracts';
import { callerScenario, eventually, freePort, refusedScenario, scenario, startBaresip, steps, succeeded } from '../../src/peers/index.js';
import { Bench, type MakeSwitch } from './bench.js';
import { answeredAgent, answeredCaller, listen } from './scenes.js';

const MALFORMED = [
  '',
  '\r\n\r\n',
  'GARBAGE',
  'INVITE sip:12320@127.0.0.1 SIP/2.0\r\n\r\n',
  'INVITE sip:12320@127.0.0.1 SIP/7.0\r\nVia: SIP/7.0/UDP 127.0.0.1:9;branch=z9hG4bKx\r\n\r\n',
  `INVITE sip:12320@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKy\r\nContent-Length: -5\r\n\r\n`,
  `INVITE sip:12320@127.0.0.1 SIP/2.0\r\n${'X-Big: y\r\n'.repeat(5000)}\r\n`,
  'SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKnever\r\nCSeq: 1 INVITE\r\nCall-ID: none\r\n\r\n',
  `\u0000\u0001\u0002${'\uffff'.repeat(50)}`,
];

async function sendRaw(port: number, datagrams: readonly string[]): Promise<void> {
  const socket = createSocket('udp4');
  // Answers to what can be answered (400, 505) are not looked at here.
  socket.on('message', () => {});
  for (const text of datagrams) {
    await new Promise<void>((resolve, reject) => socket.send(text, port, '127.0.0.1', (error) => (error ? reject(error) : resolve())));
  }
  socket.close();
}

export function describeRobustness(bench: Bench, canBeSilent: boolean): void {
  describe('robustness', () => {
    it('a wrong password, an unknown extension and the right one: only the last is registered', async () => {
      const registrar = bench.addresses.udp;
      for (const user of ['1002', '1999']) {
        const phone = await startBaresip({ user, password: 'wrong', registrar });
        try {
          await phone.waitFor('REGISTER_FAIL');
        } finally {
          await phone.stop();
        }
        assert.equal(bench.sw.registrations(user).length, 0);
      }
      assert.ok(bench.policy.checked.some((c) => c.extension === '1002' && !c.ok));
      await bench.phone({ user: '1002' });
      assert.equal(bench.sw.registrations('1002').length, 1);
      assert.ok(bench.policy.checked.some((c) => c.extension === '1002' && c.ok));
    });

    it('a call of an extension is challenged with 407 and is let in with the right digest', async () => {
      const withDigest = (last: string[]): string =>
        scenario([
          steps.invite({ from: '1002' }),
          steps.recvResponse(100, { optional: true }),
          steps.recvResponse(407, { auth: true }),
          steps.ackRefusal({ from: '1002' }),
          steps.invite({ from: '1002', cseq: 2, authenticate: true }),
          steps.recvResponse(100, { optional: true }),
          ...last,
        ]);
      const right = await bench.caller(
        withDigest([steps.recvResponse(200), steps.ack({ from: '1002', cseq: 2 }), steps.recvRequest('BYE'), steps.replyInDialog()]),
        { auth: { username: '1002', password: 'secret-1002' } },
      );
      const leg = await bench.arrival();
      await leg.answer();
      assert.equal(await leg.answered, true);
      assert.equal(leg.from.number, '1002');
      leg.hangUp({ by: 'system', reason: 'normal' });
      succeeded(await right.finished);
      const wrong = await bench.caller(
        withDigest([
          steps.recvResponse(407, { optional: true }),
          steps.recvResponse(403, { optional: true }),
          steps.ackRefusal({ from: '1002', cseq: 2 }),
        ]),
        { auth: { username: '1002', password: 'guess' } },
      );
      await wrong.finished;
      assert.equal(bench.untaken.length, 0);
      assert.ok(bench.policy.checked.some((c) => c.extension === '1002' && !c.ok));
    });

    it('what the policy refuses is refused, what it drops gets no answer', async () => {
      succeeded(await (await bench.caller(refusedScenario(404), { service: 'nobody' })).finished);
      if (!canBeSilent) {
        succeeded(await (await bench.caller(refusedScenario(403), { service: 'silence' })).finished);
        assert.equal(bench.untaken.length, 0);
        return;
      }
      const dropped = await bench.caller(scenario([steps.invite(), steps.recvResponse(100, { timeoutMs: 1500 })]), { service: 'silence' });
      const { exitCode, messages } = await dropped.finished;
      assert.notEqual(exitCode, 0);
      assert.doesNotMatch(messages, /SIP\/2\.0 \d/);
      assert.equal(bench.untaken.length, 0);
    });

    it('malformed, foreign and oversized datagrams touch no call in progress', async () => {
      const { phone, leg } = await answeredCaller(bench);
      await sendRaw(bench.addresses.udp.port, MALFORMED);
      await listen(300);
      assert.equal(leg.state, 'answered');
      assert.equal(bench.untaken.length, 0);
      const run = await bench.caller(callerScenario({ during: [steps.pause(100)] }));
      const next = await bench.arrival();
      await next.answer();
      assert.equal((await next.ended).reason, 'normal');
      succeeded(await run.finished);
      leg.hangUp({ by: 'system', reason: 'normal' });
      await phone.waitFor('CALL_CLOSED');
    });

    it('a lost ACK: the 200 is sent again until it comes (RFC 3261 §13.3.1.4)', async () => {
      const run = await bench.caller(
        scenario([
          steps.invite(),
          steps.provisional(),
          steps.recvResponse(200),
          // Deaf to the repetitions: the call knows nothing of them until it goes on.
          steps.pause(2_500),
          steps.ack(),
          steps.pause(500),
          steps.bye(),
          steps.recvResponse(200),
        ]),
      );
      const leg = await bench.arrival();
      await leg.answer();
      assert.equal(await leg.answered, true);
      assert.deepEqual(await leg.ended, { by: 'caller', reason: 'normal' });
      const { messages } = succeeded(await run.finished);
      const repeats = messages.match(/SIP\/2\.0 200 OK[\s\S]*?CSeq: 1 INVITE/g) ?? [];
      assert.ok(repeats.length >= 3, `the 200 came ${repeats.length} times`);
    });

    it('what is never answered ends after 64·T1: our 200 with BYE and no-ack, our INVITE with no-response', async () => {
      const run = await bench.caller(
        scenario([
          steps.invite(),
          steps.provisional(),
          steps.recvResponse(200),
          // Deaf to the repeated 200s; the BYE is repeated too and is heard afterwards.
          steps.pause(33_500),
          steps.recvRequest('BYE', { timeoutMs: 20_000 }),
          steps.replyInDialog(),
        ]),
        { extraArgs: ['-pause_msg_ign'] },
      );
      const leg = await bench.arrival();
      await leg.answer();
      // Nobody listens there; a switch that hears of it by ICMP may say transport-failure.
      const uri = `sip:02112345678@127.0.0.1:${await freePort()}`;
      const nobody = bench.sw.dial({ target: { kind: 'uri', uri }, from: { number: '12320' }, timeoutMs: 60_000 });
      assert.equal((await leg.ended).reason, 'no-ack');
      assert.equal(await leg.answered, false);
      assert.match((await nobody.ended).reason, /^(no-response|transport-failure)$/);
      succeeded(await run.finished);
    }).timeout(90_000);

    it('OPTIONS is answered 200 (RFC 3261 §11)', async () => {
      const options = [
        'OPTIONS sip:[remote_ip]:[remote_port] SIP/2.0',
        'Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport',
        'From: <sip:gw@[local_ip]>;tag=[pid]opt[call_number]',
        'To: <sip:[remote_ip]:[remote_port]>',
        'Call-ID: [call_id]',
        'CSeq: 1 OPTIONS',
        'Max-Forwards: 70',
        'Content-Length: 0',
        '',
      ].join('\n');
      const run = await bench.caller(scenario([steps.raw(options), steps.recvResponse(200, { timeoutMs: 5000 })]));
      succeeded(await run.finished);
    });

    it('after forty calls at once every leg, port and socket is given back', async () => {
      const before = (await bench.sw.health()).rtpPortsInUse;
      assert.equal(before, 0);
      const run = await bench.caller(callerScenario({ during: [steps.speech(), steps.pause(2500)] }), { calls: 40, rate: 20, limit: 40 });
      const ended: Promise<unknown>[] = [];
      for (let i = 0; i < 40; i++) {
        const leg = await bench.arrival();
        leg.play([{ kind: 'tone', tone: 'ringback' }]);
        await leg.answer();
        ended.push(leg.ended.then((t) => assert.equal(t.reason, 'normal')));
      }
      await Promise.all(ended);
      succeeded(await run.finished);
      await eventually('all ports free', async () => (await bench.sw.health()).rtpPortsInUse === 0);
      assert.equal(bench.sw.legs().length, 0);
    });
  });
}

/** Cases that want a switch of their own. */
export function describeLifecycle(make: MakeSwitch): void {
  describe('life of a switch', () => {
    let bench: Bench;
    beforeEach(() => {
      bench = new Bench(make);
    });
    afterEach(() => bench.close());

    it('a party that falls silent and leaves OPTIONS unanswered is hung up on with media-timeout', async () => {
      await bench.open({ mediaTimeoutMs: 1500 });
      const run = await bench.caller(callerScenario({ hangUp: 'them', during: [steps.speech(), steps.recvRequest('OPTIONS')] }));
      const leg = await bench.arrival();
      await leg.answer();
      const termination = await leg.ended;
      assert.deepEqual([termination.by, termination.reason], ['network', 'media-timeout']);
      succeeded(await run.finished);
    });

    it('a party that is silent but answers OPTIONS stays: silence suppression is no hang-up', async () => {
      await bench.open({ mediaTimeoutMs: 1500 });
      const probed = [steps.recvRequest('OPTIONS'), steps.replyInDialog(), steps.recvRequest('OPTIONS'), steps.replyInDialog()];
      const run = await bench.caller(callerScenario({ during: probed, waitMs: 30_000 }));
      const leg = await bench.arrival();
      await leg.answer();
      assert.deepEqual(await leg.ended, { by: 'caller', reason: 'normal' });
      succeeded(await run.finished);
    });

    it('drain: running calls go on, new ones get 503 with Retry-After', async () => {
      await bench.open();
      const { phone, leg } = await answeredCaller(bench);
      bench.sw.drain();
      const refused = succeeded(await (await bench.caller(refusedScenario(503))).finished);
      assert.match(refused.messages, /Retry-After: \d+/);
      assert.equal(bench.untaken.length, 0);
      assert.equal(leg.state, 'answered');
      leg.hangUp({ by: 'system', reason: 'normal' });
      await phone.waitFor('CALL_CLOSED');
    });

    it('stop: every leg ends with draining and its party hears BYE', async () => {
      await bench.open();
      const { phone, leg } = await answeredCaller(bench);
      await bench.sw.stop();
      assert.equal((await leg.ended).reason, 'draining');
      await phone.waitFor('CALL_CLOSED');
      assert.deepEqual(bench.sw.legs(), []);
    });

    it('a phone registered before a restart can be called after it', async () => {
      const kept = new Map<string, readonly Registration[]>();
      const registrationStore: RegistrationStore = {
        load: async () => [...kept.values()].flat(),
        save: async (extension, registrations) => {
          kept.set(extension, registrations);
        },
      };
      await bench.open({ registrationStore });
      const phone = await bench.phone({ user: '1001', answer: 'auto' });
      const after = new Bench(make);
      try {
        await bench.sw.stop();
        await after.open({ registrationStore });
        assert.deepEqual(
          after.sw.registrations('1001').map((r) => r.source.port),
          [phone.sipPort],
        );
        const leg = after.dialExtension('1001');
        assert.equal(await leg.answered, true);
        leg.hangUp({ by: 'system', reason: 'normal' });
        await phone.waitFor('CALL_CLOSED');
      } finally {
        await after.close();
      }
    });

    it('a phone registered over TCP is called over its connection', async () => {
      await bench.open();
      const phone = await bench.phone({ user: '1002', registrar: { ...bench.addresses.tcp, transport: 'tcp' }, answer: 'auto' });
      const leg = bench.dialExtension('1002');
      assert.equal(await leg.answered, true);
      assert.equal(bench.sw.registrations('1002')[0]?.source.transport, 'tcp');
      leg.hangUp({ by: 'system', reason: 'normal' });
      await phone.waitFor('CALL_CLOSED');
    });

    it('a phone that loses its power: media-timeout ends its leg, the other party lives on', async () => {
      await bench.open({ mediaTimeoutMs: 1500 });
      const caller = await answeredCaller(bench);
      const agent = await answeredAgent(bench);
      const bridge = await bench.sw.bridge(caller.leg, agent.leg);
      await listen(300);
      await agent.phone.kill();
      assert.equal((await agent.leg.ended).reason, 'media-timeout');
      await bridge.ended;
      assert.equal(caller.leg.state, 'answered');
      caller.leg.hangUp({ by: 'system', reason: 'normal' });
      await caller.phone.waitFor('CALL_CLOSED');
    });

    it('health and metrics tell the truth', async () => {
      await bench.open();
      const idle = await bench.sw.health();
      assert.deepEqual([idle.ok, idle.legs, idle.rtpPortsInUse], [true, 0, 0]);
      const { phone, leg } = await answeredCaller(bench);
      const busy = await bench.sw.health();
      assert.equal(busy.legs, 1);
      assert.ok(busy.rtpPortsInUse > 0 && busy.rtpPortsInUse <= busy.rtpPortsTotal);
      leg.hangUp({ by: 'system', reason: 'normal' });
      await phone.waitFor('CALL_CLOSED');
      for (const [name, value] of Object.entries(bench.sw.metrics())) {
        assert.match(name, /^[a-z_:][a-z0-9_:]*(\{[^{}]*\})?$/);
        assert.ok(Number.isFinite(value), name);
      }
    });
  });
}

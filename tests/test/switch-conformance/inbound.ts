import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { callerScenario, eventually, refusedScenario, scenario, steps, succeeded, toneDurationMs } from '../../src/peers/index.js';
import { type Bench, Watch } from './bench.js';

// By hand: sipp cannot be told to repeat itself.
function plainInvite(localPort: number, method: 'INVITE' | 'CANCEL' | 'ACK' = 'INVITE'): string {
  return [
    `${method} sip:12320@127.0.0.1 SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${localPort};branch=z9hG4bKrepeat${localPort}`,
    'From: <sip:13800000001@127.0.0.1>;tag=again',
    'To: <sip:12320@127.0.0.1>',
    `Call-ID: again-${localPort}`,
    `CSeq: 1 ${method}`,
    `Contact: <sip:13800000001@127.0.0.1:${localPort}>`,
    'Max-Forwards: 70',
    'Content-Length: 0',
    '\r\n',
  ].join('\r\n');
}

export function describeInbound(bench: Bench): void {
  describe('inbound calls', () => {
    it('arrive as a leg in state new, ring, are answered, and end when the caller hangs up', async () => {
      const run = await bench.caller(
        scenario([
          steps.invite({ displayName: 'Wang', headers: ['P-Asserted-Identity: <sip:02187654321@127.0.0.1>'] }),
          steps.recvResponse(100, { optional: true }),
          steps.recvResponse(180),
          steps.recvResponse(200),
          steps.ack(),
          steps.pause(300),
          steps.bye(),
          steps.recvResponse(200),
        ]),
      );
      const leg = await bench.arrival();
      const watch = new Watch(leg);
      assert.equal(leg.state, 'new');
      assert.equal(leg.direction, 'inbound');
      assert.equal(leg.from.number, '02187654321');
      assert.equal(leg.from.displayName, 'Wang');
      assert.equal(leg.to.number, '12320');
      assert.deepEqual(leg.origin, { kind: 'trunk', trunkId: 'demo' });
      assert.equal(leg.source?.port, run.port);
      assert.deepEqual(bench.sw.legs(), [leg]);
      leg.ring();
      assert.equal(leg.state, 'ringing');
      await leg.answer();
      assert.equal(leg.state, 'answered');
      assert.equal(await leg.answered, true);
      assert.deepEqual(await leg.ended, { by: 'caller', reason: 'normal' });
      assert.equal(watch.names.at(-1), 'ended');
      assert.equal(watch.names.filter((n) => n === 'ended').length, 1);
      succeeded(await run.finished);
      assert.deepEqual(bench.sw.legs(), []);
    });

    it('end with BYE and a Reason header (RFC 3326) when we hang up', async () => {
      const run = await bench.caller(callerScenario({ hangUp: 'them' }));
      const leg = await bench.arrival();
      await leg.answer();
      assert.equal(await leg.answered, true);
      leg.hangUp({ by: 'agent', reason: 'normal' });
      leg.hangUp({ by: 'system', reason: 'switch-failure' });
      assert.deepEqual(await leg.ended, { by: 'agent', reason: 'normal' });
      const { messages } = succeeded(await run.finished);
      assert.match(messages, /BYE sip:[\s\S]*Reason: Q\.850;cause=16/);
    });

    for (const [reason, status] of [
      ['busy', 486],
      ['unknown-number', 404],
      ['trunk-full', 503],
      ['declined', 603],
    ] as const) {
      it(`are refused with ${status} for ${reason}`, async () => {
        const run = await bench.caller(refusedScenario(status));
        const leg = await bench.arrival();
        leg.hangUp({ by: 'system', reason });
        succeeded(await run.finished);
        assert.equal((await leg.ended).reason, reason);
        await assert.rejects(leg.answer());
      });
    }

    it('end as cancelled when the caller gives up before the answer (RFC 3261 §9.2)', async () => {
      const run = await bench.caller(
        scenario([
          steps.invite(),
          steps.recvResponse(100, { optional: true }),
          steps.recvResponse(180),
          steps.cancel(),
          steps.recvResponse(200),
          steps.recvResponse(487),
          steps.ackRefusal(),
        ]),
      );
      const leg = await bench.arrival();
      leg.ring();
      const termination = await leg.ended;
      assert.equal(termination.reason, 'cancelled');
      assert.equal(termination.by, 'caller');
      assert.equal(await leg.answered, false);
      succeeded(await run.finished);
    });

    it('hear early media before the answer', async () => {
      const phone = await bench.phone({ user: '13800000001' }, false);
      await phone.dial(`sip:12320@127.0.0.1:${bench.addresses.udp.port}`);
      const leg = await bench.arrival();
      await leg.early();
      assert.equal(leg.state, 'early');
      const playback = leg.play([{ kind: 'tone', tone: 'ringback', durationMs: 1000 }]);
      assert.equal(await playback.finished, 'finished');
      leg.hangUp({ by: 'system', reason: 'no-answer' });
      await phone.waitFor('CALL_CLOSED');
      const heard = (await phone.lastHeard()).channels[0] ?? new Int16Array(0);
      assert.ok(toneDurationMs(heard, 450) > 600, `${toneDurationMs(heard, 450)} ms of 450 Hz`);
      assert.ok(!phone.events.some((e) => e.type === 'CALL_ESTABLISHED'));
    });

    it('may offer late: the offer is ours in the 200, the answer comes in the ACK (RFC 3261 §13.2.1)', async () => {
      const run = await bench.caller(callerScenario({ sdp: null, during: [steps.speech(), steps.pause(1500)] }));
      const leg = await bench.arrival();
      await leg.answer();
      assert.equal(await leg.answered, true);
      await leg.ended;
      const { messages } = succeeded(await run.finished);
      assert.match(messages, /SIP\/2\.0 200[\s\S]*?m=audio \d+ RTP\/AVP 8 0 101/);
      assert.ok((await leg.stats()).packetsReceived > 20);
    });

    it('without a common codec get 488 and never become a leg', async () => {
      const sdp = [
        'v=0',
        'o=- 1 1 IN IP4 127.0.0.1',
        's=-',
        'c=IN IP4 127.0.0.1',
        't=0 0',
        'm=audio 6000 RTP/AVP 9',
        'a=rtpmap:9 G722/8000',
      ].join('\n');
      const run = await bench.caller(refusedScenario(488, { sdp }));
      assert.match(succeeded(await run.finished).messages, /Warning: 3\d\d /);
      assert.equal(bench.untaken.length, 0);
    });

    it('over TCP are calls like any other', async () => {
      const run = await bench.caller(callerScenario({ during: [steps.pause(200)] }), { transport: 'tcp', remote: bench.addresses.tcp });
      const leg = await bench.arrival();
      assert.equal(leg.source?.transport, 'tcp');
      await leg.answer();
      assert.equal((await leg.ended).reason, 'normal');
      succeeded(await run.finished);
    });

    it('over IPv6 are calls like any other, media included', async function () {
      const remote = bench.addresses.udp6;
      if (!remote) {
        console.log('      skipped: the switch under test is not bound to IPv6');
        this.skip();
      }
      const run = await bench.caller(callerScenario({ hangUp: 'them' }), { remote, address: '::1' });
      const leg = await bench.arrival();
      await leg.answer();
      await leg.play([{ kind: 'tone', tone: 'ringback', durationMs: 400 }]).finished;
      leg.hangUp({ by: 'system', reason: 'normal' });
      const { messages } = succeeded(await run.finished);
      assert.match(messages, /c=IN IP6 ::1\r?\n[\s\S]*m=audio \d+ RTP\/AVP 8/);
      assert.ok((await leg.stats()).packetsSent > 10);
    });

    it('are not told twice when the INVITE is (RFC 3261 §17.2.1)', async () => {
      const socket = createSocket('udp4');
      await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
      const answers: string[] = [];
      socket.on('message', (bytes) => answers.push(bytes.toString('latin1').split('\r\n', 1)[0] ?? ''));
      const { address, port } = bench.addresses.udp;
      const send = (text: string): void => socket.send(text, port, address);
      const invite = plainInvite(socket.address().port);
      try {
        for (let i = 0; i < 5; i++) send(invite);
        const leg = await bench.arrival();
        leg.ring();
        await eventually('180', () => answers.includes('SIP/2.0 180 Ringing'));
        send(invite);
        await eventually('180 again', () => answers.filter((a) => a === 'SIP/2.0 180 Ringing').length >= 2);
        assert.equal(bench.untaken.length, 0);
        send(plainInvite(socket.address().port, 'CANCEL'));
        assert.equal((await leg.ended).reason, 'cancelled');
        await eventually('487', () => answers.includes('SIP/2.0 487 Request Terminated'));
        send(plainInvite(socket.address().port, 'ACK'));
        assert.equal(bench.untaken.length, 0);
      } finally {
        socket.close();
      }
    });
  });
}

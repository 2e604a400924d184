import assert from 'node:assert/strict';
import { calleeScenario, eventually, scenario, steps, succeeded, toneDurationMs, writeCapture } from '../../src/peers/index.js';
import { type Bench, Watch } from './bench.js';
import { AGENT_HZ, answeredAgent, heardAfterHangUp, listen } from './scenes.js';

/** Called, never answered: waits for the CANCEL. */
function cancelledCallee(check?: string): string {
  return scenario([
    steps.recvRequest('INVITE'),
    steps.reply(100, 'Trying'),
    steps.reply(180, 'Ringing'),
    steps.recvRequest('CANCEL', { check, timeoutMs: 20_000 }),
    steps.replyInDialog(),
    '<send retrans="500"><![CDATA[\nSIP/2.0 487 Request Terminated\n[last_Via:]\n[last_From:]\n[last_To:];tag=[pid]yxuas[call_number]\n[last_Call-ID:]\nCSeq: [cseq] INVITE\nContent-Length: 0\n\n]]></send>',
    steps.recvRequest('ACK'),
  ]);
}

export function describeOutbound(bench: Bench): void {
  describe('outbound calls', () => {
    it('ring a registered phone, tell ringing and answered, and end when it hangs up', async () => {
      const phone = await bench.phone({ user: '1001' });
      assert.deepEqual(
        bench.sw.registrations('1001').map((r) => r.source.port),
        [phone.sipPort],
      );
      const leg = bench.dialExtension('1001');
      const watch = new Watch(leg);
      assert.equal(leg.state, 'new');
      const incoming = await phone.waitFor('CALL_INCOMING');
      assert.match(incoming.peeruri ?? '', /^sip:13800000001@/);
      await watch.until('ringing');
      await phone.accept();
      assert.equal(await leg.answered, true);
      await phone.waitFor('CALL_ESTABLISHED');
      await phone.hangUp();
      const termination = await leg.ended;
      assert.deepEqual([termination.by, termination.reason], ['called', 'normal']);
      assert.deepEqual(watch.names, ['ringing', 'answered', 'ended']);
    });

    it('are hung up by us with BYE', async () => {
      const { phone, leg } = await answeredAgent(bench);
      leg.hangUp({ by: 'caller', reason: 'normal' });
      await phone.waitFor('CALL_CLOSED');
      assert.deepEqual(await leg.ended, { by: 'caller', reason: 'normal' });
    });

    it('fork to all contacts; the first to answer wins, the others are cancelled as completed elsewhere', async () => {
      const port = await bench.registered('1003');
      const loser = await bench.callee(cancelledCallee(steps.mustMatch('Reason: *SIP *; *cause=200')), { port });
      const winner = await bench.phone({ user: '1003', toneHz: AGENT_HZ });
      assert.equal(bench.sw.registrations('1003').length, 2);
      const leg = bench.dialExtension('1003');
      await winner.waitFor('CALL_INCOMING');
      await eventually('the other contact rings too', async () => /180 Ringing/.test(await loser.messages()));
      await winner.accept();
      assert.equal(await leg.answered, true);
      succeeded(await loser.finished);
      assert.equal(leg.state, 'answered');
      leg.hangUp({ by: 'system', reason: 'normal' });
      await winner.waitFor('CALL_CLOSED');
    });

    it('are cancelled when we hang up while it rings (RFC 3261 §9.1)', async () => {
      const run = await bench.callee(cancelledCallee(steps.mustMatch('Reason: *Q.850 *; *cause=')));
      const leg = bench.dialUri(run);
      await new Watch(leg).until('ringing');
      leg.hangUp({ by: 'caller', reason: 'withdrawn' });
      assert.deepEqual(await leg.ended, { by: 'caller', reason: 'withdrawn' });
      assert.equal(await leg.answered, false);
      succeeded(await run.finished);
    });

    it('end with no-answer after timeoutMs', async () => {
      const run = await bench.callee(cancelledCallee());
      const leg = bench.dialUri(run, '02112345678', 1_000);
      assert.equal((await leg.ended).reason, 'no-answer');
      succeeded(await run.finished);
    });

    for (const [status, phrase, reason] of [
      [486, 'Busy Here', 'busy'],
      [603, 'Decline', 'declined'],
      [404, 'Not Found', 'unknown-number'],
      [488, 'Not Acceptable Here', 'no-common-codec'],
    ] as const) {
      it(`end with ${reason} when refused with ${status}`, async () => {
        const headers = ['Reason: Q.850;cause=17;text="test"'];
        const run = await bench.callee(calleeScenario({ refuse: { status, phrase, headers } }));
        const leg = bench.dialUri(run);
        const termination = await leg.ended;
        assert.deepEqual([termination.by, termination.reason, termination.sipStatus, termination.q850], ['called', reason, status, 17]);
        succeeded(await run.finished);
      });
    }

    for (const [cause, reason] of [
      [17, 'busy'],
      [19, 'no-answer'],
      [20, 'switched-off'],
      [21, 'declined'],
    ] as const) {
      it(`refused 480 with Q.850 cause ${cause} end with ${reason} (RFC 3326)`, async () => {
        const headers = [`Reason: Q.850;cause=${cause}`];
        const run = await bench.callee(calleeScenario({ refuse: { status: 480, phrase: 'Temporarily Unavailable', headers } }));
        const leg = bench.dialUri(run);
        const termination = await leg.ended;
        assert.deepEqual([termination.reason, termination.sipStatus, termination.q850], [reason, 480, cause]);
        succeeded(await run.finished);
      });
    }

    it('announced by the network before the refusal are no answer: "switched off" in early media, then 480 (RFC 6432)', async () => {
      const announced = ['Reason: Q.850;cause=20;text="Subscriber absent"'];
      const run = await bench.callee(
        scenario([
          steps.recvRequest('INVITE'),
          steps.reply(183, 'Session Progress', { sdp: {}, headers: announced }),
          steps.pause(500),
          steps.reply(480, 'Temporarily Unavailable', { reliable: true }),
          steps.recvRequest('ACK'),
        ]),
      );
      const leg = bench.dialUri(run);
      const watch = new Watch(leg);
      const termination = await leg.ended;
      assert.deepEqual([termination.reason, termination.q850], ['switched-off', 20]);
      assert.deepEqual(watch.names, ['early-media', 'ended']);
      assert.equal(await leg.answered, false);
      succeeded(await run.finished);
    });

    it('ask the phone to answer by itself, when they are told to', async () => {
      const check = [
        steps.mustMatch('Call-Info: .*;answer-after=0', 'info'),
        steps.mustMatch('Alert-Info: .*alert-autoanswer', 'alert'),
      ].join('');
      const run = await bench.callee(calleeScenario({ check }));
      const leg = bench.sw.dial({
        target: { kind: 'uri', uri: `sip:1001@127.0.0.1:${run.port}` },
        from: { number: '12320' },
        timeoutMs: 10_000,
        autoAnswer: true,
      });
      assert.equal(await leg.answered, true);
      leg.hangUp({ by: 'system', reason: 'normal' });
      succeeded(await run.finished);
    });

    it('to an extension without a contact have ended with not-registered', async () => {
      const leg = bench.dialExtension('1004');
      const watch = new Watch(leg);
      assert.equal((await leg.ended).reason, 'not-registered');
      await watch.until('ended');
      assert.equal(leg.state, 'ended');
    });

    it('show the caller in From and P-Asserted-Identity and carry the call id', async () => {
      const check = [
        steps.mustMatch('INVITE sip:02112345678@', 'line'),
        steps.mustMatch('From: *"?Hotline"? *<sip:12320@', 'shown'),
        steps.mustMatch('P-Asserted-Identity: *"Hotline" *<sip:12320@', 'asserted'),
        steps.mustMatch('X-Yixian-Call: call-conformance', 'call'),
      ].join('');
      const run = await bench.callee(calleeScenario({ check }));
      const leg = bench.dialUri(run);
      assert.equal(await leg.answered, true);
      leg.hangUp({ by: 'system', reason: 'normal' });
      succeeded(await run.finished);
    });

    it('answer a digest challenge of the trunk (RFC 3261 §22.3)', async () => {
      const challenge = ['Proxy-Authenticate: Digest realm="gw", nonce="abc123", algorithm=MD5, qop="auth"'];
      const run = await bench.callee(
        scenario([
          steps.recvRequest('INVITE'),
          steps.reply(407, 'Proxy Authentication Required', { headers: challenge, reliable: true }),
          steps.recvRequest('ACK'),
          steps.recvRequest('INVITE', { check: steps.mustMatch('Proxy-Authorization: Digest .*username="trunk"') }),
          steps.reply(200, 'OK', { sdp: {}, reliable: true }),
          steps.recvRequest('ACK'),
          steps.recvRequest('BYE'),
          steps.replyInDialog(),
        ]),
      );
      const leg = bench.sw.dial({
        target: { kind: 'uri', uri: `sip:02112345678@127.0.0.1:${run.port}`, auth: { username: 'trunk', password: 'pw' } },
        from: { number: '12320' },
        timeoutMs: 20_000,
      });
      assert.equal(await leg.answered, true, JSON.stringify(leg.termination));
      leg.hangUp({ by: 'system', reason: 'normal' });
      succeeded(await run.finished);
    });

    it('tell early media, and a bridge lets it be heard before the answer', async () => {
      const capture = bench.file('early.pcap');
      await writeCapture(capture, [{ kind: 'tone', hz: 900, ms: 3000 }]);
      const gateway = await bench.callee(
        scenario([
          steps.recvRequest('INVITE'),
          steps.reply(183, 'Session Progress', { sdp: {} }),
          steps.play(capture),
          steps.pause(2500),
          steps.reply(486, 'Busy Here', { reliable: true }),
          steps.recvRequest('ACK'),
        ]),
      );
      const phone = await bench.phone({ user: '13800000001' }, false);
      await phone.dial(`sip:12320@127.0.0.1:${bench.addresses.udp.port}`);
      const caller = await bench.arrival();
      await caller.early();
      const leg = bench.dialUri(gateway);
      await new Watch(leg).until('early-media');
      assert.equal(leg.state, 'early');
      await bench.sw.bridge(caller, leg);
      assert.equal((await leg.ended).reason, 'busy');
      assert.equal(caller.state, 'early', 'the other leg is the owner’s to end');
      const heard = await heardAfterHangUp(phone, caller);
      assert.ok(toneDurationMs(heard, 900) > 1000, `${toneDurationMs(heard, 900)} ms of 900 Hz`);
      succeeded(await gateway.finished);
    });

    it('know when a phone leaves: its registration goes and the change is told', async () => {
      const phone = await bench.phone({ user: '1002' });
      await phone.command('uadel', `sip:1002@127.0.0.1:${bench.addresses.udp.port}`);
      await eventually('1002 unregistered', () => bench.sw.registrations('1002').length === 0);
      const changes = bench.registrations.filter((c) => c.extension === '1002').map((c) => c.reason);
      assert.deepEqual([changes[0], changes.at(-1)], ['registered', 'unregistered']);
      await listen(0);
    });
  });
}

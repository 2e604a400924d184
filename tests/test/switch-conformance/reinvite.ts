import assert from 'node:assert/strict';
import type { CallLeg } from '@yixian/contracts';
import { callerScenario, type InviteOptions, type Step, scenario, sippSdp, steps, succeeded } from '../../src/peers/index.js';
import { type Bench, Watch } from './bench.js';

const G722 = ['v=0', 'o=sipp 53655765 2 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', 'm=audio [media_port] RTP/AVP 9'].join(
  '\n',
);

function reinvite(cseq: number, options: InviteOptions, expected: string): Step[] {
  return [
    steps.reinvite({ cseq, ...options }),
    steps.recvResponse(100, { optional: true }),
    steps.recvResponse(200, { check: steps.mustMatch(expected, `answer${cseq}`) }),
    steps.ack({ cseq, ...(options.sdp === null ? { sdp: { version: cseq } } : {}) }),
    steps.pause(200),
  ];
}

/** The called party lets its 200 cross our CANCEL: both are on the way at once (RFC 3261 §9.1). */
function crossingCallee(): string {
  const keep = ['Via', 'From', 'To', 'CSeq'].map(
    (name) => `<ereg regexp=".*" search_in="hdr" header="${name}:" assign_to="${name.toLowerCase()}"/>`,
  );
  const ok = [
    'SIP/2.0 200 OK',
    'Via:[$via]',
    'From:[$from]',
    'To:[$to];tag=[pid]yxuas[call_number]',
    'Call-ID: [call_id]',
    'CSeq:[$cseq]',
    'Contact: <sip:sipp@[local_ip]:[local_port]>',
    'Content-Type: application/sdp',
    'Content-Length: [len]',
    '',
    'v=0',
    'o=- 1 1 IN IP4 [local_ip]',
    's=-',
    'c=IN IP4 [media_ip]',
    't=0 0',
    'm=audio [media_port] RTP/AVP 8',
  ].join('\n');
  return scenario([
    steps.recvRequest('INVITE', { check: keep.join('') }),
    steps.reply(180, 'Ringing'),
    steps.recvRequest('CANCEL'),
    steps.replyInDialog(),
    steps.raw(ok),
    steps.recvRequest('ACK'),
    steps.recvRequest('BYE'),
    steps.replyInDialog(),
  ]);
}

export function describeReinvite(bench: Bench): void {
  async function answered(during: Step[]): Promise<{ leg: CallLeg; watch: Watch; done: Promise<unknown> }> {
    const run = await bench.caller(callerScenario({ during: [steps.pause(200), ...during] }));
    const leg = await bench.arrival();
    const watch = new Watch(leg);
    await leg.answer();
    return { leg, watch, done: Promise.all([leg.ended, run.finished.then(succeeded)]) };
  }
  const holds = (watch: Watch): string[] => watch.names.filter((n) => n.startsWith('remote-'));

  describe('re-INVITE and races', () => {
    it('hold with sendonly is answered recvonly, with inactive inactive, and the way back sendrecv (RFC 3264 §8.4)', async () => {
      const { watch, done } = await answered([
        ...reinvite(2, { sdp: { direction: 'sendonly', version: 2 } }, 'a=recvonly'),
        ...reinvite(3, { sdp: { direction: 'inactive', version: 3 } }, 'a=inactive'),
        ...reinvite(4, { sdp: { direction: 'sendrecv', version: 4 } }, 'a=sendrecv'),
      ]);
      await done;
      assert.deepEqual(holds(watch), ['remote-held', 'remote-resumed']);
    });

    it('hold with c=0.0.0.0 is a hold too (RFC 2543)', async () => {
      const old = ['v=0', 'o=sipp 1 2 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 0.0.0.0', 't=0 0', 'm=audio [media_port] RTP/AVP 8'].join('\n');
      const { watch, done } = await answered([
        ...reinvite(2, { sdp: old }, 'm=audio'),
        ...reinvite(3, { sdp: { version: 3 } }, 'a=sendrecv'),
      ]);
      await done;
      assert.deepEqual(holds(watch), ['remote-held', 'remote-resumed']);
    });

    it('without an offer gets ours, its answer comes in the ACK (RFC 3261 §14.2)', async () => {
      const { leg, done } = await answered([...reinvite(2, { sdp: null }, 'm=audio [0-9]+ RTP/AVP 8')]);
      await done;
      assert.equal(leg.termination?.reason, 'normal');
    });

    it('UPDATE holds and resumes as well (RFC 3311 §5.2)', async () => {
      const update = (cseq: number, direction: 'sendonly' | 'sendrecv', expected: string): Step[] => [
        steps.request('UPDATE', { cseq, body: { type: 'application/sdp', text: sippSdp({ direction, version: cseq }) } }),
        steps.recvResponse(200, { check: steps.mustMatch(expected, `answer${cseq}`) }),
      ];
      const { watch, done } = await answered([...update(2, 'sendonly', 'a=recvonly'), ...update(3, 'sendrecv', 'a=sendrecv')]);
      await done;
      assert.deepEqual(holds(watch), ['remote-held', 'remote-resumed']);
    });

    it('an ACK three seconds late: the 200 is repeated, the call goes on, and it may be hung up as ever (RFC 3261 §13.3.1.4)', async () => {
      const run = await bench.caller(
        scenario([
          steps.invite(),
          steps.provisional(),
          steps.recvResponse(200),
          steps.pause(3_000),
          steps.ack(),
          steps.recvRequest('BYE', { timeoutMs: 10_000 }),
          steps.replyInDialog(),
        ]),
      );
      const leg = await bench.arrival();
      await leg.answer();
      assert.equal(await leg.answered, true);
      leg.hangUp({ by: 'system', reason: 'normal' });
      const { messages } = succeeded(await run.finished);
      // At 0, 0.5 and 1.5 s; the BYE is answered by the caller.
      assert.ok(messages.split('SIP/2.0 200 OK').length - 1 >= 4, messages.slice(-2000));
    });

    it('hung up before the ACK: BYE waits for it (RFC 3261 §15)', async () => {
      const run = await bench.caller(
        scenario([
          steps.invite(),
          steps.provisional(),
          steps.recvResponse(200),
          steps.pause(400),
          steps.ack(),
          steps.recvRequest('BYE', { timeoutMs: 5_000 }),
          steps.replyInDialog(),
        ]),
      );
      const leg = await bench.arrival();
      await leg.answer();
      leg.hangUp({ by: 'system', reason: 'normal' });
      assert.equal(await leg.answered, false);
      succeeded(await run.finished);
    });

    it('an unchanged description keeps its version (RFC 3264 §8)', async () => {
      const { done } = await answered([...reinvite(2, {}, 'o=- [0-9]+ 1 IN IP4')]);
      await done;
    });

    it('that cannot be agreed on is refused with 488 and the call goes on', async () => {
      const { leg, done } = await answered([
        steps.reinvite({ cseq: 2, sdp: G722 }),
        steps.recvResponse(100, { optional: true }),
        steps.recvResponse(488),
        steps.ackReinviteRefusal({ cseq: 2 }),
        steps.pause(300),
      ]);
      await done;
      assert.deepEqual(leg.termination, { by: 'caller', reason: 'normal' });
    });

    it('a 200 that crosses our CANCEL is acknowledged and hung up', async () => {
      const run = await bench.callee(crossingCallee());
      const leg = bench.dialUri(run);
      const watch = new Watch(leg);
      await watch.until('ringing');
      leg.hangUp({ by: 'caller', reason: 'withdrawn' });
      assert.equal(await leg.answered, false);
      succeeded(await run.finished);
      assert.ok(!watch.names.includes('answered'));
    });

    it('a BYE that crosses ours ends the leg once', async () => {
      const { leg, watch, done } = await answered([steps.pause(100)]);
      // As near to the caller's own BYE as can be had.
      await new Promise((resolve) => setTimeout(resolve, 300));
      leg.hangUp({ by: 'system', reason: 'normal' });
      await done.catch((error: unknown) => assert.match(String(error), /BYE/));
      assert.equal(watch.names.filter((n) => n === 'ended').length, 1);
    });
  });
}

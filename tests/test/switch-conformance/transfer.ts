import assert from 'node:assert/strict';
import type { CallLeg, ReferRequest } from '@yixian/contracts';
import {
  eventually,
  extensionCall,
  notified,
  replacesOf,
  type SippRun,
  type Step,
  scenario,
  steps,
  succeeded,
  toneDurationMs,
  within,
} from '../../src/peers/index.js';
import { type Bench, PASSWORDS } from './bench.js';
import { answeredAgent, answeredCaller, heardAfterHangUp, listen } from './scenes.js';

const SECOND_HZ = 1500;

/** The REFER the owner of a leg is told of. */
function referOf(leg: CallLeg): Promise<ReferRequest> {
  const asked = new Promise<ReferRequest>((resolve) => {
    const stop = leg.subscribe((event) => {
      if (event.type !== 'refer') return;
      stop();
      resolve(event.refer);
    });
  });
  return within('a REFER', 15_000, asked);
}

/** As it stands in the Refer-To of a phone's other call. */
async function dialogOf(run: SippRun): Promise<string> {
  return encodeURIComponent(await eventually('the dialog', () => replacesOf(run, 'caller')));
}

export function describeTransfer(bench: Bench): void {
  const auth = (extension: string) => ({ username: extension, password: PASSWORDS[extension] ?? '' });
  const address = (number: string): string => `sip:${number}@127.0.0.1:${bench.addresses.udp.port}`;

  async function extensionCaller(extension: string, rest: readonly Step[], keys: Record<string, string> = {}) {
    const run = await bench.caller(scenario([...extensionCall(extension), ...rest]), { auth: auth(extension), keys });
    const leg = await bench.arrival();
    return { run, leg };
  }

  describe('transfer by the phone (REFER, RFC 3515)', () => {
    it('blind: the owner is told where to, puts the caller through, and the phone leaves by itself', async () => {
      const caller = await answeredCaller(bench);
      const agent = await answeredAgent(bench);
      const second = await bench.phone({ user: '1002', toneHz: SECOND_HZ, answer: 'auto' });
      await bench.sw.bridge(caller.leg, agent.leg);
      const asked = referOf(agent.leg);
      await agent.phone.transfer(address('1002'));
      const refer = await asked;
      assert.deepEqual([refer.target, refer.replaces], ['1002', undefined]);
      refer.accept();
      const next = bench.dialExtension('1002');
      assert.equal(await next.answered, true);
      await bench.sw.bridge(caller.leg, next);
      refer.done(200);
      await agent.phone.waitFor('CALL_CLOSED');
      assert.equal((await agent.leg.ended).reason, 'normal');
      await listen(1_500);
      assert.equal(caller.leg.state, 'answered');
      const heard = await heardAfterHangUp(caller.phone, caller.leg);
      assert.ok(toneDurationMs(heard, SECOND_HZ) > 800, `${toneDurationMs(heard, SECOND_HZ)} ms of the second phone`);
      next.hangUp({ by: 'caller', reason: 'normal' });
      await second.waitFor('CALL_CLOSED');
    });

    for (const [how, settle, expected] of [
      ['refused by the owner', (refer: ReferRequest) => refer.refuse({ by: 'system', reason: 'forbidden' }), /403/],
      [
        'that comes to nothing',
        (refer: ReferRequest) => {
          refer.accept();
          refer.progress(180);
          refer.done(486);
        },
        /486/,
      ],
    ] as const) {
      it(`${how}: the phone is told why`, async () => {
        const { phone, leg } = await answeredAgent(bench);
        const asked = referOf(leg);
        await phone.transfer(address('1003'));
        settle(await asked);
        assert.match((await phone.waitFor('TRANSFER_FAILED')).param ?? '', expected);
        // This phone gives its call up after that; we have not ended it.
        assert.deepEqual(await leg.ended, { by: 'called', reason: 'normal' });
      });
    }

    it('attended: Replaces names the other call of the same phone; 202, NOTIFY 100, 180, 200, terminated', async () => {
      const consult = await extensionCaller('1001', [steps.recvRequest('BYE', { timeoutMs: 30_000 }), steps.replyInDialog()]);
      await consult.leg.answer();
      assert.equal(await consult.leg.answered, true);
      const named = await dialogOf(consult.run);
      const transferring = await extensionCaller(
        '1001',
        [
          steps.request('REFER', { from: '1001', cseq: 3, headers: [`Refer-To: <${address('1002')}?Replaces=${named}>`] }),
          steps.recvResponse(202),
          ...notified('SIP/2.0 100 Trying'),
          ...notified('SIP/2.0 180 Ringing'),
          ...notified('Subscription-State: terminated'),
          steps.recvRequest('BYE', { timeoutMs: 10_000 }),
          steps.replyInDialog(),
        ],
        {},
      );
      const asked = referOf(transferring.leg);
      await transferring.leg.answer();
      const refer = await asked;
      assert.equal(refer.replaces, consult.leg);
      refer.accept();
      await listen(100);
      refer.progress(180);
      await listen(100);
      // As transferred: the phone is told 200 before its BYE.
      transferring.leg.hangUp({ by: 'agent', reason: 'transferred' });
      consult.leg.hangUp({ by: 'agent', reason: 'transferred' });
      const { messages } = succeeded(await transferring.run.finished);
      assert.match(messages, /Subscription-State: terminated[\s\S]{0,300}SIP\/2\.0 200 OK/);
      succeeded(await consult.run.finished);
    });

    it('a phone cannot name the call of another one: 403, and nobody hears of it', async () => {
      const other = await extensionCaller('1002', [steps.recvRequest('BYE', { timeoutMs: 30_000 }), steps.replyInDialog()]);
      await other.leg.answer();
      assert.equal(await other.leg.answered, true);
      const named = await dialogOf(other.run);
      const thief = await extensionCaller('1001', [
        steps.request('REFER', { from: '1001', cseq: 3, headers: [`Refer-To: <${address('1003')}?Replaces=${named}>`] }),
        steps.recvResponse(403),
        steps.bye({ from: '1001', cseq: 4 }),
        steps.recvResponse(200),
      ]);
      let heard = false;
      thief.leg.subscribe((event) => {
        if (event.type === 'refer') heard = event.refer !== undefined;
      });
      await thief.leg.answer();
      succeeded(await thief.run.finished);
      assert.equal(heard, false);
      assert.equal(other.leg.state, 'answered');
      other.leg.hangUp({ by: 'system', reason: 'normal' });
      succeeded(await other.run.finished);
    });

    it('of a trunk’s caller nobody serves: 403 at once; hostile ones: 400; the call goes on', async () => {
      const refer = (cseq: number, to: string, status: number): Step[] => [
        steps.request('REFER', { cseq, headers: [`Refer-To: ${to}`] }),
        steps.recvResponse(status, { timeoutMs: 3_000 }),
      ];
      const run = await bench.caller(
        scenario([
          steps.invite(),
          steps.provisional(),
          steps.recvResponse(200),
          steps.ack(),
          ...refer(2, '<sip:1002@127.0.0.1>', 403),
          ...refer(3, '<tel:10086>', 400),
          ...refer(4, '<sip:1002%0d%0aVia:x@127.0.0.1>', 400),
          ...refer(5, `<sip:${'9'.repeat(1_500)}@127.0.0.1>`, 400),
          ...refer(6, '<sip:1002@127.0.0.1>, <sip:1003@127.0.0.1>', 400),
          steps.bye({ cseq: 7 }),
          steps.recvResponse(200),
        ]),
      );
      const leg = await bench.arrival();
      await leg.answer();
      succeeded(await run.finished);
      assert.deepEqual(await leg.ended, { by: 'caller', reason: 'normal' });
    });

    it('crosses with a re-INVITE and a second REFER: each is answered, one at a time', async () => {
      const { run, leg } = await extensionCaller('1001', [
        steps.request('REFER', { from: '1001', cseq: 3, headers: ['Refer-To: <sip:1002@127.0.0.1>'] }),
        steps.recvResponse(202),
        ...notified('SIP/2.0 100 Trying'),
        steps.request('REFER', { from: '1001', cseq: 4, headers: ['Refer-To: <sip:1003@127.0.0.1>'] }),
        steps.recvResponse(491),
        steps.reinvite({ from: '1001', cseq: 5, sdp: { direction: 'sendonly', version: 2 } }),
        steps.recvResponse(100, { optional: true }),
        steps.recvResponse(200, { check: steps.mustMatch('a=recvonly') }),
        steps.ack({ from: '1001', cseq: 5 }),
        steps.bye({ from: '1001', cseq: 6 }),
        steps.recvResponse(200),
      ]);
      const asked = referOf(leg);
      await leg.answer();
      const refer = await asked;
      refer.accept();
      assert.equal((await leg.ended).reason, 'normal');
      // Too late, and nothing comes of it.
      refer.done(200);
      succeeded(await run.finished);
    });
  });

  describe('INVITE with Replaces (RFC 3891)', () => {
    it('pick-up: names the ringing phone; its owner gives the caller to the one who picks up', async () => {
      const port = await bench.registered('1001');
      const ringing = await bench.callee(
        scenario([
          steps.recvRequest('INVITE'),
          steps.reply(180, 'Ringing'),
          steps.recvRequest('CANCEL', { timeoutMs: 20_000 }),
          steps.replyInDialog(),
          '<send retrans="500"><![CDATA[\nSIP/2.0 487 Request Terminated\n[last_Via:]\n[last_From:]\n[last_To:];tag=[pid]yxuas[call_number]\n[last_Call-ID:]\nCSeq: [cseq] INVITE\nContent-Length: 0\n\n]]></send>',
          steps.recvRequest('ACK'),
        ]),
        { port },
      );
      const rung = bench.dialExtension('1001');
      const named = await eventually('the phone rings', async () => replacesOf(ringing, 'callee'));
      const run = await bench.caller(
        scenario([
          ...extensionCall('1002', [`Replaces: ${named}`, 'Require: replaces']),
          steps.recvRequest('BYE', { timeoutMs: 15_000 }),
          steps.replyInDialog(),
        ]),
        { auth: auth('1002') },
      );
      const leg = await bench.arrival();
      assert.equal(leg.replaces, rung);
      rung.hangUp({ by: 'called', reason: 'answered-elsewhere' });
      await leg.answer();
      succeeded(await ringing.finished);
      leg.hangUp({ by: 'system', reason: 'normal' });
      succeeded(await run.finished);
    });

    it('of no dialog of ours: 481', async () => {
      const headers = ['Replaces: nothing@nowhere;to-tag=a;from-tag=b'];
      const run = await bench.caller(
        scenario([
          steps.invite({ from: '1002', headers }),
          steps.provisional(),
          steps.recvResponse(407, { auth: true }),
          steps.ackRefusal({ from: '1002' }),
          steps.invite({ from: '1002', headers, cseq: 2, authenticate: true }),
          steps.provisional(),
          steps.recvResponse(481),
          steps.ackRefusal({ from: '1002', cseq: 2 }),
        ]),
        { auth: auth('1002') },
      );
      succeeded(await run.finished);
      assert.equal(bench.untaken.length, 0);
    });
  });
}

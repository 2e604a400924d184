import assert from 'node:assert/strict';
import type { SipMessage } from '@yixian/contracts';
import { eventually, freePort, type Step, scenario, steps, succeeded } from '../../src/peers/index.js';
import { type Bench, PASSWORDS } from './bench.js';

const PLAIN = 'text/plain';

export function describeTexts(bench: Bench): void {
  const auth = { username: '1001', password: PASSWORDS['1001'] ?? '' };
  const address = (number: string): string => `sip:${number}@127.0.0.1:${bench.addresses.udp.port}`;

  /** A MESSAGE of extension 1001 that meets `status`. */
  async function says(text: string, status: number, type = PLAIN, transport: 'udp' | 'tcp' = 'udp'): Promise<void> {
    const message = (cseq: number, authenticate: boolean): Step =>
      steps.request('MESSAGE', { from: '1001', cseq, authenticate, outside: true, body: { type, text } });
    const parts = [message(1, false), steps.recvResponse(407, { auth: true }), message(2, true), steps.recvResponse(status)];
    const options = { service: '1002', auth, transport, ...(transport === 'tcp' ? { remote: bench.addresses.tcp } : {}) };
    succeeded(await (await bench.caller(scenario(parts), options)).finished);
  }

  describe('texts (SIP MESSAGE, RFC 3428)', () => {
    it('from one phone to another: the owner is given it, and the other phone shows it', async () => {
      const arrived: SipMessage[] = [];
      bench.onMessage = async (message) => {
        arrived.push(message);
        const sent = await bench.sw.sendMessage(message);
        return sent.delivered ? { status: 202 } : { status: 480, text: sent.termination.reason };
      };
      const receiver = await bench.phone({ user: '1002', showsTexts: true });
      const sender = await bench.phone({ user: '1001', contact: address('1002') });
      await sender.message('你好 from 1001');
      await eventually('the other phone shows the text', () => receiver.shown().includes('你好 from 1001'));
      assert.deepEqual(
        arrived.map(({ from, to, text }) => ({ from, to, text })),
        [{ from: '1001', to: '1002', text: '你好 from 1001' }],
      );
      assert.match(receiver.shown(), /sip:1001@[^"]*"你好 from 1001"/);
    });

    it('the owner’s answer is the phone’s: taken, unknown, not here', async () => {
      await says('hello', 202);
      bench.onMessage = async () => ({ status: 404, text: 'no such extension' });
      await says('hello', 404);
      bench.onMessage = async () => ({ status: 480, text: 'not registered' });
      await says('hello', 480);
    });

    it('what is no text is refused 415, what is too long 413, before the owner hears of it', async () => {
      let heard = 0;
      bench.onMessage = async () => {
        heard++;
        return { status: 202 };
      };
      await says('<a/>', 415, 'application/im-iscomposing+xml');
      await says('x'.repeat(1_400), 413);
      assert.equal(heard, 0);
      await says('x'.repeat(4_000), 202, PLAIN, 'tcp');
      assert.equal(heard, 1);
    });

    it('without a phone: not delivered, not-registered; a phone that refuses: its refusal', async () => {
      const nobody = await bench.sw.sendMessage({ from: '1001', to: '1003', text: 'x' });
      assert.equal(!nobody.delivered && nobody.termination.reason, 'not-registered');
      const port = await bench.registered('1003');
      const refusing = await bench.callee(scenario([steps.recvRequest('MESSAGE'), steps.reply(486, 'Busy Here')]), { port });
      const busy = await bench.sw.sendMessage({ from: '1001', to: '1003', text: 'x' });
      assert.equal(!busy.delivered && busy.termination.reason, 'busy');
      succeeded(await refusing.finished);
    });

    it('to a phone that is gone: given up within its deadline', async () => {
      await bench.registered('1003');
      const began = performance.now();
      const gone = await bench.sw.sendMessage({ from: '1001', to: '1003', text: 'x' });
      assert.equal(gone.delivered, false);
      assert.ok(performance.now() - began < 12_000);
    });
  });

  describe('message waiting (RFC 3842)', () => {
    it('a phone that subscribes is told at once and on every change, as long as it is registered', async () => {
      bench.sw.setMessagesWaiting('1001', { newMessages: 1, oldMessages: 4 });
      const phone = await bench.phone({ user: '1001', messageWaiting: true });
      await eventually('the first summary', () => phone.log().includes('Voice-Message: 1/4'));
      bench.sw.setMessagesWaiting('1001', { newMessages: 0, oldMessages: 5 });
      await eventually('the second summary', () => /Messages-Waiting: no[\s\S]*Voice-Message: 0\/5/.test(phone.log()));
    });

    it('a registered phone that did not subscribe is told unasked', async () => {
      const port = await freePort();
      await bench.registered('1002', port);
      const check = steps.mustMatch('Voice-Message: 3/0');
      const phone = await bench.callee(scenario([steps.recvRequest('NOTIFY', { check }), steps.reply(200, 'OK')]), { port });
      bench.sw.setMessagesWaiting('1002', { newMessages: 3, oldMessages: 0 });
      succeeded(await phone.finished);
      bench.sw.setMessagesWaiting('1002', { newMessages: 0, oldMessages: 0 });
    });

    it('a SUBSCRIBE is challenged; another event is refused 489, another’s box 403', async () => {
      const subscribe = (service: string, event: string, status: number): Promise<void> => {
        const request = (cseq: number, authenticate: boolean): Step =>
          steps.request('SUBSCRIBE', { from: '1001', cseq, authenticate, outside: true, headers: [`Event: ${event}`, 'Expires: 600'] });
        const parts = [request(1, false), steps.recvResponse(407, { auth: true }), request(2, true), steps.recvResponse(status)];
        return bench.caller(scenario(parts), { service, auth }).then(async (run) => {
          succeeded(await run.finished);
        });
      };
      await subscribe('1001', 'presence', 489);
      await subscribe('1002', 'message-summary', 403);
    });
  });
}

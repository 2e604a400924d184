import assert from 'node:assert/strict';
import fc from 'fast-check';
import { NEW_SUBSCRIPTION, type SubscriptionInput, stepSubscription } from '../../src/sip/notifier/subscription.js';
import { summaryBody } from '../../src/sip/notifier/summary.js';
import { headerValue, type SipRequest } from '../../src/sip/parser/message.js';
import { inviteText, RawPeer, stackOn, type TestStackOptions, toTagOf, Wire } from './wire.js';

const OWN = 'sip:1001@192.0.2.1';

async function phone(options: TestStackOptions = {}) {
  const wire = new Wire();
  const us = await stackOn(wire, { admit: () => ({ action: 'accept', origin: { kind: 'extension', extension: '1001' } }), ...options });
  const peer = new RawPeer(wire, us);
  const quiet = () => {
    peer.reply = () => {};
  };
  peer.reply = (m) => {
    if (m.kind === 'request' && m.method === 'NOTIFY') peer.respond(m, 200, 'OK');
  };
  let n = 0;
  const subscribe = (extra = 'Expires: 600\n', over: Parameters<typeof inviteText>[0] = {}) => {
    n++;
    const event = extra.includes('Event:') ? '' : 'Event: message-summary\n';
    peer.say(
      inviteText({ method: 'SUBSCRIBE', callId: 's', cseq: n, branch: `s${n}`, uri: OWN, extra: `${event}${extra}`, sdp: '', ...over }),
    );
    wire.clock.advance(10);
    return peer.heard.findLast((m) => m.kind === 'response')?.kind === 'response' ? peer.lastResponse() : undefined;
  };
  const again = (extra: string) => subscribe(extra, { toTag: toTagOf(peer.lastResponse()) });
  const register = (port = 5060) => {
    const head = inviteText({
      method: 'REGISTER',
      callId: `r${port}`,
      branch: `r${port}`,
      uri: 'sip:192.0.2.1',
      extra: 'Expires: 600\n',
      sdp: '',
    });
    peer.say(
      head
        .replace('To: <sip:12320@', 'To: <sip:1001@')
        .replace('Contact: <sip:13800138000@192.0.2.9:5060>', `Contact: <sip:1001@192.0.2.9:${port}>`),
    );
    wire.clock.advance(10);
  };
  const notifies = () =>
    peer.requests('NOTIFY').map((r) => `${/Voice-Message: (\S+)/.exec(r.body.toString())?.[1]} ${headerValue(r, 'subscription-state')}`);
  return { wire, us, peer, subscribe, again, register, notifies, quiet };
}

describe('message waiting: subscribers (RFC 3842, RFC 6665)', () => {
  it('200 with the time granted, NOTIFY at once and on every change', async () => {
    const s = await phone();
    const answer = s.subscribe();
    assert.equal(answer?.status, 200);
    assert.equal(headerValue(answer as never, 'expires'), '600');
    s.us.stack.setMessagesWaiting('1001', { newMessages: 2, oldMessages: 3 });
    s.wire.clock.advance(10);
    s.us.stack.setMessagesWaiting('1001', { newMessages: 2, oldMessages: 3 });
    s.us.stack.setMessagesWaiting('1002', { newMessages: 9, oldMessages: 0 });
    s.wire.clock.advance(10);
    assert.deepEqual(s.notifies(), ['0/0 active;expires=600', '2/3 active;expires=600']);
    const [first] = s.peer.requests('NOTIFY');
    assert.equal(headerValue(first as SipRequest, 'content-type'), 'application/simple-message-summary');
    assert.match(first?.body.toString() ?? '', /^Messages-Waiting: no\r\nMessage-Account: sip:1001@192.0.2.1\r\n/);
  });

  it('what is known before is told to a later subscriber', async () => {
    const s = await phone();
    s.us.stack.setMessagesWaiting('1001', { newMessages: 1, oldMessages: 0 });
    s.subscribe();
    assert.deepEqual(s.notifies(), ['1/0 active;expires=600']);
  });

  it('changes while a NOTIFY is unanswered are told by one more', async () => {
    const s = await phone();
    s.quiet();
    s.subscribe();
    for (let i = 1; i < 5; i++) s.us.stack.setMessagesWaiting('1001', { newMessages: i, oldMessages: 0 });
    s.wire.clock.advance(10);
    const [first] = s.peer.requests('NOTIFY');
    s.peer.respond(first as SipRequest, 200, 'OK');
    s.wire.clock.advance(10);
    assert.deepEqual(s.notifies(), ['0/0 active;expires=600', '4/0 active;expires=600']);
  });

  it('a refresh moves the end; without one it runs out: NOTIFY terminated, timeout', async () => {
    const s = await phone();
    s.subscribe();
    s.wire.clock.advance(500_000);
    assert.equal(s.again('Expires: 600\n')?.status, 200);
    s.wire.clock.advance(500_000);
    assert.equal(s.us.stack.metrics().sip_subscriptions, 1);
    s.wire.clock.advance(100_000);
    assert.equal(s.us.stack.metrics().sip_subscriptions, 0);
    assert.equal(s.notifies().at(-1), '0/0 terminated;reason=timeout');
    assert.equal(s.again('Expires: 600\n')?.status, 481, 'and it cannot be refreshed any more');
  });

  it('Expires 0 ends it; asked once with Expires 0, one NOTIFY tells and nothing is kept (§4.4.3)', async () => {
    const s = await phone();
    s.subscribe();
    s.again('Expires: 0\n');
    assert.equal(s.notifies().at(-1), '0/0 terminated;reason=timeout');
    s.us.stack.setMessagesWaiting('1001', { newMessages: 1, oldMessages: 0 });
    s.wire.clock.advance(10);
    assert.equal(s.notifies().length, 2);
    const once = await phone();
    assert.equal(once.subscribe('Expires: 0\n')?.status, 200);
    assert.deepEqual(once.notifies(), ['0/0 terminated;reason=timeout']);
    assert.equal(once.us.stack.metrics().sip_subscriptions, 0);
  });

  it('stopping tells subscribers to come again: deactivated', async () => {
    const s = await phone();
    s.subscribe();
    const stopping = s.us.stack.stop();
    s.wire.clock.advance(1_000);
    await stopping;
    assert.match(s.notifies().at(-1) ?? '', /terminated;reason=deactivated$/);
  });

  for (const [what, extra, expected] of [
    ['another package', 'Event: presence\nExpires: 600\n', 489],
    ['no package', 'Event: \nExpires: 600\n', 489],
    ['a type we do not have', 'Accept: application/pidf+xml\nExpires: 600\n', 406],
    ['too short a time', 'Expires: 10\n', 423],
    ['a time that is none', 'Expires: soon\n', 400],
  ] as const) {
    it(`${what}: ${expected}`, async () => {
      const s = await phone();
      assert.equal(s.subscribe(extra)?.status, expected);
      assert.deepEqual(s.notifies(), []);
      assert.equal(s.us.stack.metrics().sip_subscriptions, 0);
    });
  }

  it('a long time is shortened to an hour, which is also the default', async () => {
    assert.equal(headerValue((await phone()).subscribe('Expires: 99999\n') as never, 'expires'), '3600');
    assert.equal(headerValue((await phone()).subscribe('Subject: x\n') as never, 'expires'), '3600');
  });

  it('the box of somebody else: 403; without credentials: 407', async () => {
    assert.equal((await phone()).subscribe(undefined, { uri: 'sip:1002@192.0.2.1' })?.status, 403);
    const s = await phone({ admit: () => ({ action: 'challenge', extension: '1001' }) });
    assert.equal(s.subscribe()?.status, 407);
  });

  it('a phone that starts anew replaces its own subscription, and the number of all is bounded', async () => {
    const s = await phone({ limits: { subscriptions: 1 } });
    s.subscribe();
    assert.equal(s.subscribe(undefined, { callId: 'other' })?.status, 503);
    const two = await phone();
    two.subscribe();
    two.subscribe(undefined, { callId: 'other' });
    assert.equal(two.us.stack.metrics().sip_subscriptions, 1);
  });

  it('more than ten of one extension: the oldest is forgotten', async () => {
    const s = await phone();
    for (let i = 0; i < 14; i++) {
      s.peer.say(
        inviteText({ method: 'SUBSCRIBE', callId: `c${i}`, branch: `c${i}`, uri: OWN, extra: 'Event: message-summary\n', sdp: '' }).replace(
          'Contact: <sip:13800138000@192.0.2.9:5060>',
          `Contact: <sip:1001@192.0.2.9:${6_000 + i}>`,
        ),
      );
      s.wire.clock.advance(10);
    }
    assert.equal(s.us.stack.metrics().sip_subscriptions, 10);
  });

  it('a NOTIFY refused 481, or never answered, ends it without another word (§4.2.2)', async () => {
    const s = await phone();
    s.peer.reply = (m) => {
      if (m.kind === 'request' && m.method === 'NOTIFY') s.peer.respond(m, 481, 'Subscription Does Not Exist');
    };
    s.subscribe();
    assert.equal(s.us.stack.metrics().sip_subscriptions, 0);
    const silent = await phone();
    silent.quiet();
    silent.subscribe();
    silent.wire.clock.advance(33_000);
    assert.equal(silent.us.stack.metrics().sip_subscriptions, 0);
    assert.equal(silent.us.stack.metrics().sip_timers, 0);
  });
});

describe('message waiting: phones that did not subscribe', () => {
  it('a registered phone is told unasked, one that subscribed is not told twice', async () => {
    const s = await phone();
    s.register();
    s.us.stack.setMessagesWaiting('1001', { newMessages: 1, oldMessages: 0 });
    s.wire.clock.advance(10);
    assert.deepEqual(s.notifies(), ['1/0 terminated;reason=noresource']);
    s.subscribe();
    s.us.stack.setMessagesWaiting('1001', { newMessages: 2, oldMessages: 0 });
    s.wire.clock.advance(10);
    assert.deepEqual(s.notifies().slice(1), ['1/0 active;expires=600', '2/0 active;expires=600']);
  });

  it('a phone that comes back is told of what waits, after the answer to its REGISTER', async () => {
    const s = await phone();
    s.us.stack.setMessagesWaiting('1001', { newMessages: 1, oldMessages: 0 });
    s.register();
    await Promise.resolve();
    s.wire.clock.advance(10);
    assert.deepEqual(s.notifies(), ['1/0 terminated;reason=noresource']);
    assert.ok(s.wire.trace('192.0.2.1:5060').indexOf('200 REGISTER') < s.wire.trace('192.0.2.1:5060').indexOf('NOTIFY'));
  });
});

describe('a subscription as values', () => {
  const input = fc.constantFrom<SubscriptionInput['type']>(
    'changed',
    'notified',
    'lost',
    'refreshed',
    'unsubscribed',
    'ran-out',
    'stopped',
  );

  it('one NOTIFY at a time while it lasts, one end, and nothing after it', () => {
    fc.assert(
      fc.property(fc.array(input, { maxLength: 20 }), (types) => {
        let { state } = stepSubscription(NEW_SUBSCRIPTION, { type: 'begun' });
        let open = 1;
        let over = 0;
        for (const type of types) {
          if (type === 'notified' && open === 0) continue;
          if (type === 'notified') open--;
          const step = stepSubscription(state, { type });
          for (const effect of step.effects) {
            assert.equal(over, 0);
            if (effect.type === 'over') over++;
            else if (effect.terminated === undefined) open++;
          }
          state = step.state;
          assert.ok(open <= 1 || over === 1);
        }
        assert.equal(state.phase === 'over', over === 1);
      }),
    );
  });

  it('the summary is bounded whatever the numbers (RFC 3842 §5.2)', () => {
    fc.assert(
      fc.property(fc.double(), fc.double(), (newMessages, oldMessages) => {
        const body = summaryBody('sip:1@h', { newMessages, oldMessages }).toString();
        assert.match(body, /^Messages-Waiting: (yes|no)\r\nMessage-Account: sip:1@h\r\nVoice-Message: \d{1,10}\/\d{1,10} \(0\/0\)\r\n$/);
      }),
    );
  });
});

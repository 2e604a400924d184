import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type ReferInput, referAsked, stepRefer } from '../../src/sip/dialog/refer-subscription.js';
import { headerValue, type SipRequest } from '../../src/sip/parser/message.js';
import { parseReferTo, parseReplaces } from '../../src/sip/parser/refer-to.js';
import type { IncomingRefer } from '../../src/sip/port.js';
import { inviteText, RawPeer, stackOn, Told, toTagOf, Wire } from './wire.js';

/** An answered call of the peer, who can REFER. */
async function talking(withHandler = true) {
  const wire = new Wire();
  const refers: IncomingRefer[] = [];
  const told = new Told(withHandler ? { onRefer: (refer) => refers.push(refer) } : {});
  const us = await stackOn(wire, { onInvite: (session) => session.setHandlers(told.handlers) });
  const peer = new RawPeer(wire, us);
  peer.say(inviteText());
  wire.clock.advance(5);
  const session = us.sessions[0];
  assert.ok(session);
  session.accept('our answer');
  wire.clock.advance(5);
  const toTag = toTagOf(peer.lastResponse());
  peer.say(inviteText({ method: 'ACK', toTag, branch: 'ack' }));
  wire.clock.advance(5);
  let cseq = 1;
  const inDialog = (method: string, extra = '') => {
    cseq++;
    peer.say(inviteText({ method, toTag, cseq, branch: `${method}${cseq}`, extra }));
    wire.clock.advance(5);
    return peer.lastResponse();
  };
  const answerNotifies = () => {
    peer.reply = (message) => {
      if (message.kind === 'request' && message.method === 'NOTIFY') peer.respond(message, 200, 'OK');
    };
  };
  const notifies = () => peer.requests('NOTIFY').map((n) => `${n.body.toString().trim()} | ${headerValue(n, 'subscription-state')}`);
  const refer = (to = '<sip:1002@192.0.2.1>', extra = '') => inDialog('REFER', `Refer-To: ${to}\n${extra}`);
  return { wire, told, us, peer, session, toTag, refers, inDialog, refer, notifies, answerNotifies };
}

type Talking = Awaited<ReturnType<typeof talking>>;
const taken = (s: Talking): IncomingRefer => {
  const refer = s.refers.at(-1);
  assert.ok(refer);
  return refer;
};

describe('REFER (RFC 3515)', () => {
  it('accepted: 202, NOTIFY 100 at once, progress, the final status, terminated (§2.4.2, §2.4.5, §2.4.7)', async () => {
    const s = await talking();
    s.answerNotifies();
    s.refer();
    assert.equal(taken(s).target, '1002');
    taken(s).accept();
    s.wire.clock.advance(5);
    assert.equal(s.peer.lastResponse().status, 202);
    assert.ok(headerValue(s.peer.lastResponse(), 'contact'));
    taken(s).progress(180);
    s.wire.clock.advance(5);
    taken(s).done(200);
    s.wire.clock.advance(5);
    assert.deepEqual(s.notifies(), [
      'SIP/2.0 100 Trying | active;expires=300',
      'SIP/2.0 180 Ringing | active;expires=300',
      'SIP/2.0 200 OK | terminated;reason=noresource',
    ]);
    const [first] = s.peer.requests('NOTIFY');
    assert.equal(headerValue(first as SipRequest, 'event'), 'refer');
    assert.match(headerValue(first as SipRequest, 'content-type') ?? '', /^message\/sipfrag/);
    assert.equal(s.told.ends.length, 0, 'the call goes on until somebody ends it');
  });

  it('NOTIFYs do not overtake each other: the next waits for the answer, older news gives way to newer', async () => {
    const s = await talking();
    s.refer();
    taken(s).accept();
    taken(s).progress(180);
    taken(s).progress(183);
    taken(s).done(200);
    s.wire.clock.advance(5);
    assert.deepEqual(s.notifies(), ['SIP/2.0 100 Trying | active;expires=300']);
    const [first] = s.peer.requests('NOTIFY');
    s.peer.respond(first as SipRequest, 200, 'OK');
    s.wire.clock.advance(5);
    assert.deepEqual(s.notifies().slice(1), ['SIP/2.0 200 OK | terminated;reason=noresource']);
  });

  it('refused: the status of the owner, no NOTIFY', async () => {
    const s = await talking();
    s.refer();
    taken(s).refuse(404, 'Not Found');
    s.wire.clock.advance(5);
    assert.equal(s.peer.lastResponse().status, 404);
    taken(s).accept();
    taken(s).done(200);
    s.wire.clock.advance(5);
    assert.deepEqual(s.notifies(), []);
  });

  it('outside of any call: 403, no NOTIFY, nothing begun; in a dialog that is not there 481', async () => {
    const wire = new Wire();
    const us = await stackOn(wire, { admit: () => ({ action: 'accept', origin: { kind: 'extension', extension: '1001' } }) });
    const peer = new RawPeer(wire, us);
    const say = (branch: string, toTag?: string) => {
      const extra = 'Refer-To: <sip:13800138000@192.0.2.1>\n';
      peer.say(inviteText({ method: 'REFER', callId: branch, branch, extra, sdp: '', ...(toTag ? { toTag } : {}) }));
      wire.clock.advance(5);
      return peer.lastResponse().status;
    };
    assert.deepEqual([say('out'), say('in', 'gone')], [403, 481]);
    assert.deepEqual([peer.requests('NOTIFY').length, us.sessions.length, us.stack.metrics().sip_dialogs], [0, 0, 0]);
  });

  it('without anybody to take it: 603 at once', async () => {
    const s = await talking(false);
    assert.equal(s.refer().status, 603);
  });

  it('unsettled it is refused 603 before the phone gives up (timer F, 32 s)', async () => {
    const s = await talking();
    s.refer();
    s.wire.clock.advance(29_900);
    assert.equal(s.peer.statuses().filter((x) => x.endsWith('REFER')).length, 0);
    s.wire.clock.advance(200);
    assert.equal(s.peer.lastResponse().status, 603);
  });

  it('what it led to has five minutes: NOTIFY 408, terminated', async () => {
    const s = await talking();
    s.answerNotifies();
    s.refer();
    taken(s).accept();
    s.wire.clock.advance(300_010);
    assert.equal(s.notifies().at(-1), 'SIP/2.0 408 Request Timeout | terminated;reason=timeout');
  });

  it('a second one while one is open: 491; afterwards it is taken, its NOTIFYs with an id (§2.4.6)', async () => {
    const s = await talking();
    s.answerNotifies();
    s.refer();
    assert.equal(s.refer().status, 491);
    taken(s).refuse(603, 'Decline');
    s.refer('<sip:1003@192.0.2.1>');
    assert.equal(s.refers.length, 2);
    taken(s).accept();
    s.wire.clock.advance(5);
    assert.match(headerValue(s.peer.requests('NOTIFY')[0] as SipRequest, 'event') ?? '', /^refer;id=\d+$/);
  });

  it('Refer-Sub: false: 202 with the same, no NOTIFY (RFC 4488 §4); Require: norefersub is understood', async () => {
    const s = await talking();
    s.refer(undefined, 'Refer-Sub: false\nRequire: norefersub\n');
    taken(s).accept();
    taken(s).done(200);
    s.wire.clock.advance(5);
    assert.equal(s.peer.lastResponse().status, 202);
    assert.equal(headerValue(s.peer.lastResponse(), 'refer-sub'), 'false');
    assert.deepEqual(s.notifies(), []);
  });

  it('SUBSCRIBE with Expires 0 to it ends the news, not the call (§2.4.4)', async () => {
    const s = await talking();
    s.answerNotifies();
    s.refer();
    taken(s).accept();
    s.wire.clock.advance(5);
    assert.equal(s.inDialog('SUBSCRIBE', 'Event: refer\nExpires: 0\n').status, 200);
    s.wire.clock.advance(5);
    assert.match(s.notifies().at(-1) ?? '', /terminated;reason=timeout/);
    assert.equal(s.inDialog('SUBSCRIBE', 'Event: refer\n').status, 403);
    assert.equal(s.inDialog('SUBSCRIBE', 'Event: dialog\n').status, 489);
    assert.equal(s.told.ends.length, 0);
  });

  it('their BYE while it is undecided: 487 to the REFER (RFC 3261 §15.1.2), and whatever the owner says later is too late', async () => {
    const s = await talking();
    s.refer();
    s.inDialog('BYE');
    assert.deepEqual(s.peer.statuses().slice(-2).sort(), ['200 BYE', '487 REFER']);
    taken(s).accept();
    taken(s).done(200);
    s.wire.clock.advance(5);
    assert.deepEqual(s.notifies(), []);
  });

  it('their BYE after the 202: nothing more is told', async () => {
    const s = await talking();
    s.answerNotifies();
    s.refer();
    taken(s).accept();
    s.wire.clock.advance(5);
    s.inDialog('BYE');
    taken(s).done(200);
    s.wire.clock.advance(5);
    assert.equal(s.notifies().length, 1);
  });

  it('our BYE right after done(): the final NOTIFY goes out first, even with one still unanswered', async () => {
    const s = await talking();
    s.refer();
    taken(s).accept();
    taken(s).done(200);
    s.session.end();
    s.wire.clock.advance(5);
    const requests = s.peer.heard.filter((m) => m.kind === 'request').map((m) => (m as SipRequest).method);
    assert.deepEqual(requests.slice(-3), ['NOTIFY', 'NOTIFY', 'BYE']);
    assert.match(s.notifies().at(-1) ?? '', /^SIP\/2.0 200 OK \| terminated/);
  });

  it('our BYE with the outcome unknown: NOTIFY 503; an undecided one gets 487', async () => {
    const s = await talking();
    s.refer();
    taken(s).accept();
    s.session.end();
    s.wire.clock.advance(5);
    assert.match(s.notifies().at(-1) ?? '', /^SIP\/2.0 503 .*terminated/);
    const other = await talking();
    other.refer();
    other.session.end();
    other.wire.clock.advance(5);
    assert.ok(other.peer.statuses().includes('487 REFER'));
  });

  it('a REFER that crosses our BYE: 481', async () => {
    const s = await talking();
    s.session.end();
    assert.equal(s.refer().status, 481);
  });

  it('a phone that knows nothing of the subscription (481 to NOTIFY) is told no more, the call goes on', async () => {
    const s = await talking();
    s.peer.reply = (m) => {
      if (m.kind === 'request' && m.method === 'NOTIFY') s.peer.respond(m, 481, 'Subscription Does Not Exist');
    };
    s.refer();
    taken(s).accept();
    s.wire.clock.advance(5);
    taken(s).done(200);
    s.wire.clock.advance(5);
    assert.equal(s.notifies().length, 1);
    assert.equal(s.told.ends.length, 0);
  });

  it('MESSAGE is not for calls: 405 with what is', async () => {
    const s = await talking();
    const answer = s.inDialog('MESSAGE', 'Content-Type: text/plain\n');
    assert.equal(answer.status, 405);
    assert.match(headerValue(answer, 'allow') ?? '', /REFER/);
    assert.doesNotMatch(headerValue(answer, 'allow') ?? '', /MESSAGE/);
  });

  it('outside of a call: 403', async () => {
    const s = await talking();
    s.peer.say(inviteText({ method: 'REFER', callId: 'other', branch: 'r', extra: 'Refer-To: <sip:1002@192.0.2.1>\n' }));
    s.wire.clock.advance(5);
    assert.equal(s.peer.lastResponse().status, 403);
  });

  it('nothing is left when both are gone: no dialog, transaction or timer', async () => {
    const s = await talking();
    s.answerNotifies();
    s.refer();
    taken(s).accept();
    s.inDialog('BYE');
    s.wire.clock.advance(60_000);
    const m = s.us.stack.metrics();
    assert.deepEqual([m.sip_dialogs, m.sip_sessions, m.sip_timers], [0, 0, 0]);
  });

  describe('hostile Refer-To is refused 400', () => {
    for (const [what, value] of [
      ['none', undefined],
      ['too long', `<sip:${'9'.repeat(2_000)}@192.0.2.1>`],
      ['a user too long', `<sip:${'9'.repeat(65)}@192.0.2.1>`],
      ['tel:', '<tel:10086>'],
      ['sips:', '<sips:1002@192.0.2.1>'],
      ['http:', '<http://192.0.2.1/>'],
      ['a line break in the user', '<sip:1002%0d%0aRoute:%20x@192.0.2.1>'],
      ['a quotation mark in the user', '<sip:10%2202@192.0.2.1>'],
      ['a line break in a header of the URI', '<sip:1002@192.0.2.1?Replaces=a%0d%0aVia%3Bto-tag%3D1%3Bfrom-tag%3D2>'],
      ['many headers', `<sip:1002@192.0.2.1?${Array.from({ length: 20 }, (_, i) => `h${i}=1`).join('&')}>`],
      ['a broken escape', '<sip:10%zz@192.0.2.1>'],
      ['another method', '<sip:1002@192.0.2.1;method=BYE>'],
      ['nobody', '<sip:192.0.2.1>'],
      ['Replaces without tags', '<sip:1002@192.0.2.1?Replaces=abc>'],
      ['two Replaces', '<sip:1@192.0.2.1?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2&Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2>'],
      ['two values', '<sip:1002@192.0.2.1>, <sip:1003@192.0.2.1>'],
      ['garbage', '<<<>>>;;;'],
    ] as const) {
      it(what, async () => {
        const s = await talking();
        const answer = s.inDialog('REFER', value === undefined ? '' : `Refer-To: ${value}\n`);
        assert.equal(answer.status, 400, answer.reason);
        assert.equal(s.refers.length, 0);
        assert.equal(s.told.ends.length, 0);
      });
    }
  });

  it('Refer-To with escaped Replaces names the dialog from our side: to-tag is ours (RFC 3891 §3)', async () => {
    const s = await talking();
    s.refer('<sip:1002@192.0.2.1?Replaces=425928%40phone%3Bto-tag%3Dours%3Bfrom-tag%3Dtheirs&Require=replaces>');
    assert.deepEqual(taken(s).replaces, { callId: '425928@phone', localTag: 'ours', remoteTag: 'theirs', earlyOnly: false });
  });
});

describe('Refer-To and Replaces as text', () => {
  it('an address without brackets is read, its parameters are the header’s', () => {
    assert.deepEqual(parseReferTo('sip:1002@host;x=1'), { ok: true, referTo: { user: '1002', replaces: undefined } });
  });

  it('a dialled code keeps its star and hash', () => {
    assert.deepEqual(parseReferTo('<sip:*85%23@host>'), { ok: true, referTo: { user: '*85#', replaces: undefined } });
  });

  it('Replaces needs both tags and a Call-ID; early-only is a flag (RFC 3891 §6.1)', () => {
    assert.deepEqual(parseReplaces('a@b ;from-tag=f; to-tag=t ;early-only'), { callId: 'a@b', toTag: 't', fromTag: 'f', earlyOnly: true });
    for (const bad of [
      '',
      ';to-tag=t;from-tag=f',
      'a',
      'a;to-tag=t',
      'a;from-tag=f',
      'a,b;to-tag=t;from-tag=f',
      `${'x'.repeat(600)};to-tag=t;from-tag=f`,
    ]) {
      assert.equal(parseReplaces(bad), undefined, bad.slice(0, 30));
    }
  });

  it('any text gives a result within bounds, and never a line break', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string({ unit: 'binary' }),
          fc.string().map((t) => `<sip:${t}@h?Replaces=${t}>`),
        ),
        (text) => {
          const read = parseReferTo(text);
          if (!read.ok) return;
          assert.ok(read.referTo.user.length <= 64 && !/[\r\n]/.test(read.referTo.user));
          assert.ok(!/[\r\n]/.test(read.referTo.replaces?.callId ?? ''));
        },
      ),
    );
  });
});

describe('the subscription of a REFER', () => {
  const input: fc.Arbitrary<ReferInput> = fc.oneof(
    fc.constantFrom<ReferInput>({ type: 'accept' }, { type: 'notified' }, { type: 'forgotten' }, { type: 'expired' }),
    fc.constantFrom<ReferInput>({ type: 'closed', theirs: true }, { type: 'closed', theirs: false }),
    fc.constantFrom<ReferInput>({ type: 'progress', status: 180 }, { type: 'done', status: 200 }),
    fc.constant<ReferInput>({ type: 'refuse', status: 603, phrase: 'Decline' }),
  );

  it('whatever happens in whatever order: one answer, one last NOTIFY at most, nothing after the end', () => {
    fc.assert(
      fc.property(fc.array(input, { maxLength: 14 }), (inputs) => {
        let state = referAsked(false);
        const effects: string[] = [];
        for (const i of inputs) {
          const step = stepRefer(state, i);
          state = step.state;
          effects.push(...step.effects.map((e) => (e.type === 'notify' && e.notice.final ? 'final' : e.type)));
        }
        const count = (what: string) => effects.filter((e) => e === what).length;
        assert.ok(count('respond') <= 1 && count('final') <= 1 && count('over') <= 1);
        if (effects.includes('over')) assert.equal(effects.at(-1), 'over');
        assert.equal(state.phase === 'over', effects.includes('over'));
        if (effects.includes('notify')) assert.equal(effects[0], 'respond');
      }),
    );
  });
});

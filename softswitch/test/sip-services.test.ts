import assert from 'node:assert/strict';
import {
  type CallLeg,
  type LegEvent,
  type LegOrigin,
  type ReferRequest,
  type Registration,
  SimulatedClock,
  type SipMessage,
  type SwitchHandlers,
  silentLogger,
} from '@yixian/contracts';
import { createSoftswitch, type Softswitch } from '../src/index.js';
import type { IncomingRefer } from '../src/sip/port.js';
import { FakeMedia, FakeSession, FakeSip } from './fake-ports.js';

const AUDIO = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', 'm=audio 4000 RTP/AVP 8', ''].join('\r\n');
const FROM_1001: LegOrigin = { kind: 'extension', extension: '1001' };
const FROM_TRUNK: LegOrigin = { kind: 'trunk', trunkId: 'demo' };

function contact(extension: string, port: number): Registration {
  const source = { address: '127.0.0.1', port, transport: 'udp' as const };
  const uri = `sip:${extension}@127.0.0.1:${port}`;
  return { extension, contact: uri, source, userAgent: 'test', expiresAt: 1e12, sipCallId: `r${port}`, cseq: 1 };
}

/** A REFER and what became of it. */
class Asked implements IncomingRefer {
  readonly done_: string[] = [];
  readonly target: string;
  readonly replaces: IncomingRefer['replaces'];

  constructor(target: string, replacesCallId?: string) {
    this.target = target;
    this.replaces = replacesCallId === undefined ? undefined : { callId: replacesCallId, localTag: 'l', remoteTag: 'r', earlyOnly: false };
  }
  accept(): void {
    this.done_.push('accept');
  }
  progress(status: number): void {
    this.done_.push(`progress ${status}`);
  }
  done(status: number): void {
    this.done_.push(`done ${status}`);
  }
  refuse(status: number): void {
    this.done_.push(`refuse ${status}`);
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

describe('what phones ask of the switch', () => {
  let sip: FakeSip;
  let sw: Softswitch;
  let clock: SimulatedClock;
  let arrived: CallLeg[];
  let take: SwitchHandlers['message'];

  beforeEach(async () => {
    sip = new FakeSip();
    clock = new SimulatedClock();
    arrived = [];
    take = async () => ({ status: 202 });
    let n = 0;
    sw = createSoftswitch({
      hosts: ['127.0.0.1'],
      sipPort: 0,
      rtpPorts: { min: 20_000, max: 20_100 },
      policy: { admit: () => ({ action: 'drop', reason: 'test' }), sipPassword: () => undefined, authenticationResult() {} },
      clock,
      ids: { next: (prefix) => `${prefix}-${++n}` },
      logger: silentLogger,
      sip: () => sip,
      media: new FakeMedia(),
      interfaces: () => [{ address: '127.0.0.1', family: 4 as const, internal: true }],
    });
    await sw.start({ inbound: (leg) => arrived.push(leg), registrationChanged() {}, message: (m) => take(m) });
  });

  async function call(callId: string, origin: LegOrigin): Promise<{ session: FakeSession; leg: CallLeg }> {
    const session = new FakeSession('inbound', callId, AUDIO);
    sip.handlers?.onInvite(session, origin);
    const leg = arrived.at(-1);
    assert.ok(leg);
    await leg.answer();
    session.handlers?.onConfirmed?.(undefined);
    sip.calls.set(callId, { session, state: 'confirmed' });
    return { session, leg };
  }

  /** Sends a REFER into a call whose owner does `settleIt` with it. */
  function refer(
    { session, leg }: { session: FakeSession; leg: CallLeg },
    asked: Asked,
    settleIt?: (refer: ReferRequest) => void,
  ): string[] {
    leg.subscribe((event: LegEvent) => {
      if (event.type === 'refer' && settleIt) settleIt(event.refer);
    });
    session.handlers?.onRefer?.(asked);
    return asked.done_;
  }

  async function ringing(extension: string): Promise<{ session: FakeSession; leg: CallLeg }> {
    sip.contacts.push(contact(extension, 5071));
    const leg = sw.dial({ target: { kind: 'extension', extension }, from: { number: '138' }, timeoutMs: 20_000 });
    await settle();
    const session = sip.invited.at(-1);
    assert.ok(session);
    session.handlers?.onProgress?.(180, undefined);
    sip.calls.set(session.callId, { session, state: 'early' });
    return { session, leg };
  }

  describe('transfer by a phone (REFER)', () => {
    it('is the decision of the leg’s owner: target as dialled, and its outcome goes back', async () => {
      const one = await call('one', FROM_1001);
      let seen: string | undefined;
      const done = refer(one, new Asked('*85#'), (request) => {
        seen = request.target;
        request.accept();
        request.progress(180);
        request.done(486);
      });
      assert.equal(seen, '*85#');
      assert.deepEqual(done, ['accept', 'progress 180', 'done 486']);
    });

    it('may be decided later', async () => {
      const one = await call('one', FROM_1001);
      let later: ReferRequest | undefined;
      const done = refer(one, new Asked('1002'), (request) => {
        later = request;
      });
      assert.deepEqual(done, []);
      later?.refuse({ by: 'system', reason: 'unknown-number' });
      assert.deepEqual(done, ['refuse 404']);
    });

    it('nobody looks at it: refused at once, 603 to an extension, 403 to a trunk', async () => {
      const listening = await call('one', FROM_1001);
      assert.deepEqual(refer(listening, new Asked('1002')), ['refuse 603']);
      assert.deepEqual(refer(await call('two', FROM_TRUNK), new Asked('1002')), ['refuse 403']);
    });

    it('a trunk’s caller may be served when the owner wants to', async () => {
      const done = refer(await call('one', FROM_TRUNK), new Asked('1002'), (request) => request.accept());
      assert.deepEqual(done, ['accept']);
    });

    it('attended: Replaces names the other call of the same phone', async () => {
      const first = await call('first', FROM_1001);
      const second = await call('second', FROM_1001);
      let named: CallLeg | undefined;
      refer(first, new Asked('1002', 'second'), (request) => {
        named = request.replaces;
        request.accept();
      });
      assert.equal(named, second.leg);
    });

    it('attended: a leg that was dialled to the phone is a call of it too', async () => {
      const rung = await ringing('1001');
      const own = await call('own', FROM_1001);
      let named: CallLeg | undefined;
      refer(own, new Asked('', rung.session.callId), (request) => {
        named = request.replaces;
      });
      assert.equal(named, rung.leg);
    });

    for (const [what, origin, named] of [
      ['a call of another extension', FROM_1001, 'other'],
      ['a call that does not exist', FROM_1001, 'nothing'],
      ['itself', FROM_1001, 'own'],
      ['anything, by a trunk’s caller', FROM_TRUNK, 'other'],
    ] as const) {
      it(`Replaces that names ${what} is refused 403 before the owner hears of it`, async () => {
        await call('other', { kind: 'extension', extension: '1002' });
        const own = await call('own', origin);
        let heard = false;
        const done = refer(own, new Asked('1002', named), () => {
          heard = true;
        });
        assert.deepEqual(done, ['refuse 403']);
        assert.equal(heard, false);
      });
    }

    it('a call that has ended cannot be named', async () => {
      const ended = await call('ended', FROM_1001);
      ended.leg.hangUp({ by: 'system', reason: 'normal' });
      assert.deepEqual(refer(await call('own', FROM_1001), new Asked('1002', 'ended')), ['refuse 403']);
    });

    it('hanging up as transferred tells the phone of the success', async () => {
      const one = await call('one', FROM_1001);
      const done = refer(one, new Asked('1002'), (request) => request.accept());
      one.leg.hangUp({ by: 'agent', reason: 'transferred' });
      assert.deepEqual(done, ['accept', 'done 200']);
    });
  });

  describe('INVITE with Replaces (RFC 3891 §3)', () => {
    async function replacing(callId: string, origin: LegOrigin, earlyOnly = false): Promise<FakeSession> {
      const session = new FakeSession('inbound', `replacing-${callId}`, AUDIO);
      session.replaces = { callId, localTag: 'l', remoteTag: 'r', earlyOnly };
      sip.handlers?.onInvite(session, origin);
      await settle();
      return session;
    }
    const refusal = (session: FakeSession): string | undefined => session.done.find((d) => d.startsWith('refuse'));

    it('pick-up: names a ringing phone', async () => {
      const rung = await ringing('1002');
      const session = await replacing(rung.session.callId, FROM_1001);
      assert.equal(refusal(session), undefined);
      assert.equal(arrived.at(-1)?.replaces, rung.leg);
    });

    it('the other phone of the same extension takes its call over', async () => {
      const own = await call('own', FROM_1001);
      await replacing('own', FROM_1001);
      assert.equal(arrived.at(-1)?.replaces, own.leg);
    });

    it('481 for an unknown dialog, and for a ringing call its caller would have to give', async () => {
      assert.match(refusal(await replacing('nothing', FROM_1001)) ?? '', /481/);
      const early = new FakeSession('inbound', 'early', AUDIO);
      sip.handlers?.onInvite(early, FROM_1001);
      sip.calls.set('early', { session: early, state: 'early' });
      assert.match(refusal(await replacing('early', FROM_1001)) ?? '', /481/);
    });

    it('603 for one that has ended, 486 for an answered one with early-only', async () => {
      const own = await call('own', FROM_1001);
      assert.match(refusal(await replacing('own', FROM_1001, true)) ?? '', /486/);
      own.leg.hangUp({ by: 'system', reason: 'normal' });
      assert.match(refusal(await replacing('own', FROM_1001)) ?? '', /603/);
    });

    it('403 for a talk of somebody else, and for a trunk', async () => {
      await call('other', { kind: 'extension', extension: '1002' });
      assert.match(refusal(await replacing('other', FROM_1001)) ?? '', /403/);
      const rung = await ringing('1003');
      assert.match(refusal(await replacing(rung.session.callId, FROM_TRUNK)) ?? '', /403/);
    });
  });

  describe('texts (MESSAGE)', () => {
    const text: SipMessage = { from: '1001', to: '1002', text: '你好' };

    it('go to every contact; the first to take it counts', async () => {
      sip.contacts.push(contact('1002', 5071), contact('1002', 5072));
      sip.messageOutcomes.set('sip:1002@127.0.0.1:5071', { ok: false, end: { kind: 'timeout', status: 408 } });
      assert.deepEqual(await sw.sendMessage(text), { delivered: true });
      assert.equal(sip.done.filter((d) => d.startsWith('message')).length, 2);
    });

    it('nobody takes it: the best of the refusals', async () => {
      sip.contacts.push(contact('1002', 5071), contact('1002', 5072));
      sip.messageOutcomes.set('sip:1002@127.0.0.1:5071', { ok: false, end: { kind: 'timeout', status: 408 } });
      sip.messageOutcomes.set('sip:1002@127.0.0.1:5072', { ok: false, end: { kind: 'refused', status: 486, phrase: 'Busy Here' } });
      const result = await sw.sendMessage(text);
      assert.equal(result.delivered === false && result.termination.reason, 'busy');
    });

    it('no contact: not-registered', async () => {
      const result = await sw.sendMessage(text);
      assert.equal(result.delivered === false && result.termination.reason, 'not-registered');
    });

    it('that arrive are handed to the owner, whose answer goes back', async () => {
      let seen: SipMessage | undefined;
      take = async (message) => {
        seen = message;
        return { status: 480, text: 'not here' };
      };
      assert.deepEqual(await sip.handlers?.onMessage(text), { status: 480, text: 'not here' });
      assert.deepEqual(seen, text);
    });
  });

  it('message waiting goes to the phones', () => {
    sw.setMessagesWaiting('1001', { newMessages: 2, oldMessages: 3 });
    assert.deepEqual(sip.done, ['waiting 1001 2/3']);
  });

  it('autoAnswer asks the phone in Call-Info and Alert-Info, and only then', async () => {
    sip.contacts.push(contact('1001', 5071));
    const headers = async (autoAnswer?: boolean): Promise<Record<string, string>> => {
      sw.dial({
        target: { kind: 'extension', extension: '1001' },
        from: { number: '138' },
        timeoutMs: 20_000,
        ...(autoAnswer === undefined ? {} : { autoAnswer }),
      });
      await settle();
      return Object.fromEntries(sip.invited.at(-1)?.options?.headers ?? []);
    };
    const asked = await headers(true);
    assert.match(asked['Call-Info'] ?? '', /;answer-after=0$/);
    assert.match(asked['Alert-Info'] ?? '', /;info=alert-autoanswer/);
    assert.equal('Call-Info' in (await headers()), false);
  });

  describe('why nobody answered (RFC 3326, RFC 6432)', () => {
    async function trunkCall(timeoutMs = 20_000): Promise<{ session: FakeSession; leg: CallLeg }> {
      const leg = sw.dial({ target: { kind: 'uri', uri: 'sip:13800138000@127.0.0.1:5080' }, from: { number: '12320' }, timeoutMs });
      await settle();
      const session = sip.invited.at(-1);
      assert.ok(session);
      return { session, leg };
    }

    it('a network that announces "switched off" and never refuses is told apart from a ring that was not answered', async () => {
      const { session, leg } = await trunkCall(1_000);
      session.handlers?.onProgress?.(183, AUDIO, 'Q.850;cause=20;text="Subscriber absent"');
      assert.equal(leg.state, 'early');
      clock.advance(1_000);
      const { reason, q850 } = await leg.ended;
      assert.deepEqual([reason, q850], ['switched-off', 20]);
      assert.equal(await leg.answered, false);
    });

    it('early media without a cause, then silence: no-answer', async () => {
      const { session, leg } = await trunkCall(1_000);
      session.handlers?.onProgress?.(183, AUDIO);
      clock.advance(1_000);
      assert.equal((await leg.ended).reason, 'no-answer');
    });

    for (const [cause, reason] of [
      [17, 'busy'],
      [18, 'no-answer'],
      [19, 'no-answer'],
      [20, 'switched-off'],
      [21, 'declined'],
      [27, 'transport-failure'],
    ] as const) {
      it(`480 with cause ${cause} is ${reason}`, async () => {
        const { session, leg } = await trunkCall();
        session.handlers?.onEnded({
          kind: 'refused',
          status: 480,
          phrase: 'Temporarily Unavailable',
          reasonHeader: `Q.850;cause=${cause}`,
        });
        const ended = await leg.ended;
        assert.deepEqual([ended.reason, ended.q850, ended.sipStatus], [reason, cause, 480]);
      });
    }
  });
});

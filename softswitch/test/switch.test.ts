import assert from 'node:assert/strict';
import {
  type CallLeg,
  type LegEvent,
  type Registration,
  type RegistrationStore,
  SimulatedClock,
  type SwitchHandlers,
  silentLogger,
  type Termination,
} from '@yixian/contracts';
import { createSoftswitch, type Softswitch, type SoftswitchOptions } from '../src/index.js';
import { FakeMedia, FakeSession, FakeSip } from './fake-ports.js';

const SDP = (lines: readonly string[]): string =>
  ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', ...lines, ''].join('\r\n');
const AUDIO = SDP(['m=audio 4000 RTP/AVP 8 101', 'a=rtpmap:101 telephone-event/8000']);
const NO_EVENTS = SDP(['m=audio 4000 RTP/AVP 8']);
const HELD = SDP(['m=audio 4000 RTP/AVP 8', 'a=sendonly']);
const G722 = SDP(['m=audio 4000 RTP/AVP 9']);

const LOOPBACK = [{ address: '127.0.0.1', family: 4 as const, internal: true }];

function contact(port: number): Registration {
  return {
    extension: '1001',
    contact: `sip:1001@127.0.0.1:${port}`,
    source: { address: '127.0.0.1', port, transport: 'udp' },
    userAgent: 'test',
    expiresAt: 1e12,
    sipCallId: `r${port}`,
    cseq: 1,
  };
}

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

describe('softswitch assembly', () => {
  let sip: FakeSip;
  let media: FakeMedia;
  let clock: SimulatedClock;
  let sw: Softswitch;
  let arrived: CallLeg[];

  async function make(more: Partial<SoftswitchOptions> = {}, handlers: Partial<SwitchHandlers> = {}): Promise<void> {
    sip = new FakeSip();
    media = new FakeMedia();
    clock = new SimulatedClock();
    arrived = [];
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
      media,
      interfaces: () => LOOPBACK,
      ...more,
    });
    await sw.start({ inbound: (leg) => arrived.push(leg), registrationChanged() {}, message: async () => ({ status: 202 }), ...handlers });
  }
  beforeEach(() => make());

  function invite(sdp: string | undefined = AUDIO, asserted?: string): { session: FakeSession; leg: CallLeg } {
    const session = new FakeSession('inbound', 'in-1', sdp);
    session.assertedUser = asserted;
    sip.handlers?.onInvite(session, { kind: 'trunk', trunkId: 'demo' });
    const leg = arrived.at(-1);
    assert.ok(leg);
    return { session, leg };
  }
  function late(): { session: FakeSession; leg: CallLeg } {
    const session = new FakeSession('inbound', 'late', undefined);
    sip.handlers?.onInvite(session, { kind: 'trunk', trunkId: 'demo' });
    const leg = arrived.at(-1);
    assert.ok(leg);
    return { session, leg };
  }
  function watch(leg: CallLeg): LegEvent[] {
    const events: LegEvent[] = [];
    leg.subscribe((e) => events.push(e));
    return events;
  }
  function dial(timeoutMs = 20_000): { leg: CallLeg; events: LegEvent[] } {
    const leg = sw.dial({
      target: { kind: 'extension', extension: '1001' },
      from: { number: '138', displayName: 'Li "4"' },
      timeoutMs,
      callId: 'call-x',
    });
    return { leg, events: watch(leg) };
  }
  const names = (events: LegEvent[]): string[] => events.map((e) => e.type);

  describe('inbound', () => {
    it('takes its port at once, so that answer() waits for nothing but the row', async () => {
      const { session, leg } = invite();
      await settle();
      assert.equal(media.sessions.length, 1);
      await leg.answer();
      assert.deepEqual(session.done, ['accept 20002']);
      assert.equal(media.sessions[0]?.configured[0]?.codec, 'PCMA');
      session.handlers?.onConfirmed?.(undefined);
      assert.equal(await leg.answered, true);
      assert.equal(leg.state, 'answered');
    });

    it('a trunk’s caller is who the trunk asserts (RFC 3325)', () => {
      assert.equal(invite(AUDIO, '02112345678').leg.from.number, '02112345678');
    });

    it('488 without a common codec, before anything is spent on it', () => {
      const session = new FakeSession('inbound', 'x', G722);
      sip.handlers?.onInvite(session, { kind: 'trunk', trunkId: 'demo' });
      assert.deepEqual(session.done, ['refuse 488 Not Acceptable Here']);
      assert.equal(arrived.length, 0);
      assert.equal(media.sessions.length, 0);
      assert.equal(sw.metrics()['switch_offers_refused_total{status="488"}'], 1);
    });

    it('a stage that throws on the news costs this call only', async () => {
      const failing = () => {
        throw new Error('mine');
      };
      await make({}, { inbound: failing, registrationChanged: failing });
      const session = new FakeSession('inbound', 'x', AUDIO);
      sip.handlers?.onInvite(session, { kind: 'trunk', trunkId: 'demo' });
      sip.handlers?.registrationChanged({ extension: '1001', contacts: 1, reason: 'registered' });
      assert.deepEqual(session.done, ['refuse 500 Server Internal Error']);
    });

    it('ring, early media, answer; a late ring changes nothing', async () => {
      const { session, leg } = invite();
      leg.ring();
      await leg.early();
      leg.ring();
      await leg.answer();
      await leg.answer();
      assert.deepEqual(session.done, ['progress 180', 'progress 183 sdp', 'accept 20002']);
    });

    it('a CANCEL before the answer ends it once; answer() then rejects and the port is free', async () => {
      const { session, leg } = invite();
      const events = watch(leg);
      session.handlers?.onEnded({ kind: 'remote-cancel' });
      session.handlers?.onEnded({ kind: 'remote-bye' });
      await assert.rejects(leg.answer(), /has ended: cancelled by caller/);
      assert.deepEqual(names(events), ['ended']);
      assert.deepEqual(await leg.ended, { by: 'caller', reason: 'cancelled', sipStatus: 487 });
      assert.equal(await leg.answered, false);
      await settle();
      assert.equal(media.portsInUse(), 0);
      assert.equal(sw.legs().length, 0);
      assert.deepEqual(session.done, []);
    });

    it('hangUp before the answer refuses with the status of the reason, after it sends BYE; twice changes nothing', async () => {
      const early = invite();
      early.leg.hangUp({ by: 'system', reason: 'busy' });
      early.leg.hangUp({ by: 'system', reason: 'normal' });
      assert.deepEqual(early.session.done, ['refuse 486 Busy Here']);
      const talking = invite();
      await talking.leg.answer();
      talking.leg.hangUp({ by: 'agent', reason: 'normal' });
      assert.equal(talking.session.done.at(-1), 'end Q.850;cause=16;text="normal"');
      assert.equal(talking.leg.termination?.by, 'agent');
    });

    it('late offer: ours in the 200, their answer in the ACK (RFC 3261 §13.2.1)', async () => {
      const { session, leg } = late();
      await leg.answer();
      assert.equal(media.sessions[0]?.configured.length, 0);
      session.handlers?.onConfirmed?.(AUDIO);
      assert.equal(media.sessions[0]?.configured[0]?.remote?.rtpPort, 4000);
      assert.equal(await leg.answered, true);
    });

    for (const [what, sdp] of [
      ['none', undefined],
      ['another codec', G722],
    ] as const) {
      it(`late offer: an ACK with ${what} in it is hung up on`, async () => {
        const { session, leg } = late();
        await leg.answer();
        session.handlers?.onConfirmed?.(sdp);
        assert.equal((await leg.ended).reason, 'no-common-codec');
        assert.match(session.done.at(-1) ?? '', /^end /);
        assert.equal(await leg.answered, false);
      });
    }

    it('no RTP port left: 503, media-failure, and the handler hears of it', async () => {
      media.failure = new Error('no free port between 20000 and 20100');
      const { session, leg } = invite();
      assert.equal((await leg.ended).reason, 'media-failure');
      assert.deepEqual(session.done, ['refuse 503 Server Internal Error']);
    });

    it('hold and back by re-INVITE; a re-offer without a common codec is refused and changes nothing', async () => {
      const { session, leg } = invite();
      const events = watch(leg);
      await leg.answer();
      const answer = session.handlers?.onOffer?.(HELD);
      assert.ok(answer && 'sdp' in answer && answer.sdp.includes('a=recvonly'));
      session.handlers?.onOffer?.(HELD);
      assert.deepEqual(session.handlers?.onOffer?.(G722), { refuse: 488, phrase: 'Not Acceptable Here' });
      session.handlers?.onOffer?.(AUDIO);
      assert.deepEqual(names(events), ['answered', 'remote-held', 'remote-resumed']);
      assert.equal(media.sessions[0]?.configured.at(-1)?.direction, 'sendrecv');
    });

    it('a re-INVITE without an offer gets ours; its answer in the ACK is taken (RFC 3261 §14.2)', async () => {
      const { session, leg } = invite();
      await leg.answer();
      const offer = session.handlers?.onOffer?.(undefined);
      assert.ok(offer && 'sdp' in offer && offer.sdp.includes('m=audio 20002'));
      session.handlers?.onAnswer?.(HELD);
      assert.equal(media.sessions[0]?.configured.at(-1)?.direction, 'recvonly');
    });

    it('INFO digits go the way of all digits; INFO of another kind does nothing', async () => {
      const { session, leg } = invite();
      await leg.answer();
      session.handlers?.onInfo?.('application/dtmf-relay', 'Signal=5\r\nDuration=200');
      session.handlers?.onInfo?.('application/dtmf', '#');
      session.handlers?.onInfo?.('application/media_control+xml', '<x/>');
      assert.deepEqual(media.sessions[0]?.done, ['inject 5 200', 'inject # 160']);
    });

    it('sendDigits: RFC 4733 where the party has it, else INFO, else an error', async () => {
      const first = invite();
      await first.leg.answer();
      await first.leg.sendDigits('1a#');
      assert.deepEqual(media.sessions[0]?.done, ['digits 1A#']);
      const second = invite(NO_EVENTS);
      await second.leg.answer();
      await second.leg.sendDigits('12');
      assert.deepEqual(second.session.done.slice(1), ['info application/dtmf-relay Signal=1', 'info application/dtmf-relay Signal=2']);
      second.session.infoStatus = 415;
      await assert.rejects(second.leg.sendDigits('3'), /answered 415/);
      second.session.allowed.clear();
      await assert.rejects(second.leg.sendDigits('3'), /neither by RFC 4733 nor by INFO/);
      await assert.rejects(second.leg.sendDigits('1x'), /0-9 \* # A-D/);
    });

    it('silence asks the party by OPTIONS; without an answer the leg ends with media-timeout', async () => {
      const { session, leg } = invite();
      await leg.answer();
      media.sessions[0]?.events.onMediaTimeout();
      assert.equal((await leg.ended).reason, 'media-timeout');
      assert.equal(session.done.at(-2), 'probe');
      assert.match(session.done.at(-1) ?? '', /cause=41/);
    });

    it('a party that is silent and answers OPTIONS stays: silence suppression, a muted or held phone', async () => {
      const { session, leg } = invite();
      await leg.answer();
      session.alive = true;
      for (let n = 0; n < 3; n++) {
        media.sessions[0]?.events.onMediaTimeout();
        media.sessions[0]?.events.onMediaTimeout();
        await settle();
      }
      assert.equal(leg.state, 'answered');
      assert.deepEqual(session.done.slice(1), ['probe', 'probe', 'probe']);
      session.alive = false;
      media.sessions[0]?.events.onMediaTimeout();
      assert.equal((await leg.ended).reason, 'media-timeout');
    });

    it('a media engine that fails under a call ends it with media-failure', async () => {
      const { leg } = invite();
      await leg.answer();
      media.sessions[0]?.events.onFailed?.('the media thread has ended');
      const termination = await leg.ended;
      assert.deepEqual([termination.by, termination.reason], ['system', 'media-failure']);
    });

    it('after the end nothing plays, collects or is sent, and the last figures stay', async () => {
      const { leg } = invite();
      await leg.answer();
      leg.hangUp({ by: 'system', reason: 'normal' });
      assert.equal(await leg.play([{ kind: 'silence', durationMs: 1 }]).finished, 'leg-ended');
      assert.equal((await leg.collect({ maxDigits: 1, firstDigitTimeoutMs: 1, interDigitTimeoutMs: 1 })).reason, 'leg-ended');
      await assert.rejects(leg.sendDigits('1'), /has ended/);
      assert.equal((await leg.stats()).packetsReceived, 7);
    });

    it('a subscriber that throws disturbs neither the call nor the others', async () => {
      const { session, leg } = invite();
      leg.subscribe(() => {
        throw new Error('mine');
      });
      const events = watch(leg);
      session.handlers?.onEnded({ kind: 'remote-bye' });
      assert.deepEqual(names(events), ['ended']);
    });
  });

  describe('outbound', () => {
    it('rings every contact at once with one port, the first to answer wins, the others hear it was taken elsewhere', async () => {
      sip.contacts.push(contact(5061), contact(5062), contact(5063));
      const { leg, events } = dial();
      await settle();
      assert.equal(media.sessions.length, 1);
      const [a, b, c] = sip.invited;
      assert.ok(a && b && c);
      assert.deepEqual(a.options?.headers, [
        ['P-Asserted-Identity', '"Li \\"4\\"" <sip:138@127.0.0.1>'],
        ['X-Yixian-Call', 'call-x'],
      ]);
      assert.equal(a.options?.toUser, '1001');
      a.handlers?.onProgress?.(180, undefined);
      b.handlers?.onProgress?.(180, undefined);
      b.handlers?.onAccepted?.(AUDIO);
      assert.deepEqual(a.done, ['end SIP;cause=200;text="Call completed elsewhere"']);
      assert.deepEqual(c.done, a.done);
      assert.deepEqual(b.done, []);
      assert.equal(leg.sipCallId, b.callId);
      assert.deepEqual(names(events), ['ringing', 'answered']);
      assert.equal(await leg.answered, true);
      // RFC 3261 §9.1: one answered while its CANCEL was on the way.
      c.handlers?.onAccepted?.(AUDIO);
      assert.equal(c.done.length, 2);
      a.handlers?.onEnded({ kind: 'refused', status: 487 });
      assert.equal(leg.state, 'answered');
      b.handlers?.onEnded({ kind: 'remote-bye', reasonHeader: 'Q.850;cause=31' });
      assert.deepEqual(await leg.ended, { by: 'called', reason: 'normal', q850: 31 });
      await settle();
      assert.equal(media.portsInUse(), 0);
    });

    for (const [what, statuses, reason] of [
      ['all busy', [486, 486], 'busy'],
      ['busy and silent', [408, 486], 'busy'],
      ['declined on one (6xx speaks for all)', [603], 'declined'],
      ['not found here, broken there', [503, 404], 'unknown-number'],
      ['asked for a password', [486, 401], 'unauthorized'],
    ] as const) {
      it(`§16.7: ${what} ends with ${reason}`, async () => {
        sip.contacts.push(contact(5061), contact(5062));
        const { leg } = dial();
        await settle();
        for (const [i, status] of statuses.entries()) sip.invited[i]?.handlers?.onEnded({ kind: 'refused', status });
        assert.equal((await leg.ended).reason, reason);
        if (statuses.length === 1) assert.match(sip.invited[1]?.done[0] ?? '', /^end Q.850;cause=21/);
      });
    }

    it('an unregistered extension: ended at once, and a subscriber attached after dial() hears it', async () => {
      const { leg, events } = dial();
      assert.equal(leg.state, 'ended');
      assert.equal((await leg.ended).reason, 'not-registered');
      await settle();
      assert.deepEqual(names(events), ['ended']);
      assert.equal(sw.legs().length, 0);
      assert.equal(await leg.answered, false);
    });

    it('rings for timeoutMs, then CANCEL and no-answer', async () => {
      sip.contacts.push(contact(5061));
      const { leg } = dial(15_000);
      await settle();
      sip.invited[0]?.handlers?.onProgress?.(100, undefined);
      clock.advance(14_999);
      assert.equal(leg.state, 'new');
      clock.advance(1);
      assert.equal((await leg.ended).reason, 'no-answer');
      assert.match(sip.invited[0]?.done[0] ?? '', /^end Q.850;cause=19/);
      assert.equal(clock.pendingTimers, 0);
    });

    it('a contact that says nothing for 5 s, not even 100, is given up as no-response', async () => {
      sip.contacts.push(contact(5061));
      const { leg } = dial(20_000);
      await settle();
      clock.advance(4_999);
      assert.equal(leg.state, 'new');
      clock.advance(1);
      const { by, reason } = await leg.ended;
      assert.deepEqual([by, reason], ['network', 'no-response']);
      assert.match(sip.invited[0]?.done[0] ?? '', /^end /);
      assert.equal(clock.pendingTimers, 0);
    });

    it('a dead contact beside a living one costs nothing: the living one goes on ringing, a late answer of the dead one is taken down', async () => {
      sip.contacts.push(contact(5061), contact(5062));
      const { leg } = dial(20_000);
      await settle();
      const [dead, living] = sip.invited;
      living?.handlers?.onProgress?.(180, undefined);
      clock.advance(5_000);
      assert.equal(leg.state, 'ringing');
      assert.match(dead?.done[0] ?? '', /^end /);
      assert.deepEqual(living?.done, []);
      dead?.handlers?.onAccepted?.(AUDIO);
      assert.equal(leg.state, 'ringing');
      assert.equal(dead?.done.length, 2);
    });

    it('hung up before its port was open: no INVITE, no port kept', async () => {
      sip.contacts.push(contact(5061));
      const { leg } = dial();
      leg.hangUp({ by: 'caller', reason: 'withdrawn' });
      await settle();
      assert.equal(sip.invited.length, 0);
      assert.equal(media.portsInUse(), 0);
      assert.equal(clock.pendingTimers, 0);
    });

    it('a target that is no SIP URI ends the leg with its name, not the process', async () => {
      const leg = sw.dial({ target: { kind: 'uri', uri: 'tel:110' }, from: { number: '1' }, timeoutMs: 1000 });
      const termination = await leg.ended;
      assert.equal(termination.reason, 'invalid-request');
      assert.match(termination.text ?? '', /tel:110 is no SIP URI/);
      await settle();
      assert.equal(media.portsInUse(), 0);
    });

    it('early media is heard before the answer; the 200 without SDP confirms it', async () => {
      sip.contacts.push(contact(5061));
      const { leg, events } = dial();
      await settle();
      const [fork] = sip.invited;
      fork?.handlers?.onProgress?.(183, AUDIO);
      assert.equal(leg.state, 'early');
      fork?.handlers?.onAccepted?.('');
      assert.deepEqual(names(events), ['early-media', 'answered']);
    });

    it('a 2xx whose SDP cannot be used is taken down with BYE and the leg ends no-common-codec', async () => {
      sip.contacts.push(contact(5061));
      const { leg } = dial();
      await settle();
      sip.invited[0]?.handlers?.onAccepted?.(G722);
      assert.equal((await leg.ended).reason, 'no-common-codec');
      assert.match(sip.invited[0]?.done[0] ?? '', /^end Q.850;cause=88/);
    });

    it('every way SIP ends a session has its termination', async () => {
      const expected: [Parameters<NonNullable<FakeSession['handlers']>['onEnded']>[0], Termination['reason']][] = [
        [{ kind: 'no-ack' }, 'no-ack'],
        [{ kind: 'timeout' }, 'no-response'],
        [{ kind: 'transport' }, 'transport-failure'],
        [{ kind: 'session-expired' }, 'session-expired'],
        [{ kind: 'protocol' }, 'invalid-request'],
        [{ kind: 'remote-cancel', reasonHeader: 'SIP;cause=200;text="Call completed elsewhere"' }, 'answered-elsewhere'],
      ];
      for (const [end, reason] of expected) {
        const { session, leg } = invite();
        session.handlers?.onEnded(end);
        assert.equal((await leg.ended).reason, reason);
      }
    });
  });

  describe('bridges', () => {
    async function two(): Promise<[CallLeg, CallLeg]> {
      const a = invite().leg;
      const b = invite().leg;
      await a.answer();
      await b.answer();
      return [a, b];
    }

    it('cross, and end when either leg ends; the other leg lives on', async () => {
      const [a, b] = await two();
      const bridge = await sw.bridge(a, b);
      assert.deepEqual(media.done.slice(1), ['route 1<2 2<1']);
      a.hangUp({ by: 'caller', reason: 'normal' });
      await bridge.ended;
      assert.equal(b.state, 'answered');
      await bridge.unbridge();
      assert.equal(sw.metrics().switch_bridges, 0);
    });

    it('a new bridge replaces the old one of a leg', async () => {
      const [a, b] = await two();
      const c = invite().leg;
      await c.answer();
      const old = await sw.bridge(a, b);
      await sw.bridge(a, c);
      await old.ended;
      await old.unbridge();
      assert.equal(media.done.at(-1), 'route 1<3 2< 3<1');
      assert.equal(sw.metrics().switch_bridges, 1);
    });

    it('a leg that has ended cannot be bridged, and is named', async () => {
      const [a, b] = await two();
      b.hangUp({ by: 'system', reason: 'normal' });
      await assert.rejects(sw.bridge(a, b), new RegExp(`leg ${b.id} has ended`));
    });
  });

  describe('start, drain, stop', () => {
    it('registrations come back from the store and changes go into it, the last one winning', async () => {
      const saved: [string, number][] = [];
      const store: RegistrationStore = {
        load: async () => [contact(5061)],
        save: async (extension, list) => {
          saved.push([extension, list.length]);
          if (saved.length === 1) throw new Error('redis is away');
        },
      };
      await make({ registrationStore: store });
      assert.equal(sw.registrations('1001').length, 1);
      sip.handlers?.saveRegistrations('1001', [contact(5061)]);
      sip.handlers?.saveRegistrations('1001', [contact(5061), contact(5062)]);
      sip.handlers?.saveRegistrations('1001', []);
      await sw.stop();
      assert.deepEqual(saved, [
        ['1001', 1],
        ['1001', 0],
      ]);
      assert.equal(sw.metrics().switch_registration_store_failures_total, 1);
    });

    it('stop ends every leg with draining, frees every port, and stops both sides', async () => {
      const talking = invite();
      await talking.leg.answer();
      sip.contacts.push(contact(5061));
      const ringing = dial();
      await settle();
      await sw.stop();
      assert.equal(talking.leg.termination?.reason, 'draining');
      assert.equal(ringing.leg.termination?.reason, 'draining');
      assert.equal(media.portsInUse(), 0);
      assert.deepEqual([sip.done.at(-1), media.done.at(-1)], ['stop', 'stop']);
      assert.equal(clock.pendingTimers, 0);
      assert.equal((await sw.health()).ok, false);
      assert.equal(dial().leg.termination?.reason, 'draining');
    });

    it('metrics are those of SIP, media and the assembly together', async () => {
      invite().leg.hangUp({ by: 'system', reason: 'busy' });
      const metrics = sw.metrics();
      assert.equal(metrics.sip_fake, 1);
      assert.equal(metrics.media_fake, 1);
      assert.equal(metrics['switch_legs_total{direction="inbound"}'], 1);
      assert.equal(metrics['switch_legs_ended_total{direction="inbound",reason="busy"}'], 1);
    });
  });
});

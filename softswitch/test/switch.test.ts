import assert from 'node:assert/strict';
import type { CallLeg, RegistrationStore } from '@yixian/contracts';
import { FakeSession } from './fake-ports.js';
import { AUDIO, contact, G722, HELD, NO_EVENTS, names, SwitchBench, settle } from './switch-bench.js';

describe('softswitch assembly', () => {
  const bench = new SwitchBench();
  beforeEach(() => bench.make());

  describe('inbound', () => {
    it('takes its port at once, so that answer() waits for nothing but the row', async () => {
      const { session, leg } = bench.invite();
      await settle();
      assert.equal(bench.media.sessions.length, 1);
      await leg.answer();
      assert.deepEqual(session.done, ['accept 20002']);
      assert.equal(bench.media.sessions[0]?.configured[0]?.codec, 'PCMA');
      session.handlers?.onConfirmed?.(undefined);
      assert.equal(await leg.answered, true);
      assert.equal(leg.state, 'answered');
    });

    it('a trunk’s caller is who the trunk asserts (RFC 3325)', () => {
      assert.equal(bench.invite(AUDIO, '02112345678').leg.from.number, '02112345678');
    });

    it('488 without a common codec, before anything is spent on it', () => {
      const session = new FakeSession('inbound', 'x', G722);
      bench.sip.handlers?.onInvite(session, { kind: 'trunk', trunkId: 'demo' });
      assert.deepEqual(session.done, ['refuse 488 Not Acceptable Here']);
      assert.equal(bench.arrived.length, 0);
      assert.equal(bench.media.sessions.length, 0);
      assert.equal(bench.sw.metrics()['switch_offers_refused_total{status="488"}'], 1);
    });

    it('a stage that throws on the news costs this call only', async () => {
      const failing = () => {
        throw new Error('mine');
      };
      await bench.make({}, { inbound: failing, registrationChanged: failing });
      const session = new FakeSession('inbound', 'x', AUDIO);
      bench.sip.handlers?.onInvite(session, { kind: 'trunk', trunkId: 'demo' });
      bench.sip.handlers?.registrationChanged({ extension: '1001', contacts: 1, reason: 'registered' });
      assert.deepEqual(session.done, ['refuse 500 Server Internal Error']);
    });

    it('ring, early media, answer; a late ring changes nothing', async () => {
      const { session, leg } = bench.invite();
      leg.ring();
      await leg.early();
      leg.ring();
      await leg.answer();
      await leg.answer();
      assert.deepEqual(session.done, ['progress 180', 'progress 183 sdp', 'accept 20002']);
    });

    it('a CANCEL before the answer ends it once; answer() then rejects and the port is free', async () => {
      const { session, leg } = bench.invite();
      const events = bench.watch(leg);
      session.handlers?.onEnded({ kind: 'remote-cancel' });
      session.handlers?.onEnded({ kind: 'remote-bye' });
      await assert.rejects(leg.answer(), /has ended: cancelled by caller/);
      assert.deepEqual(names(events), ['ended']);
      assert.deepEqual(await leg.ended, { by: 'caller', reason: 'cancelled', sipStatus: 487 });
      assert.equal(await leg.answered, false);
      await settle();
      assert.equal(bench.media.portsInUse(), 0);
      assert.equal(bench.sw.legs().length, 0);
      assert.deepEqual(session.done, []);
    });

    it('hangUp before the answer refuses with the status of the reason, after it sends BYE; twice changes nothing', async () => {
      const early = bench.invite();
      early.leg.hangUp({ by: 'system', reason: 'busy' });
      early.leg.hangUp({ by: 'system', reason: 'normal' });
      assert.deepEqual(early.session.done, ['refuse 486 Busy Here']);
      const talking = bench.invite();
      await talking.leg.answer();
      talking.leg.hangUp({ by: 'agent', reason: 'normal' });
      assert.equal(talking.session.done.at(-1), 'end Q.850;cause=16;text="normal"');
      assert.equal(talking.leg.termination?.by, 'agent');
    });

    it('late offer: ours in the 200, their answer in the ACK (RFC 3261 §13.2.1)', async () => {
      const { session, leg } = bench.late();
      await leg.answer();
      assert.equal(bench.media.sessions[0]?.configured.length, 0);
      session.handlers?.onConfirmed?.(AUDIO);
      assert.equal(bench.media.sessions[0]?.configured[0]?.remote?.rtpPort, 4000);
      assert.equal(await leg.answered, true);
    });

    for (const [what, sdp] of [
      ['none', undefined],
      ['another codec', G722],
    ] as const) {
      it(`late offer: an ACK with ${what} in it is hung up on`, async () => {
        const { session, leg } = bench.late();
        await leg.answer();
        session.handlers?.onConfirmed?.(sdp);
        assert.equal((await leg.ended).reason, 'no-common-codec');
        assert.match(session.done.at(-1) ?? '', /^end /);
        assert.equal(await leg.answered, false);
      });
    }

    it('no RTP port left: 503, media-failure, and the handler hears of it', async () => {
      bench.media.failure = new Error('no free port between 20000 and 20100');
      const { session, leg } = bench.invite();
      assert.equal((await leg.ended).reason, 'media-failure');
      assert.deepEqual(session.done, ['refuse 503 Server Internal Error']);
    });

    it('hold and back by re-INVITE; a re-offer without a common codec is refused and changes nothing', async () => {
      const { session, leg } = bench.invite();
      const events = bench.watch(leg);
      await leg.answer();
      const answer = session.handlers?.onOffer?.(HELD);
      assert.ok(answer && 'sdp' in answer && answer.sdp.includes('a=recvonly'));
      session.handlers?.onOffer?.(HELD);
      assert.deepEqual(session.handlers?.onOffer?.(G722), { refuse: 488, phrase: 'Not Acceptable Here' });
      session.handlers?.onOffer?.(AUDIO);
      assert.deepEqual(names(events), ['answered', 'remote-held', 'remote-resumed']);
      assert.equal(bench.media.sessions[0]?.configured.at(-1)?.direction, 'sendrecv');
    });

    it('a re-INVITE without an offer gets ours; its answer in the ACK is taken (RFC 3261 §14.2)', async () => {
      const { session, leg } = bench.invite();
      await leg.answer();
      const offer = session.handlers?.onOffer?.(undefined);
      assert.ok(offer && 'sdp' in offer && offer.sdp.includes('m=audio 20002'));
      session.handlers?.onAnswer?.(HELD);
      assert.equal(bench.media.sessions[0]?.configured.at(-1)?.direction, 'recvonly');
    });

    it('INFO digits go the way of all digits; INFO of another kind does nothing', async () => {
      const { session, leg } = bench.invite();
      await leg.answer();
      session.handlers?.onInfo?.('application/dtmf-relay', 'Signal=5\r\nDuration=200');
      session.handlers?.onInfo?.('application/dtmf', '#');
      session.handlers?.onInfo?.('application/media_control+xml', '<x/>');
      assert.deepEqual(bench.media.sessions[0]?.done, ['inject 5 200', 'inject # 160']);
    });

    it('sendDigits: RFC 4733 where the party has it, else INFO, else an error', async () => {
      const first = bench.invite();
      await first.leg.answer();
      await first.leg.sendDigits('1a#');
      assert.deepEqual(bench.media.sessions[0]?.done, ['digits 1A#']);
      const second = bench.invite(NO_EVENTS);
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
      const { session, leg } = bench.invite();
      await leg.answer();
      bench.media.sessions[0]?.events.onMediaTimeout();
      assert.equal((await leg.ended).reason, 'media-timeout');
      assert.equal(session.done.at(-2), 'probe');
      assert.match(session.done.at(-1) ?? '', /cause=41/);
    });

    it('a party that is silent and answers OPTIONS stays: silence suppression, a muted or held phone', async () => {
      const { session, leg } = bench.invite();
      await leg.answer();
      session.alive = true;
      for (let n = 0; n < 3; n++) {
        bench.media.sessions[0]?.events.onMediaTimeout();
        bench.media.sessions[0]?.events.onMediaTimeout();
        await settle();
      }
      assert.equal(leg.state, 'answered');
      assert.deepEqual(session.done.slice(1), ['probe', 'probe', 'probe']);
      session.alive = false;
      bench.media.sessions[0]?.events.onMediaTimeout();
      assert.equal((await leg.ended).reason, 'media-timeout');
    });

    it('a media engine that fails under a call ends it with media-failure', async () => {
      const { leg } = bench.invite();
      await leg.answer();
      bench.media.sessions[0]?.events.onFailed?.('the media thread has ended');
      const termination = await leg.ended;
      assert.deepEqual([termination.by, termination.reason], ['system', 'media-failure']);
    });

    it('after the end nothing plays, collects or is sent, and the last figures stay', async () => {
      const { leg } = bench.invite();
      await leg.answer();
      leg.hangUp({ by: 'system', reason: 'normal' });
      assert.equal(await leg.play([{ kind: 'silence', durationMs: 1 }]).finished, 'leg-ended');
      assert.equal((await leg.collect({ maxDigits: 1, firstDigitTimeoutMs: 1, interDigitTimeoutMs: 1 })).reason, 'leg-ended');
      await assert.rejects(leg.sendDigits('1'), /has ended/);
      assert.equal((await leg.stats()).packetsReceived, 7);
    });

    it('a subscriber that throws disturbs neither the call nor the others', async () => {
      const { session, leg } = bench.invite();
      leg.subscribe(() => {
        throw new Error('mine');
      });
      const events = bench.watch(leg);
      session.handlers?.onEnded({ kind: 'remote-bye' });
      assert.deepEqual(names(events), ['ended']);
    });
  });

  describe('bridges', () => {
    async function two(): Promise<[CallLeg, CallLeg]> {
      const a = bench.invite().leg;
      const b = bench.invite().leg;
      await a.answer();
      await b.answer();
      return [a, b];
    }

    it('cross, and end when either leg ends; the other leg lives on', async () => {
      const [a, b] = await two();
      const bridge = await bench.sw.bridge(a, b);
      assert.deepEqual(bench.media.done.slice(1), ['route 1<2 2<1']);
      a.hangUp({ by: 'caller', reason: 'normal' });
      await bridge.ended;
      assert.equal(b.state, 'answered');
      await bridge.unbridge();
      assert.equal(bench.sw.metrics().switch_bridges, 0);
    });

    it('a new bridge replaces the old one of a leg', async () => {
      const [a, b] = await two();
      const c = bench.invite().leg;
      await c.answer();
      const old = await bench.sw.bridge(a, b);
      await bench.sw.bridge(a, c);
      await old.ended;
      await old.unbridge();
      assert.equal(bench.media.done.at(-1), 'route 1<3 2< 3<1');
      assert.equal(bench.sw.metrics().switch_bridges, 1);
    });

    it('a leg that has ended cannot be bridged, and is named', async () => {
      const [a, b] = await two();
      b.hangUp({ by: 'system', reason: 'normal' });
      await assert.rejects(bench.sw.bridge(a, b), new RegExp(`leg ${b.id} has ended`));
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
      await bench.make({ registrationStore: store });
      assert.equal(bench.sw.registrations('1001').length, 1);
      bench.sip.handlers?.saveRegistrations('1001', [contact(5061)]);
      bench.sip.handlers?.saveRegistrations('1001', [contact(5061), contact(5062)]);
      bench.sip.handlers?.saveRegistrations('1001', []);
      await bench.sw.stop();
      assert.deepEqual(saved, [
        ['1001', 1],
        ['1001', 0],
      ]);
      assert.equal(bench.sw.metrics().switch_registration_store_failures_total, 1);
    });

    it('stop ends every leg with draining, frees every port, and stops both sides', async () => {
      const talking = bench.invite();
      await talking.leg.answer();
      bench.sip.contacts.push(contact(5061));
      const ringing = bench.dial();
      await settle();
      await bench.sw.stop();
      assert.equal(talking.leg.termination?.reason, 'draining');
      assert.equal(ringing.leg.termination?.reason, 'draining');
      assert.equal(bench.media.portsInUse(), 0);
      assert.deepEqual([bench.sip.done.at(-1), bench.media.done.at(-1)], ['stop', 'stop']);
      assert.equal(bench.clock.pendingTimers, 0);
      assert.equal((await bench.sw.health()).ok, false);
      assert.equal(bench.dial().leg.termination?.reason, 'draining');
    });

    it('metrics are those of SIP, media and the assembly together', async () => {
      bench.invite().leg.hangUp({ by: 'system', reason: 'busy' });
      const metrics = bench.sw.metrics();
      assert.equal(metrics.sip_fake, 1);
      assert.equal(metrics.media_fake, 1);
      assert.equal(metrics['switch_legs_total{direction="inbound"}'], 1);
      assert.equal(metrics['switch_legs_ended_total{direction="inbound",reason="busy"}'], 1);
    });
  });
});

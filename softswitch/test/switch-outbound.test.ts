import assert from 'node:assert/strict';
import type { Termination } from '@yixian/contracts';
import type { FakeSession } from './fake-ports.js';
import { AUDIO, contact, G722, names, SwitchBench, settle } from './switch-bench.js';

describe('softswitch assembly', () => {
  const bench = new SwitchBench();
  beforeEach(() => bench.make());

  describe('outbound', () => {
    it('rings every contact at once with one port, the first to answer wins, the others hear it was taken elsewhere', async () => {
      bench.sip.contacts.push(contact(5061), contact(5062), contact(5063));
      const { leg, events } = bench.dial();
      await settle();
      assert.equal(bench.media.sessions.length, 1);
      const [a, b, c] = bench.sip.invited;
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
      assert.equal(bench.media.portsInUse(), 0);
    });

    for (const [what, statuses, reason] of [
      ['all busy', [486, 486], 'busy'],
      ['busy and silent', [408, 486], 'busy'],
      ['declined on one (6xx speaks for all)', [603], 'declined'],
      ['not found here, broken there', [503, 404], 'unknown-number'],
      ['asked for a password', [486, 401], 'unauthorized'],
    ] as const) {
      it(`§16.7: ${what} ends with ${reason}`, async () => {
        bench.sip.contacts.push(contact(5061), contact(5062));
        const { leg } = bench.dial();
        await settle();
        for (const [i, status] of statuses.entries()) bench.sip.invited[i]?.handlers?.onEnded({ kind: 'refused', status });
        assert.equal((await leg.ended).reason, reason);
        if (statuses.length === 1) assert.match(bench.sip.invited[1]?.done[0] ?? '', /^end Q.850;cause=21/);
      });
    }

    it('an unregistered extension: ended at once, and a subscriber attached after dial() hears it', async () => {
      const { leg, events } = bench.dial();
      assert.equal(leg.state, 'ended');
      assert.equal((await leg.ended).reason, 'not-registered');
      await settle();
      assert.deepEqual(names(events), ['ended']);
      assert.equal(bench.sw.legs().length, 0);
      assert.equal(await leg.answered, false);
    });

    it('rings for timeoutMs, then CANCEL and no-answer', async () => {
      bench.sip.contacts.push(contact(5061));
      const { leg } = bench.dial(15_000);
      await settle();
      bench.sip.invited[0]?.handlers?.onProgress?.(100, undefined);
      bench.clock.advance(14_999);
      assert.equal(leg.state, 'new');
      bench.clock.advance(1);
      assert.equal((await leg.ended).reason, 'no-answer');
      assert.match(bench.sip.invited[0]?.done[0] ?? '', /^end Q.850;cause=19/);
      assert.equal(bench.clock.pendingTimers, 0);
    });

    it('a contact that says nothing for 5 s, not even 100, is given up as no-response', async () => {
      bench.sip.contacts.push(contact(5061));
      const { leg } = bench.dial(20_000);
      await settle();
      bench.clock.advance(4_999);
      assert.equal(leg.state, 'new');
      bench.clock.advance(1);
      const { by, reason } = await leg.ended;
      assert.deepEqual([by, reason], ['network', 'no-response']);
      assert.match(bench.sip.invited[0]?.done[0] ?? '', /^end /);
      assert.equal(bench.clock.pendingTimers, 0);
    });

    it('a dead contact beside a living one costs nothing: the living one goes on ringing, a late answer of the dead one is taken down', async () => {
      bench.sip.contacts.push(contact(5061), contact(5062));
      const { leg } = bench.dial(20_000);
      await settle();
      const [dead, living] = bench.sip.invited;
      living?.handlers?.onProgress?.(180, undefined);
      bench.clock.advance(5_000);
      assert.equal(leg.state, 'ringing');
      assert.match(dead?.done[0] ?? '', /^end /);
      assert.deepEqual(living?.done, []);
      dead?.handlers?.onAccepted?.(AUDIO);
      assert.equal(leg.state, 'ringing');
      assert.equal(dead?.done.length, 2);
    });

    it('hung up before its port was open: no INVITE, no port kept', async () => {
      bench.sip.contacts.push(contact(5061));
      const { leg } = bench.dial();
      leg.hangUp({ by: 'caller', reason: 'withdrawn' });
      await settle();
      assert.equal(bench.sip.invited.length, 0);
      assert.equal(bench.media.portsInUse(), 0);
      assert.equal(bench.clock.pendingTimers, 0);
    });

    it('a target that is no SIP URI ends the leg with its name, not the process', async () => {
      const leg = bench.sw.dial({ target: { kind: 'uri', uri: 'tel:110' }, from: { number: '1' }, timeoutMs: 1000 });
      const termination = await leg.ended;
      assert.equal(termination.reason, 'invalid-request');
      assert.match(termination.text ?? '', /tel:110 is no SIP URI/);
      await settle();
      assert.equal(bench.media.portsInUse(), 0);
    });

    it('early media is heard before the answer; the 200 without SDP confirms it', async () => {
      bench.sip.contacts.push(contact(5061));
      const { leg, events } = bench.dial();
      await settle();
      const [fork] = bench.sip.invited;
      fork?.handlers?.onProgress?.(183, AUDIO);
      assert.equal(leg.state, 'early');
      fork?.handlers?.onAccepted?.('');
      assert.deepEqual(names(events), ['early-media', 'answered']);
    });

    it('a 2xx whose SDP cannot be used is taken down with BYE and the leg ends no-common-codec', async () => {
      bench.sip.contacts.push(contact(5061));
      const { leg } = bench.dial();
      await settle();
      bench.sip.invited[0]?.handlers?.onAccepted?.(G722);
      assert.equal((await leg.ended).reason, 'no-common-codec');
      assert.match(bench.sip.invited[0]?.done[0] ?? '', /^end Q.850;cause=88/);
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
        const { session, leg } = bench.invite();
        session.handlers?.onEnded(end);
        assert.equal((await leg.ended).reason, reason);
      }
    });
  });
});

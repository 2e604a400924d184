// What no single scenario shows: random loss between two stacks, and mutated messages into one that has a call going.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { InviteSession } from '../../src/sip/port.js';
import { inviteText, RawPeer, repeatableBytes, stackOn, type TestStack, Told, toTagOf, Wire } from './wire.js';

function idle(s: TestStack): number[] {
  const m = s.stack.metrics();
  return [m.sip_dialogs, m.sip_sessions, m.sip_client_transactions, m.sip_server_transactions, m.sip_timers].map((n) => n ?? -1);
}

interface Plan {
  seed: number;
  lossPercent: number;
  answerAfter: number;
  callerEndsAfter: number;
  calledEndsAfter: number;
  reliable: boolean;
}

const plan: fc.Arbitrary<Plan> = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  lossPercent: fc.integer({ min: 0, max: 40 }),
  answerAfter: fc.integer({ min: 0, max: 3_000 }),
  callerEndsAfter: fc.integer({ min: 0, max: 10_000 }),
  calledEndsAfter: fc.integer({ min: 0, max: 10_000 }),
  reliable: fc.boolean(),
});

async function run(p: Plan): Promise<{ caller: Told; called: Told[]; idle: number[][] }> {
  const wire = new Wire();
  const random = repeatableBytes(p.seed);
  wire.lose = () => (random(1)[0] ?? 0) % 100 < p.lossPercent;
  const called: Told[] = [];
  const b = await stackOn(wire, {
    address: '192.0.2.2',
    sessionExpiresSeconds: 1_800,
    onInvite: (session: InviteSession) => {
      const told = new Told();
      called.push(told);
      session.setHandlers(told.handlers);
      if (p.reliable) session.progress(183, 'early');
      else session.progress(180);
      wire.clock.setTimer(p.answerAfter, () => session.accept('answer'));
      wire.clock.setTimer(p.calledEndsAfter, () => session.end());
    },
  });
  const a = await stackOn(wire, { address: '192.0.2.3', sessionExpiresSeconds: 1_800 });
  const caller = new Told();
  const session = a.stack.invite({ uri: 'sip:1@192.0.2.2', from: { user: '2' }, sdp: 'offer' }, caller.handlers);
  await Promise.resolve();
  wire.clock.setTimer(p.callerEndsAfter, () => session.end());
  wire.clock.advance(200_000);
  // A side that lost every BYE learns of the end from the session timer.
  wire.lose = () => false;
  wire.clock.advance(2_000_000);
  return { caller, called, idle: [idle(a), idle(b)] };
}

describe('two stacks over a lossy network', () => {
  it('every call ends exactly once on each side, and nothing is left: no dialog, transaction or timer', async () => {
    await fc.assert(
      fc.asyncProperty(plan, async (p) => {
        const { caller, called, idle: left } = await run(p);
        assert.equal(caller.ends.length, 1);
        for (const told of called) assert.equal(told.ends.length, 1);
        assert.ok(called.length <= 1, 'a retransmission became a second call');
        assert.deepEqual(left, [
          [0, 0, 0, 0, 0],
          [0, 0, 0, 0, 0],
        ]);
      }),
      { numRuns: 300 },
    );
  }).timeout(60_000);
});

const SEEDS = [
  inviteText(),
  inviteText({ branch: 're', cseq: 2, toTag: 'TAG' }),
  inviteText({ method: 'ACK', branch: 'ack', toTag: 'TAG' }),
  inviteText({ method: 'BYE', branch: 'bye', cseq: 3, toTag: 'TAG', extra: 'Reason: Q.850;cause=16\n' }),
  inviteText({ method: 'CANCEL' }),
  inviteText({ method: 'PRACK', branch: 'p', cseq: 4, toTag: 'TAG', extra: 'RAck: 1 1 INVITE\n' }),
  inviteText({ method: 'UPDATE', branch: 'u', cseq: 5, toTag: 'TAG', extra: 'Session-Expires: 90;refresher=uas\nSupported: timer\n' }),
  inviteText({ method: 'INFO', branch: 'i', cseq: 6, toTag: 'TAG', extra: 'Content-Type: application/dtmf-relay\n' }),
  inviteText({
    method: 'REGISTER',
    branch: 'r',
    extra: 'Expires: 60\nAuthorization: Digest username="a", realm="yixian", nonce="x", uri="sip:a", response="y"\n',
  }),
  inviteText({
    method: 'REFER',
    branch: 'f',
    cseq: 7,
    toTag: 'TAG',
    extra: 'Refer-To: <sip:1002@192.0.2.1?Replaces=call-1%3Bto-tag%3DTAG%3Bfrom-tag%3Dcaller>\nRefer-Sub: true\n',
  }),
  inviteText({ method: 'SUBSCRIBE', branch: 'g', cseq: 8, toTag: 'TAG', extra: 'Event: refer;id=7\nExpires: 60\n' }),
  inviteText({
    method: 'SUBSCRIBE',
    branch: 'h',
    callId: 'box',
    uri: 'sip:a@192.0.2.1',
    extra: 'Event: message-summary\nAccept: application/simple-message-summary\nExpires: 60\n',
    sdp: '',
  }),
  inviteText({ method: 'MESSAGE', branch: 'm', callId: 'text', extra: 'Content-Type: text/plain;charset=utf-8\n', sdp: 'text' }).replace(
    'Content-Type: application/sdp\n',
    '',
  ),
  inviteText({ branch: 'n', callId: 'replacing', extra: 'Replaces: call-1;to-tag=TAG;from-tag=caller\nRequire: replaces\n' }),
  'SIP/2.0 200 OK\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\nFrom: <sip:a@b>;tag=1\nTo: <sip:c@d>;tag=2\nCall-ID: call-1\nCSeq: 1 INVITE\n\n',
] as const;

const SCRAPS = [
  '',
  ';',
  ',',
  '"',
  '<',
  '>',
  ':',
  '=',
  ' ',
  '\n',
  '\n ',
  '%',
  '\0',
  '[',
  ']',
  '@',
  'sip:',
  '99999999999',
  '-1',
  ';tag=',
  ';rport',
  ';lr',
  'é',
  '一',
  '*',
];

describe('mutated messages (field lesson: one malformed packet never ends another call)', () => {
  it('never throw, and the call that is going stays up or ends once', async () => {
    const mutation = fc.record({
      seed: fc.nat(SEEDS.length - 1),
      edits: fc.array(fc.record({ at: fc.nat(900), cut: fc.nat(12), put: fc.constantFrom(...SCRAPS) }), { maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 12 }), async (mutations) => {
        const wire = new Wire();
        const told: Told[] = [];
        const us = await stackOn(wire, {
          admit: (r) =>
            r.method === 'REGISTER'
              ? { action: 'challenge', extension: 'a' }
              : {
                  action: 'accept',
                  origin: r.method === 'INVITE' ? { kind: 'trunk', trunkId: 't' } : { kind: 'extension', extension: 'a' },
                },
          password: () => 'secret',
          onInvite: (session) => {
            const t = new Told({
              onRefer: (refer) => {
                refer.accept();
                refer.progress(180);
                refer.done(200);
              },
            });
            told.push(t);
            session.setHandlers(t.handlers);
            session.progress(183, 'early');
            session.accept('answer');
          },
        });
        const peer = new RawPeer(wire, us);
        peer.say(inviteText());
        wire.clock.advance(5);
        const tag = toTagOf(peer.lastResponse());
        for (const m of mutations) {
          let text = (SEEDS[m.seed] ?? '').replaceAll('TAG', tag);
          for (const e of m.edits) {
            const at = e.at % text.length;
            text = text.slice(0, at) + e.put + text.slice(at + e.cut);
          }
          peer.say(text);
          wire.clock.advance(20);
        }
        wire.clock.advance(100_000);
        for (const t of told) assert.ok(t.ends.length <= 1);
        const stopped = us.stack.stop();
        wire.clock.advance(1_000);
        await stopped;
        assert.equal(wire.clock.pendingTimers, 0);
      }),
      { numRuns: 400 },
    );
  }).timeout(60_000);
});

import assert from 'node:assert/strict';
import { ExtensionDialogs, type FollowedLeg } from '../../src/extension-dialogs.js';
import { type DialogView, dialogInfoBody } from '../../src/sip/notifier/dialog-info.js';
import { headerValue, type SipRequest } from '../../src/sip/parser/message.js';
import { inviteText, RawPeer, stackOn, Wire } from './wire.js';

async function watcher(extension = '1002') {
  const wire = new Wire();
  const us = await stackOn(wire, {
    admit: () => ({ action: 'accept', origin: { kind: 'extension', extension: '1001' } }),
    password: (name) => (name.startsWith('10') ? 'secret' : undefined),
  });
  const peer = new RawPeer(wire, us);
  peer.reply = (m) => {
    if (m.kind === 'request' && m.method === 'NOTIFY') peer.respond(m, 200, 'OK');
  };
  peer.say(
    inviteText({
      method: 'SUBSCRIBE',
      callId: 'w',
      branch: 'w',
      uri: `sip:${extension}@192.0.2.1`,
      extra: 'Event: dialog\nExpires: 600\n',
      sdp: '',
    }),
  );
  wire.clock.advance(10);
  const set = (...dialogs: DialogView[]) => {
    us.stack.setDialogs('1002', dialogs);
    wire.clock.advance(10);
  };
  const told = () =>
    peer.requests('NOTIFY').map((r) => {
      const body = r.body.toString();
      return `${/version="(\d+)"/.exec(body)?.[1]} ${[...body.matchAll(/<state>(\w+)/g)].map((m) => m[1]).join('+') || 'idle'}`;
    });
  return { wire, us, peer, set, told };
}

const rings: DialogView = { id: 'leg-1', direction: 'recipient', state: 'early' };

describe('busy lamps: subscribers to the dialogs of an extension (RFC 4235)', () => {
  it('the full state at once and on every change, numbered from 0; of another extension nothing', async () => {
    const w = await watcher();
    w.set(rings);
    w.set({ ...rings, state: 'confirmed' }, { id: 'leg-2', direction: 'initiator', state: 'trying' });
    w.us.stack.setDialogs('1003', [rings]);
    w.set();
    assert.deepEqual(w.told(), ['0 idle', '1 early', '2 confirmed+trying', '3 idle']);
    const [first] = w.peer.requests('NOTIFY');
    assert.equal(headerValue(first as SipRequest, 'content-type'), 'application/dialog-info+xml');
    assert.equal(headerValue(first as SipRequest, 'event'), 'dialog');
    assert.equal(w.us.stack.metrics().sip_subscriptions, 1);
  });

  it('an extension that is not there: 404', async () => {
    const w = await watcher('9999');
    assert.equal(w.peer.lastResponse().status, 404);
    assert.deepEqual(w.told(), []);
  });

  it('the body stands whatever an id has in it', () => {
    const body = dialogInfoBody('sip:1001@[2001:db8::1]', 7, [{ ...rings, id: '<"&\'>' }]).toString();
    assert.match(body, /id="&lt;&quot;&amp;&apos;&gt;" direction="recipient"><state>early<\/state>/);
    assert.match(body, /version="7" state="full" entity="sip:1001@\[2001:db8::1\]"/);
  });
});

describe('the calls of an extension, kept from its legs', () => {
  function leg(id: string, extension: string | undefined, direction: 'inbound' | 'outbound') {
    let tell: Parameters<FollowedLeg['subscribe']>[0] = () => {};
    let end: (termination: { by: 'caller'; reason: 'normal' }) => void = () => {};
    const ended = new Promise<{ by: 'caller'; reason: 'normal' }>((resolve) => {
      end = resolve;
    });
    const followed: FollowedLeg = {
      id,
      extension,
      direction,
      state: 'new',
      ended,
      subscribe(listener) {
        tell = listener;
        return () => {};
      },
    };
    return { followed, tell: (type: 'ringing' | 'answered') => tell({ type }), end: () => end({ by: 'caller', reason: 'normal' }) };
  }

  it('a call on no leg of the extension, of a seat at a mobile, is shown as it is told', () => {
    const seen: string[] = [];
    const dialogs = new ExtensionDialogs((extension, all) => seen.push(`${extension} ${all.map((d) => `${d.id} ${d.state}`).join(' ')}`));
    for (const state of ['trying', 'early', 'early', 'confirmed', 'terminated', 'terminated'] as const) {
      dialogs.put('1001', { id: 'c1', direction: 'recipient', state });
    }
    assert.deepEqual(seen, ['1001 c1 trying', '1001 c1 early', '1001 c1 confirmed', '1001 ']);
  });

  it('from the first moment to the end, several at a time; a trunk’s leg is nobody’s', async () => {
    const seen: string[] = [];
    const dialogs = new ExtensionDialogs((extension, all) =>
      seen.push(`${extension} ${all.map((d) => `${d.direction[0]}:${d.state}`).join(' ')}`),
    );
    dialogs.follow(leg('t', undefined, 'inbound').followed);
    const called = leg('a', '1001', 'outbound');
    dialogs.follow(called.followed);
    called.tell('ringing');
    called.tell('ringing');
    const calls = leg('b', '1001', 'inbound');
    dialogs.follow(calls.followed);
    called.tell('answered');
    called.end();
    await called.followed.ended;
    calls.end();
    await calls.followed.ended;
    assert.deepEqual(seen, [
      '1001 r:trying',
      '1001 r:early',
      '1001 r:early i:trying',
      '1001 r:confirmed i:trying',
      '1001 i:trying',
      '1001 ',
    ]);
  });
});

import assert from 'node:assert/strict';
import {
  type Admission,
  SimulatedClock,
  type SipWire,
  type SipWireHandlers,
  silentLogger,
  type WireAnswers,
  type WireHeaders,
  type WireRequest,
  type WireResponse,
  type WireSend,
} from '@yixian/contracts';
import { createWiredSipStack, type InviteSession, type SessionEnd, type SipStack } from '../../src/sip/index.js';

const SOURCE = { address: '192.0.2.9', port: 5070, transport: 'udp' } as const;

/** A SIP server outside, as the test wants it: it gives dialogs a tag and a name of its own. */
class FakeWire implements SipWire {
  handlers: SipWireHandlers | undefined;
  readonly sent: (WireSend & { answers: WireAnswers; cancelled?: WireHeaders })[] = [];

  async start(handlers: SipWireHandlers): Promise<void> {
    this.handlers = handlers;
  }
  async stop(): Promise<void> {}
  points() {
    return [{ transport: 'udp' as const, address: '127.0.0.1', port: 5060 }];
  }
  connected(): boolean {
    return true;
  }
  send(request: WireSend, answers: WireAnswers) {
    const sent: FakeWire['sent'][number] = { ...request, answers };
    this.sent.push(sent);
    return {
      cancel: (headers: WireHeaders) => {
        sent.cancelled = headers;
      },
    };
  }

  receive(text: string, dialogId?: string) {
    const responses: WireResponse[] = [];
    const sent: ((text: string, dialogId: string | undefined) => void)[] = [];
    const failed: ((error: Error) => void)[] = [];
    let cancel: (text: string) => void = () => {};
    const request: WireRequest = {
      text,
      source: SOURCE,
      dialogId,
      respond: (response, told, notSent) => {
        responses.push(response);
        if (told) sent.push(told);
        if (notSent) failed.push(notSent);
      },
      onCancel: (cancelled) => {
        cancel = cancelled;
      },
    };
    this.handlers?.request(request);
    return { responses, sent, failed, cancel: (cancelling: string) => cancel(cancelling) };
  }
}

const SDP = 'v=0\r\n';
const request = (method: string, { to = '', cseq = 1, extra = '', from = 'theirs' } = {}): string => {
  const body = method === 'INVITE' ? SDP : '';
  const lines = [
    `${method} sip:12320@127.0.0.1 SIP/2.0`,
    `Via: SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bK${method}${cseq}`,
    `From: <sip:1380@192.0.2.9>;tag=${from}`,
    `To: <sip:12320@127.0.0.1>${to}`,
    'Call-ID: one',
    `CSeq: ${cseq} ${method}`,
    'Contact: <sip:1380@192.0.2.9:5070>',
    'Max-Forwards: 70',
    ...(body === '' ? [] : ['Content-Type: application/sdp']),
  ];
  return `${lines.join('\r\n')}\r\n${extra}Content-Length: ${body.length}\r\n\r\n${body}`;
};
const response = (status: string, to = ';tag=wire', extra = ''): string =>
  `SIP/2.0 ${status}\r\nVia: SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bKINVITE1\r\nFrom: <sip:1380@192.0.2.9>;tag=theirs\r\nTo: <sip:12320@127.0.0.1>${to}\r\nCall-ID: one\r\nCSeq: 1 INVITE\r\n${extra}Content-Length: 0\r\n\r\n`;
const headerOf = (headers: WireHeaders, name: string): string | undefined => headers.find(([n]) => n === name)?.[1];

describe('the user agent over a SIP server outside', () => {
  let wire: FakeWire;
  let stack: SipStack;
  let clock: SimulatedClock;
  let inbound: InviteSession | undefined;
  let admission: Admission;
  const ends: SessionEnd[] = [];

  beforeEach(async () => {
    wire = new FakeWire();
    clock = new SimulatedClock(1_000);
    admission = { action: 'accept', origin: { kind: 'trunk', trunkId: 't' } };
    inbound = undefined;
    ends.length = 0;
    const listen = [{ transport: 'udp' as const, address: '127.0.0.1', port: 5060 }];
    stack = createWiredSipStack({ listen, clock, logger: silentLogger }, wire);
    await stack.start({
      admit: () => admission,
      sipPassword: () => undefined,
      authenticationResult() {},
      onInvite: (session) => {
        inbound = session;
        session.setHandlers({ onEnded: (end) => ends.push(end) });
      },
      onMessage: async () => ({ status: 202 }),
      registrationChanged() {},
      saveRegistrations() {},
    });
  });

  function answered() {
    const call = wire.receive(request('INVITE'));
    inbound?.accept('v=0\r\n');
    call.sent[0]?.(response('200 OK'), 'dialog-1');
    wire.handlers?.acknowledged(request('ACK', { to: ';tag=wire' }), SOURCE);
    return call;
  }

  it('answers without what the server writes itself, and not the 100 it has sent', () => {
    const { responses } = wire.receive(request('INVITE'));
    inbound?.progress(180);
    assert.deepEqual(
      responses.map((r) => r.status),
      [180],
    );
    const names = responses[0]?.headers.map(([name]) => name) ?? [];
    for (const name of ['Via', 'From', 'To', 'Call-ID', 'CSeq', 'Session-Expires']) assert.ok(!names.includes(name), name);
    assert.equal(headerOf(responses[0]?.headers ?? [], 'Contact'), '<sip:12320@127.0.0.1:5060>');
  });

  it('repeats no 200: that is the server’s', () => {
    const { responses } = wire.receive(request('INVITE'));
    inbound?.accept('v=0\r\n');
    clock.advance(5_000);
    assert.deepEqual(
      responses.map((r) => r.status),
      [200],
    );
  });

  it('knows its dialog by the tag the server gave it: a BYE with that tag ends the call', () => {
    answered();
    const bye = wire.receive(request('BYE', { to: ';tag=wire', cseq: 2 }), 'dialog-1');
    assert.deepEqual(
      bye.responses.map((r) => r.status),
      [200],
    );
    assert.deepEqual(
      ends.map((e) => e.kind),
      ['remote-bye'],
    );
  });

  it('sends its own BYE into the dialog under the server’s name, without what the server knows better', () => {
    answered();
    inbound?.end('Q.850;cause=16');
    const [bye] = wire.sent;
    assert.deepEqual([bye?.method, bye?.dialogId, bye?.nextHop], ['BYE', 'dialog-1', undefined]);
    for (const name of ['From', 'To', 'Call-ID', 'CSeq', 'Via']) assert.equal(headerOf(bye?.headers ?? [], name), undefined, name);
    assert.equal(headerOf(bye?.headers ?? [], 'Reason'), 'Q.850;cause=16');
  });

  it('a Replaces that names the server’s tag means our dialog', () => {
    answered();
    assert.equal(stack.callOf({ callId: 'one', localTag: 'wire', remoteTag: 'theirs' }), undefined);
    const second = request('INVITE', { cseq: 7, from: 'second', extra: 'Replaces: one;to-tag=wire;from-tag=theirs\r\n' }).replaceAll(
      'Call-ID: one',
      'Call-ID: two',
    );
    wire.receive(second);
    const { replaces } = inbound ?? {};
    const named = replaces && stack.callOf(replaces)?.session;
    assert.ok(named);
    assert.equal(named.callId, 'one');
  });

  it('a CANCEL ends the call and gives the INVITE its 487', () => {
    const call = wire.receive(request('INVITE'));
    inbound?.progress(180);
    call.cancel(request('CANCEL'));
    assert.deepEqual(
      call.responses.map((r) => r.status),
      [180, 487],
    );
    assert.deepEqual(
      ends.map((e) => e.kind),
      ['remote-cancel'],
    );
  });

  it('a CANCEL that the server answered before our 200 came there: the call has ended, though it was answered here', () => {
    const call = wire.receive(request('INVITE'));
    inbound?.accept('v=0\r\n');
    assert.equal(ends.length, 0);
    call.failed[0]?.(new Error('Response not sent due to unknown transaction'));
    assert.deepEqual(
      ends.map((e) => e.kind),
      ['remote-cancel'],
    );
  });

  it('where the edge wants silence the INVITE is refused without a hint: 100 has told already', () => {
    admission = { action: 'drop', reason: 'test' };
    const { responses } = wire.receive(request('INVITE'));
    assert.deepEqual(
      responses.map((r) => [r.status, r.headers.length]),
      [[403, 0]],
    );
  });

  it('dials with its own From tag and Call-ID, acknowledges the 200 in the dialog, cancels what rings', () => {
    const told: string[] = [];
    const options = { uri: 'sip:1001@192.0.2.9:5070', from: { user: '12320' }, sdp: 'v=0\r\n' };
    const dial = (): FakeWire['sent'][number] => {
      stack.invite(options, {
        onProgress: (status) => told.push(String(status)),
        onAccepted: () => told.push('accepted'),
        onEnded: (end) => told.push(end.kind),
      });
      return undefined as never;
    };
    dial();
    return Promise.resolve().then(() => {
      const [invite] = wire.sent;
      assert.ok(invite);
      assert.deepEqual(invite.nextHop, { address: '192.0.2.9', port: 5070, transport: 'udp' });
      const [callId, from, to] = ['Call-ID', 'From', 'To'].map((name) => headerOf(invite.headers, name));
      assert.match(from ?? '', /;tag=/);
      const answer = (status: string, body = ''): string =>
        `SIP/2.0 ${status}\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx\r\nFrom: ${from}\r\nTo: ${to};tag=phone\r\nCall-ID: ${callId}\r\nCSeq: 1 INVITE\r\nContact: <sip:1001@192.0.2.9:5070>\r\n${body === '' ? '' : 'Content-Type: application/sdp\r\n'}Content-Length: ${body.length}\r\n\r\n${body}`;
      invite.answers.response(answer('180 Ringing'), 'dialog-2');
      invite.answers.response(answer('200 OK', 'v=0\r\n'), 'dialog-2');
      assert.deepEqual(told, ['180', 'accepted']);
      const ack = wire.sent[1];
      assert.deepEqual([ack?.method, ack?.dialogId], ['ACK', 'dialog-2']);
      invite.answers.response(answer('200 OK', 'v=0\r\n'), 'dialog-2');
      assert.equal(wire.sent.length, 2, 'a repeated 200 is acknowledged by the server');
    });
  });

  it('hung up while it rings: the CANCEL goes with its Reason', async () => {
    const session = stack.invite({ uri: 'sip:1001@192.0.2.9', from: { user: '1' }, sdp: 'v=0\r\n' }, { onEnded: (end) => ends.push(end) });
    await Promise.resolve();
    const [invite] = wire.sent;
    assert.ok(invite);
    const [callId, from, to] = ['Call-ID', 'From', 'To'].map((name) => headerOf(invite.headers, name));
    invite.answers.response(
      `SIP/2.0 180 Ringing\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx\r\nFrom: ${from}\r\nTo: ${to};tag=p\r\nCall-ID: ${callId}\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n`,
      'd',
    );
    session.end('Q.850;cause=16');
    assert.equal(headerOf(invite.cancelled ?? [], 'Reason'), 'Q.850;cause=16');
    assert.deepEqual(
      ends.map((e) => e.kind),
      ['local'],
    );
  });

  it('the server is gone: every call ends as lost in transport, and what is rung too', async () => {
    answered();
    stack.invite({ uri: 'sip:1001@192.0.2.9', from: { user: '1' }, sdp: 'v=0\r\n' }, { onEnded: (end) => ends.push(end) });
    await Promise.resolve();
    wire.handlers?.lost('the connection was lost');
    assert.deepEqual(ends.map((e) => e.kind).sort(), ['transport', 'transport']);
  });

  it('a dialog that the server ended by itself: a missing ACK, or a session nobody refreshed', () => {
    answered();
    const bye = (reason: string): string =>
      `BYE sip:1380@192.0.2.9 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKy\r\nFrom: <sip:12320@127.0.0.1>;tag=wire\r\nTo: <sip:1380@192.0.2.9>;tag=theirs\r\nCall-ID: one\r\nCSeq: 9 BYE\r\nReason: ${reason}\r\nContent-Length: 0\r\n\r\n`;
    wire.handlers?.endedByServer(bye('SIP ;cause=200 ;text="Session timer expired"'));
    assert.deepEqual(
      ends.map((e) => e.kind),
      ['session-expired'],
    );
  });

  it('a request that cannot be read is answered 400 and reaches nobody', () => {
    const { responses } = wire.receive('INVITE sip:12320@127.0.0.1 SIP/2.0\r\nCall-ID: x\r\n\r\n');
    assert.deepEqual(
      responses.map((r) => r.status),
      [400],
    );
    assert.equal(inbound, undefined);
  });
});

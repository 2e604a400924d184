import assert from 'node:assert/strict';
import type { SipMessageView } from '@yixian/contracts/browser';
import { describe, it } from 'mocha';
import { deltaText, labelOf, sipLadder } from '../src/pages/calls/sip-ladder.js';

let n = 0;
const message = (direction: 'received' | 'sent', remote: string, what: string, more: Partial<SipMessageView> = {}): SipMessageView => {
  n += 1;
  const status = /^\d{3}/.exec(what)?.[0];
  return {
    n,
    at: new Date(1_790_000_000_000 + n * 100).toISOString(),
    direction,
    transport: 'udp',
    local: '192.0.2.1:5060',
    remote,
    startLine: status ? `SIP/2.0 ${what}` : `${what} sip:x@y SIP/2.0`,
    method: status ? 'INVITE' : what,
    status: status ? Number(status) : null,
    sipCallId: 'in',
    cseq: '1 INVITE',
    from: '13800000001',
    to: '12320',
    sdp: false,
    retransmission: false,
    bytes: 500,
    cut: false,
    failure: null,
    text: '',
    ...more,
  };
};
const agent = { sipCallId: 'out', from: '13800000001', to: '1001' };

describe('the ladder of SIP messages', () => {
  const messages = [
    message('received', '192.0.2.7:5070', 'INVITE'),
    message('sent', '192.0.2.7:5070', '100 Trying'),
    message('sent', '192.0.2.9:5080', 'INVITE', agent),
    message('received', '192.0.2.9:5080', '180 Ringing', agent),
    message('sent', '192.0.2.7:5070', '200 OK'),
  ];

  it('has a lane for each address, the caller’s, the hotline’s and the others, with the numbers called there', () => {
    const { lanes } = sipLadder(messages);
    assert.deepEqual(
      lanes.map((lane) => [lane.id, lane.names, lane.addresses]),
      [
        ['192.0.2.7:5070', ['13800000001'], ['192.0.2.7:5070']],
        ['', [], ['192.0.2.1:5060']],
        ['192.0.2.9:5080', ['1001'], ['192.0.2.9:5080']],
      ],
    );
  });

  it('draws arrows the way the messages went, with what they are and how long after the one before', () => {
    const { rungs } = sipLadder(messages);
    assert.deepEqual(
      rungs.map((rung) => [rung.from, rung.to, rung.label, rung.delta]),
      [
        [0, 1, 'INVITE', 0],
        [1, 0, '100 Trying', 100],
        [1, 2, 'INVITE', 100],
        [2, 1, '180 Ringing', 100],
        [1, 0, '200 OK', 100],
      ],
    );
  });

  it('shows the dialogs that are chosen; lanes and colours stay', () => {
    const all = sipLadder(messages);
    const one = sipLadder(messages, new Set(['out']));
    assert.deepEqual(one.lanes, all.lanes);
    assert.deepEqual(
      all.dialogs.map((dialog) => [dialog.sipCallId, dialog.index, dialog.from, dialog.to, dialog.count]),
      [
        ['in', 0, '13800000001', '12320', 3],
        ['out', 1, '13800000001', '1001', 2],
      ],
    );
    assert.deepEqual(one.dialogs, all.dialogs);
    assert.deepEqual(
      one.rungs.map((rung) => [rung.label, rung.delta]),
      [
        ['INVITE', 0],
        ['180 Ringing', 100],
      ],
    );
  });

  it('a gateway that is called as well is one lane with both numbers; nothing at all is the hotline alone', () => {
    const both = [messages[0], message('sent', '192.0.2.7:5070', 'INVITE', { ...agent, to: '13900000002' })] as SipMessageView[];
    assert.deepEqual(sipLadder(both).lanes[0]?.names, ['13800000001', '13900000002']);
    assert.deepEqual(
      sipLadder([]).lanes.map((lane) => lane.id),
      [''],
    );
  });

  it('times between messages are said in the unit that fits', () => {
    assert.deepEqual([0, 7, 1_250, 125_000].map(deltaText), ['+0 ms', '+7 ms', '+1.25 s', '+2:05']);
    assert.equal(labelOf(message('sent', 'x:1', '407 Proxy Authentication Required')), '407 Proxy Authentication Required');
  });
});

import assert from 'node:assert/strict';
import { ICE_FRAGMENT_TYPE, MAX_ICE_CANDIDATES, readIceFragment, TRICKLE_ICE, writeIceFragment } from '@yixian/contracts';
import { describe, it } from 'mocha';
import { CandidateExchange } from '../src/webrtc/trickle.js';

const REMOTE = { ufrag: 'abcd', pwd: '0123456789abcdef01234567', mid: '0' };
const HOST = '1 1 udp 2122260223 192.0.2.7 51372 typ host generation 0';

function exchange() {
  const added: string[] = [];
  const candidates = new CandidateExchange((candidate, mid) => added.push(`${mid} ${candidate}`));
  candidates.remote(REMOTE);
  const receive = (...values: string[]) =>
    candidates.infoPackage.receive(writeIceFragment([{ ...REMOTE, candidates: values, ended: false }]));
  return { candidates, added, receive };
}

/** A dialog whose INFOs are answered by the test. */
function dialog(takes = true) {
  const sent: string[] = [];
  const answers: (() => void)[] = [];
  return {
    sent,
    answer: async () => {
      answers.shift()?.();
      await Promise.resolve();
      await Promise.resolve();
    },
    takesInfo: (name: string) => takes && name === TRICKLE_ICE,
    info: (type: string, body: string, name?: string) => {
      assert.deepEqual([type, name], [ICE_FRAGMENT_TYPE, TRICKLE_ICE]);
      sent.push(body);
      return new Promise<number>((resolve) => answers.push(() => resolve(200)));
    },
  };
}

function localEnd() {
  return {
    iceUfrag: 'wxyz',
    icePwd: 'abcdefabcdefabcdefabcdef',
    fingerprint: 'sha-256 CC:DD',
    setup: 'active' as const,
    mid: '0',
    candidates: ['1 1 UDP 1 127.0.0.1 1 typ host'],
    gathered: false,
  };
}

describe('candidates of a browser that follow its SDP (RFC 8840)', () => {
  it('are taken once each, whatever the INFO repeats', () => {
    const { added, receive } = exchange();
    assert.equal(receive(HOST).status, 200);
    assert.equal(receive(HOST, HOST.replace('51372', '51373')).status, 200);
    assert.deepEqual(added, [`0 ${HOST}`, `0 ${HOST.replace('51372', '51373')}`]);
  });

  it('of another generation, of another m-line, or before the answer is here: 200 and nothing', () => {
    const { candidates, added } = exchange();
    for (const other of [{ ufrag: 'efgh' }, { pwd: 'x'.repeat(24) }, { mid: '1' }]) {
      const body = writeIceFragment([{ ...REMOTE, ...other, candidates: [HOST], ended: true }]);
      assert.equal(candidates.infoPackage.receive(body).status, 200);
    }
    const unanswered = new CandidateExchange((candidate) => added.push(candidate));
    assert.equal(unanswered.infoPackage.receive(writeIceFragment([{ ...REMOTE, candidates: [HOST], ended: true }])).status, 200);
    assert.deepEqual(added, []);
  });

  it('what is no fragment is refused 400 and names the line, and no part of it counts', () => {
    const { candidates, added } = exchange();
    const body = writeIceFragment([{ ...REMOTE, candidates: [HOST, 'nonsense'], ended: false }]);
    assert.deepEqual(candidates.infoPackage.receive(body), { status: 400, phrase: 'Bad ICE Fragment - line 6' });
    assert.deepEqual(added, []);
  });

  it('TCP, a second component and names are left alone; a flood ends somewhere', () => {
    const { added, receive } = exchange();
    receive(HOST.replace('udp', 'tcp'), HOST.replace('1 1', '1 2'), HOST.replace('192.0.2.7', 'evil.example'));
    assert.deepEqual(added, []);
    for (let batch = 0; batch < 5; batch++) {
      receive(...Array.from({ length: MAX_ICE_CANDIDATES }, (_, n) => HOST.replace('51372', String(1_000 + batch * 100 + n))));
    }
    assert.equal(added.length, 200);
  });
});

describe('candidates of ours that follow the SDP (RFC 8840)', () => {
  it('are told when the dialog stands, each INFO with all before it, one at a time, and the end at last', async () => {
    const { candidates } = exchange();
    const local = localEnd();
    candidates.local(local);
    const through = dialog();
    local.candidates.push('2 1 UDP 1 127.0.0.1 2 typ host');
    candidates.changed();
    assert.deepEqual(through.sent, [], 'nothing before there is a dialog');
    candidates.through(through);
    local.candidates.push('3 1 UDP 1 127.0.0.1 3 typ host');
    candidates.changed();
    local.gathered = true;
    candidates.changed();
    assert.equal(through.sent.length, 1, 'the first is not answered yet');
    await through.answer();
    await through.answer();
    assert.deepEqual(
      through.sent.map((body) => readIceFragment(body).map((m) => [m.ufrag, m.mid, m.candidates.length, m.ended])),
      [[['wxyz', '0', 2, false]], [['wxyz', '0', 3, true]]],
    );
  });

  it('nothing is sent when the SDP told all, nor to an end that takes no such INFO', () => {
    const { candidates } = exchange();
    candidates.local({ ...localEnd(), gathered: true });
    const through = dialog();
    candidates.through(through);
    assert.deepEqual(through.sent, []);
    const plain = dialog(false);
    const other = exchange().candidates;
    other.local(localEnd());
    other.through(plain);
    assert.deepEqual(plain.sent, []);
  });
});

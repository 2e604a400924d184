import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { basename, join } from 'node:path';
import { VOICEMAIL_DEFAULTS } from '@yixian/contracts';
import { addRecording, type House, openHouse } from './fakes.js';

const AUDIO = randomBytes(10_000);
const SHA = createHash('sha256').update(AUDIO).digest('hex');

describe('REST: audio of recordings and voicemails', () => {
  let house: House;
  let token: string;
  beforeEach(async () => {
    house = await openHouse();
    token = await house.token('super1100');
    await addRecording(house, { sha256: SHA }, AUDIO);
  });
  afterEach(() => house.close());

  const fetchAudio = (headers: Record<string, string> = {}, path = '/api/v1/recordings/rec-1/audio', method = 'GET') =>
    fetch(house.base + path, { method, headers: { authorization: `Bearer ${token}`, ...headers } });

  it('the whole file is 200, audio/wav, byte for byte', async () => {
    const reply = await fetchAudio();
    assert.equal(reply.status, 200);
    assert.equal(reply.headers.get('content-type'), 'audio/wav');
    assert.equal(reply.headers.get('accept-ranges'), 'bytes');
    assert.equal(reply.headers.get('content-disposition'), 'inline; filename="rec-1.wav"');
    assert.deepEqual(Buffer.from(await reply.arrayBuffer()), AUDIO);
  });

  it('a range is 206 with exactly its bytes (RFC 9110 §14.2)', async () => {
    for (const [range, from, to] of [
      ['bytes=100-199', 100, 200],
      ['bytes=9900-', 9900, 10_000],
      ['bytes=-10', 9990, 10_000],
    ] as const) {
      const reply = await fetchAudio({ range });
      assert.equal(reply.status, 206, range);
      assert.equal(reply.headers.get('content-range'), `bytes ${from}-${to - 1}/10000`);
      assert.deepEqual(Buffer.from(await reply.arrayBuffer()), AUDIO.subarray(from, to));
    }
  });

  it('a range outside the file is 416 and names the length (RFC 9110 §15.5.17)', async () => {
    const reply = await fetchAudio({ range: 'bytes=10000-' });
    assert.equal(reply.status, 416);
    assert.equal(reply.headers.get('content-range'), 'bytes */10000');
    assert.equal(((await reply.json()) as { error: { code: string } }).error.code, 'range-not-satisfiable');
  });

  it('If-Range with the ETag gives the part, with another the whole (RFC 9110 §13.1.5)', async () => {
    const etag = (await fetchAudio()).headers.get('etag') ?? '';
    assert.equal(etag, `"${SHA}"`);
    assert.equal((await fetchAudio({ range: 'bytes=0-9', 'if-range': etag })).status, 206);
    assert.equal((await fetchAudio({ range: 'bytes=0-9', 'if-range': '"other"' })).status, 200);
  });

  it('an unchanged file is 304 to If-None-Match', async () => {
    // Node's fetch adds Cache-Control: no-cache to conditional requests, which asks for the whole again.
    const reply = await plain({ 'if-none-match': `"${SHA}"` });
    assert.equal(reply.status, 304);
  });

  it('HEAD tells length and type without the bytes', async () => {
    const reply = await fetchAudio({}, undefined, 'HEAD');
    assert.equal(reply.status, 200);
    assert.equal(reply.headers.get('content-length'), '10000');
    assert.equal((await reply.arrayBuffer()).byteLength, 0);
  });

  it('opening is audited once, the parts that follow and HEAD are not', async () => {
    await fetchAudio({ range: 'bytes=0-' });
    await fetchAudio({ range: 'bytes=5000-' });
    await fetchAudio({}, undefined, 'HEAD');
    const opened = house.identity.entries.filter((e) => e.action === 'recording.opened');
    assert.equal(opened.length, 1);
    assert.equal(opened[0]?.username, 'super1100');
    assert.equal(opened[0]?.subject, 'rec-1');
  });

  it('no path leaves the recordings folder, not even one stored in the database', async () => {
    const secret = `${house.recordingsDir}-secret.wav`;
    await writeFile(secret, 'secret');
    try {
      await addRecording(house, { id: 'evil', file: `../${basename(secret)}` });
      await addRecording(house, { id: 'absolute', file: secret });
      for (const path of [
        '/api/v1/recordings/evil/audio',
        '/api/v1/recordings/absolute/audio',
        `/api/v1/recordings/..%2f..%2f${basename(secret)}/audio`,
      ]) {
        const reply = await fetchAudio({}, path);
        assert.ok(reply.status >= 400 && reply.status < 500, `${path}: ${reply.status}`);
        assert.doesNotMatch(await reply.text(), /^secret/);
      }
    } finally {
      await rm(secret);
    }
  });

  it('a file that is gone, a deleted and an unknown recording are 404 and say which', async () => {
    await addRecording(house, { id: 'gone', file: 'gone.wav' });
    await addRecording(house, { id: 'removed', state: 'deleted' });
    for (const [id, words] of [
      ['gone', /gone is missing on disk/],
      ['removed', /removed was deleted/],
      ['never', /no recording never/],
    ] as const) {
      const reply = await fetchAudio({}, `/api/v1/recordings/${id}/audio`);
      assert.equal(reply.status, 404);
      const { error } = (await reply.json()) as { error: { message: string } };
      assert.match(error.message, words);
    }
  });

  it('a recording of another group is hidden from list, detail and audio', async () => {
    await addRecording(house, { id: 'night-1', agentId: '1009', queueId: 'night' }, AUDIO);
    const list = await house.request('GET', '/api/v1/recordings', { token });
    assert.deepEqual(
      list.json.items.map((r: { id: string }) => r.id),
      ['rec-1'],
    );
    assert.equal('file' in list.json.items[0], false, 'where it lies on disk is nobody’s business');
    assert.equal((await house.request('GET', '/api/v1/recordings/night-1', { token })).status, 403);
    assert.equal((await fetchAudio({}, '/api/v1/recordings/night-1/audio')).status, 403);
  });

  it('every filter of the list reaches the query, times as epoch milliseconds', async () => {
    const query = 'from=2026-01-31T00:00:00Z&to=2026-02-01&agent=1001&queue=consult&caller=021&callId=call-1&limit=7';
    assert.equal((await house.request('GET', `/api/v1/recordings?${query}`, { token })).status, 200);
    const [from, to] = [Date.UTC(2026, 0, 31), Date.UTC(2026, 1, 1)];
    assert.deepEqual(house.records.askedRecordings, [
      { from, to, agent: '1001', queue: 'consult', caller: '021', callId: 'call-1', limit: 7 },
    ]);
  });

  it('messages left are listed and played', async () => {
    await writeFile(join(house.recordingsDir, 'vm.wav'), AUDIO);
    house.records.voicemailRows.push({
      ...VOICEMAIL_DEFAULTS,
      id: 'vm-1',
      callId: 'c',
      box: 'main',
      caller: '021',
      leftAt: 0,
      durationMs: 4200,
      file: 'vm.wav',
    });
    const list = await house.request('GET', '/api/v1/voicemails', { token });
    assert.deepEqual(list.json.items, [
      {
        id: 'vm-1',
        callId: 'c',
        box: 'main',
        caller: '021',
        leftAt: '1970-01-01T00:00:00.000Z',
        durationSeconds: 4.2,
        heard: false,
        heardAt: null,
        heardBy: null,
      },
    ]);
    const audio = await fetchAudio({ range: 'bytes=0-3' }, '/api/v1/voicemails/vm-1/audio');
    assert.equal(audio.status, 206);
    assert.deepEqual(Buffer.from(await audio.arrayBuffer()), AUDIO.subarray(0, 4));
  });

  function plain(headers: Record<string, string>): Promise<{ status: number }> {
    return new Promise((resolve, reject) => {
      const url = `${house.base}/api/v1/recordings/rec-1/audio`;
      httpRequest(url, { headers: { authorization: `Bearer ${token}`, ...headers } }, (res) => {
        res.resume();
        resolve({ status: res.statusCode ?? 0 });
      })
        .on('error', reject)
        .end();
    });
  }
});

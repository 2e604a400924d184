import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
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

  it('every filter of the list reaches the query: times as epoch milliseconds, lengths as milliseconds', async () => {
    const times = 'from=2026-01-31T00:00:00Z&to=2026-02-01&minSeconds=1.5&maxSeconds=60';
    const others =
      'extension=1001&agent=agent1001&queue=consult&party=138*&caller=021&group=demo&outcome=answered&direction=inbound&callId=call-1';
    assert.equal((await house.request('GET', `/api/v1/recordings?${times}&${others}&limit=7`, { token })).status, 200);
    const [from, to] = [Date.UTC(2026, 0, 31), Date.UTC(2026, 1, 1)];
    assert.deepEqual(house.records.askedRecordings, [
      {
        ...{
          from,
          to,
          minDurationMs: 1_500,
          maxDurationMs: 60_000,
          extension: '1001',
          agent: 'agent1001',
          queue: 'consult',
          party: '138*',
        },
        ...{ caller: '021', group: 'demo', outcome: 'answered', direction: 'inbound', callId: 'call-1', limit: 7 },
      },
    ]);
  });

  it('bad criteria are 400 and name the field', async () => {
    for (const [query, field] of [
      ['minSeconds=-1', 'minSeconds'],
      ['maxSeconds=long', 'maxSeconds'],
      ['outcome=lost', 'outcome'],
      ['party=%25', 'party'],
      ['agent=a%20b', 'agent'],
      ['group=', 'group'],
      ['extension=x', 'extension'],
      ['direction=up', 'direction'],
      ['colour=red', 'colour'],
    ] as const) {
      const reply = await house.request('GET', `/api/v1/recordings?${query}`, { token });
      assert.equal(reply.status, 400, query);
      assert.match(reply.json.error.message, new RegExp(`query field ${field}:`));
    }
  });

  it('a file that was changed is 503 before the first byte; later it cuts the connection, so that nobody takes a part for the whole', async () => {
    house.archive.brokenAt = 0;
    const reply = await fetchAudio();
    assert.equal(reply.status, 503);
    assert.match(((await reply.json()) as { error: { message: string } }).error.message, /cannot be opened/);
    house.archive.brokenAt = 5_000;
    await assert.rejects(async () => (await fetchAudio()).arrayBuffer());
    assert.match(house.logger.text(), /a download broke off/);
  });

  it('downloaded it has a name that says when, whose and with whom; a masked role does not read the number there', async () => {
    const row = house.records.recordingRows[0];
    assert.ok(row);
    Object.assign(row, { startedAt: Date.UTC(2026, 2, 1, 4), extension: '1001', otherParty: '13800001234' });
    const path = '/api/v1/recordings/rec-1/audio?download=true';
    assert.equal(
      (await fetchAudio({}, path)).headers.get('content-disposition'),
      'attachment; filename="20260301-120000_1001_13800001234_rec-1.wav"',
    );
    house.settings.maskNumbersFor = ['supervisor'];
    assert.match((await fetchAudio({}, path)).headers.get('content-disposition') ?? '', /_138xxxx1234_|_138x+\d+_/);
  });

  it('the outline comes with as many points as asked for, and with the pauses', async () => {
    Object.assign(house.records.recordingRows[0] ?? {}, { startedAt: 1_000, pauses: [{ from: 2_000, to: 2_500 }], pausedMs: 500 });
    const { json } = await house.request('GET', '/api/v1/recordings/rec-1/waveform?points=50', { token });
    assert.equal(json.durationSeconds, 1.5);
    assert.deepEqual(
      json.peaks.map((channel: number[]) => channel.length),
      [50, 50],
    );
    assert.deepEqual(json.pauses, [{ from: 1, to: 1.5 }]);
    assert.equal((await house.request('GET', '/api/v1/recordings/rec-1/waveform?points=5', { token })).status, 400);
  });

  it('deletion takes the file, keeps the row as deleted, and is audited (REC-05)', async () => {
    assert.equal((await house.request('DELETE', '/api/v1/recordings/rec-1', { token })).status, 204);
    assert.equal((await fetchAudio()).status, 404);
    assert.equal((await house.request('GET', '/api/v1/recordings/rec-1', { token })).json.state, 'deleted');
    assert.equal((await house.request('DELETE', '/api/v1/recordings/rec-1', { token })).status, 404);
    const entry = house.identity.entries.find((e) => e.action === 'recording.deleted');
    assert.deepEqual([entry?.username, entry?.subject], ['super1100', 'rec-1']);
  });

  it('a legal hold is set by administrators alone and refuses deletion until it is lifted', async () => {
    const admin = await house.token('admin');
    const hold = (on: unknown, by: string) => house.request('PUT', '/api/v1/recordings/rec-1/hold', { token: by, body: { hold: on } });
    assert.equal((await hold(true, token)).status, 403);
    assert.equal((await hold('yes', admin)).status, 400);
    assert.equal((await hold(true, admin)).json.held, true);
    const refused = await house.request('DELETE', '/api/v1/recordings/rec-1', { token: admin });
    assert.equal(refused.status, 409);
    assert.match(refused.json.error.message, /legal hold/);
    assert.equal((await hold(false, admin)).json.held, false);
    assert.equal((await house.request('DELETE', '/api/v1/recordings/rec-1', { token })).status, 204);
    const actions = house.identity.entries.map((e) => e.action).filter((action) => action.startsWith('recording.'));
    assert.deepEqual(actions, ['recording.held', 'recording.released', 'recording.deleted']);
  });

  it('a recording of another group can be neither deleted nor outlined', async () => {
    await addRecording(house, { id: 'night-1', agentId: '1009', queueId: 'night' }, AUDIO);
    assert.equal((await house.request('DELETE', '/api/v1/recordings/night-1', { token })).status, 403);
    assert.equal((await house.request('GET', '/api/v1/recordings/night-1/waveform', { token })).status, 403);
  });

  it('the master key is changed by administrators alone', async () => {
    assert.equal((await house.request('POST', '/api/v1/recordings/keys/rotate', { token })).status, 403);
    const reply = await house.request('POST', '/api/v1/recordings/keys/rotate', { token: await house.token('admin') });
    assert.deepEqual(reply.json, { keyId: 'key-2' });
    assert.ok(house.identity.entries.some((e) => e.action === 'recording-key.rotated' && e.subject === 'key-2'));
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

  it('an agent has the boxes that hold the own extension and no other; hears, marks, deletes', async () => {
    house.boxes.push({ id: 'main', name: '留言', extensions: ['1001'], notifyUrl: null, keepDays: null });
    await writeFile(join(house.recordingsDir, 'vm.wav'), AUDIO);
    const message = { ...VOICEMAIL_DEFAULTS, callId: 'c', caller: '021', leftAt: 0, durationMs: 4200, file: 'vm.wav' };
    house.records.voicemailRows.push({ ...message, id: 'vm-1', box: 'main' }, { ...message, id: 'vm-2', box: 'night' });
    const agent = await house.token('agent1001');
    const ids = async (query: string, by: string) =>
      (await house.request('GET', `/api/v1/voicemails${query}`, { token: by })).json.items.map((m: { id: string }) => m.id);
    assert.deepEqual(await ids('', agent), ['vm-1']);
    assert.deepEqual(await ids('', await house.token('agent1003')), []);
    assert.deepEqual(await ids('?box=night', token), ['vm-2']);
    assert.equal((await house.request('GET', '/api/v1/voicemails?box=night', { token: agent })).status, 403);
    for (const [method, path] of [
      ['GET', '/vm-2/audio'],
      ['PUT', '/vm-2'],
      ['DELETE', '/vm-2'],
    ] as const) {
      const reply = await house.request(method, `/api/v1/voicemails${path}`, {
        token: agent,
        ...(method === 'PUT' ? { body: { heard: true } } : {}),
      });
      assert.equal(reply.status, 403, `${method} ${path}`);
    }
    const marked = await house.request('PUT', '/api/v1/voicemails/vm-1', { token: agent, body: { heard: true } });
    assert.deepEqual([marked.json.heard, marked.json.heardBy], [true, 'agent1001']);
    assert.deepEqual(await ids('?heard=false', agent), []);
    assert.equal((await house.request('DELETE', '/api/v1/voicemails/vm-1', { token: agent })).status, 204);
    assert.equal((await house.request('GET', '/api/v1/voicemails/vm-1/audio', { token: agent })).status, 404);
    assert.ok(house.identity.entries.some((e) => e.action === 'voicemail.deleted' && e.username === 'agent1001'));
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

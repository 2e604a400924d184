import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { partOf } from '../src/core/range.js';
import { sheetXml } from '../src/core/xlsx.js';
import { addRecording, type House, openHouse } from './fakes.js';
import { ended, recordOf, talked } from './memory-records.js';

/** Python's zipfile and XML parser, which know nothing of ours: names, CRCs, and the cells of the sheet. */
const READ = `
import json, sys, zipfile, xml.etree.ElementTree as ET
n = '{http://schemas.openxmlformats.org/spreadsheetml/2006/main}'
def sheet(z):
    rows = []
    for r in ET.fromstring(z.read('xl/worksheets/sheet1.xml')).iter(n + 'row'):
        row = {}
        for c in r.iter(n + 'c'):
            t = c.find(n + 'is/' + n + 't'); v = c.find(n + 'v')
            row[c.get('r').rstrip('0123456789')] = t.text if t is not None else float(v.text)
        rows.append(row)
    return rows
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
out = {'names': z.namelist(), 'stored': [i.filename for i in z.infolist() if i.compress_type == 0]}
if 'xl/workbook.xml' in z.namelist():
    for name in z.namelist(): ET.fromstring(z.read(name))
    out['sheet'] = sheet(z)
else:
    import hashlib, io
    out['sheet'] = sheet(zipfile.ZipFile(io.BytesIO(z.read('录音清单.xlsx'))))
    out['sha256'] = {name: hashlib.sha256(z.read(name)).hexdigest() for name in z.namelist() if name.endswith('.wav')}
print(json.dumps(out))
`;

interface Read {
  names: string[];
  stored: string[];
  sheet: Record<string, string | number>[];
  sha256?: Record<string, string>;
}

const STARTED = Date.UTC(2026, 1, 28, 16, 0, 1);

describe('REST: export of recordings', () => {
  let house: House;
  let token: string;
  let folder: string;
  before(function () {
    try {
      execFileSync('python3', ['--version']);
    } catch {
      console.log('      skipped: python3 is not installed');
      this.skip();
    }
  });
  beforeEach(async () => {
    house = await openHouse();
    token = await house.token('super1100');
    folder = await mkdtemp(join(tmpdir(), 'yixian-export-'));
  });
  afterEach(async () => {
    await house?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  const ask = (query: string) =>
    fetch(`${house.base}/api/v1/recordings/export?${query}`, { headers: { authorization: `Bearer ${token}` } });
  const read = async (reply: Response): Promise<Read> => {
    const file = join(folder, 'file');
    await writeFile(file, Buffer.from(await reply.arrayBuffer()));
    return JSON.parse(
      execFileSync('python3', ['-c', READ, file], { encoding: 'utf8', env: { ...process.env, PYTHONIOENCODING: 'utf-8' } }),
    ) as Read;
  };

  it('the list is a workbook with Chinese headings, the rows of the query, and times of the hotline (REC-07)', async () => {
    await addRecording(house, {
      ...{ startedAt: STARTED, endedAt: STARTED + 61_000, durationMs: 61_000, pausedMs: 1_500, direction: 'inbound', extension: '1001' },
      ...{ otherParty: '13800000000', groups: ['main', 'night'], outcome: 'answered', bytes: 976_044, sha256: 'ab' },
    });
    await addRecording(house, { id: 'night-1', agentId: '1009', queueId: 'night' });
    const reply = await ask('queue=consult');
    assert.equal(reply.status, 200);
    assert.equal(reply.headers.get('content-type'), 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet');
    assert.match(
      reply.headers.get('content-disposition') ?? '',
      /^attachment; filename="____-\d{8}-\d{6}\.xlsx"; filename\*=UTF-8''%E5%BD%95/,
    );
    const { sheet, names } = await read(reply);
    assert.ok(names.includes('[Content_Types].xml'));
    const headings = [
      '录音编号',
      '开始时间',
      '结束时间',
      '时长（秒）',
      '暂停（秒）',
      '呼叫方向',
      '分机号码',
      '工号',
      '坐席姓名',
      '对方号码',
    ];
    assert.deepEqual(Object.values(sheet[0] ?? {}).slice(0, 10), headings);
    assert.equal(sheet.length, 2, 'a supervisor exports the own groups');
    const row = sheet[1] ?? {};
    // 1 March 2026, 00:00:01 in Shanghai, is day 46082 of a spreadsheet.
    assert.ok(Math.abs(Number(row.B) - (46_082 + 1 / 86_400)) < 1e-7, String(row.B));
    assert.deepEqual(
      [row.A, row.D, row.E, row.F, row.G, row.J, row.L, row.M, row.Q],
      ['rec-1', 61, 2, '呼入', '1001', '13800000000', 'main、night', '已接通', 976_044],
    );
    assert.equal(house.records.askedRecordings.length, 1);
    const entry = house.identity.entries.find((e) => e.action === 'recordings.exported');
    assert.deepEqual([entry?.username, entry?.subject, entry?.details?.rows, entry?.details?.queue], ['super1100', 'xlsx', 1, 'consult']);
  });

  it('calls are a workbook with their summaries, of the led groups alone; audited; the route is not taken for the call “export”', async () => {
    house.records.stored.push(
      recordOf('call-1', [...talked('1001', 'consult'), ended]),
      recordOf('call-2', [...talked('1009', 'night'), ended]),
    );
    await house.summaries.put(
      { ...{ callId: 'call-1', disposition: 'consult', subject: '医保', notes: '=1+1' }, updatedAt: STARTED, updatedBy: 'agent1001' },
      0,
    );
    const headers = { authorization: `Bearer ${token}` };
    const reply = await fetch(`${house.base}/api/v1/calls/export?queue=consult`, { headers });
    assert.equal(reply.status, 200);
    const { sheet } = await read(reply);
    assert.deepEqual(Object.values(sheet[0] ?? {}).slice(2, 8), ['呼叫方向', '主叫', '被叫', '队列', '工号', '坐席姓名']);
    assert.equal(sheet.length, 2, 'a supervisor exports the own groups');
    const row = sheet[1] ?? {};
    assert.deepEqual([row.C, row.D, row.E, row.G, row.I, row.M], ['呼入', '02112345678', '12320', '1001', 1, '已接通']);
    assert.deepEqual([row.O, row.P, row.Q, row.R], ['咨询', '医保', '=1+1', 'call-1']);
    assert.equal(house.records.asked.at(-1)?.queue, 'consult');
    const entry = house.identity.entries.find((e) => e.action === 'call.exported');
    assert.deepEqual([entry?.username, entry?.details?.rows, entry?.details?.queue], ['super1100', 1, 'consult']);
  });

  it('a report is a workbook with the headings of whoever asks, durations and shares as such; audited', async () => {
    const sums = { offered: 10, answered: 6, abandoned: 2, shortAbandoned: 1, answeredInTime: 3, abandonedInTime: 1, overflowed: 1 };
    const others = { timedOut: 0, turnedAway: 0, callbacks: 2, failed: 0, waitAnsweredMs: 60_000, waitAbandonedMs: 8_000 };
    const times = { longestWaitMs: 30_500, talkMs: 300_000, holdMs: 60_000, wrapUpMs: 60_000 };
    house.reports.queueRows = [{ key: 'consult', from: STARTED - 1_000, to: STARTED, sums: { ...sums, ...others, ...times } }];
    const body = {
      report: 'queues',
      title: '队列报表',
      from: '2026-03-01',
      columns: [
        { name: 'queue', heading: '队列', as: 'word', words: { consult: '咨询' } },
        { name: 'from', heading: '开始', as: 'time' },
        { name: 'offered', heading: '呼入', as: 'count' },
        { name: 'serviceLevel', heading: '服务水平', as: 'ratio' },
        { name: 'averageWaitSeconds', heading: '平均等待', as: 'seconds' },
      ],
    };
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const post = (given: object) => fetch(`${house.base}/api/v1/reports/sheet`, { method: 'POST', headers, body: JSON.stringify(given) });
    const reply = await post(body);
    assert.equal(reply.status, 200);
    assert.equal(reply.headers.get('content-type'), 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet');
    const { sheet } = await read(reply);
    assert.deepEqual(Object.values(sheet[0] ?? {}), ['队列', '开始', '呼入', '服务水平', '平均等待']);
    assert.deepEqual(sheet[1], { A: '咨询', B: 46_082, C: 10, D: 0.5, E: 10 / 86_400 });
    assert.ok(house.reports.asked.at(-1)?.keys?.includes('consult'), 'a supervisor exports the own queues');
    const entry = house.identity.entries.find((e) => e.action === 'report.exported');
    assert.deepEqual([entry?.username, entry?.subject, entry?.details?.rows], ['super1100', 'queues', 1]);
    const wrong = await post({ ...body, report: 'weather' });
    assert.equal(wrong.status, 400);
    assert.match(await wrong.text(), /body field report/);
    token = await house.token('agent1001');
    headers.authorization = `Bearer ${token}`;
    assert.equal((await post(body)).status, 403);
    assert.equal((await post({ ...body, report: 'sign-ins', columns: [{ name: 'agent', heading: '坐席' }] })).status, 200);
  });

  it('what looks like a formula or like markup is a text, and what XML cannot hold is replaced', async () => {
    await addRecording(house, { otherParty: '=1+1', groups: ['<b>&"', 'bell\u0007', 'half\ud800'] });
    const row = (await read(await ask(''))).sheet[1] ?? {};
    assert.deepEqual([row.J, row.L], ['=1+1', '<b>&"、bell\ufffd、half\ufffd']);
  });

  it('a masked role exports masked numbers', async () => {
    house.settings.maskNumbersFor = ['supervisor'];
    await addRecording(house, { otherParty: '13800001234' });
    assert.match(String((await read(await ask(''))).sheet[1]?.J), /^138\*{4}/);
  });

  it('the zip holds the list and every file, byte for byte', async () => {
    const audio = [randomBytes(70_000), randomBytes(3_000)];
    await addRecording(house, { startedAt: STARTED, extension: '1001', otherParty: '021', file: 'a.wav' }, audio[0]);
    await addRecording(house, { id: 'rec-2', startedAt: STARTED, file: 'b.wav' }, audio[1]);
    await addRecording(house, { id: 'rec-3', state: 'failed' });
    const reply = await ask('format=zip');
    assert.equal(reply.headers.get('content-type'), 'application/zip');
    const { names, sha256, sheet, stored } = await read(reply);
    const [first, second] = ['20260301-000001_1001_021_rec-1.wav', '20260301-000001_rec-2.wav'];
    assert.deepEqual(names.sort(), [first, second, '录音清单.xlsx'].sort());
    assert.deepEqual(stored.sort(), names.sort(), 'audio is not compressed: that is left to nobody’s processor');
    const sha = (bytes: Buffer | undefined) =>
      createHash('sha256')
        .update(bytes ?? '')
        .digest('hex');
    assert.deepEqual(sha256, { [first]: sha(audio[0]), [second]: sha(audio[1]) });
    assert.deepEqual(
      sheet.map((row) => row.S),
      ['录音文件', first, second, undefined],
    );
  });

  it('a file that is gone leaves its entry empty and the rest whole', async () => {
    await addRecording(house, { file: 'gone.wav' });
    await addRecording(house, { id: 'rec-2', file: 'b.wav' }, Buffer.from('audio'));
    const { names } = await read(await ask('format=zip'));
    assert.equal(names.length, 3);
    assert.match(house.logger.text(), /left empty in an export/);
  });

  it('too many rows and too much audio are refused in words that say what to do', async () => {
    for (let n = 0; n < 1_001; n += 1) await addRecording(house, { id: `rec-${n}` });
    const rows = await ask('format=zip');
    assert.equal(rows.status, 400);
    assert.match(((await rows.json()) as { error: { message: string } }).error.message, /more than 1000 .* narrow the search/);
    assert.equal((await ask('format=xlsx')).status, 200);
    house.records.recordingRows.splice(2);
    for (const row of house.records.recordingRows) row.bytes = 3 * 1024 ** 3;
    const bytes = await ask('format=zip');
    assert.equal(bytes.status, 400);
    assert.match(((await bytes.json()) as { error: { message: string } }).error.message, /6\.0 GB of audio, 4\.0 GB go into one zip/);
    assert.equal((await ask('format=pdf')).status, 400);
  });

  it('is nothing for agents', async () => {
    token = await house.token('agent1001');
    assert.equal((await ask('')).status, 403);
  });
});

describe('Range (RFC 9110 §14.1.2)', () => {
  it('any range stays within the file and is what was asked for', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.nat(12_000), fc.nat(12_000), (size, a, b) => {
        const [first, last] = [Math.min(a, b), Math.max(a, b)];
        const part = partOf(`bytes=${first}-${last}`, size);
        if (first >= size) assert.equal(part, 'unsatisfiable');
        else assert.deepEqual(part, { from: first, to: Math.min(size, last + 1) });
        const open = partOf(`bytes=${first}-`, size);
        assert.deepEqual(open, first >= size ? 'unsatisfiable' : { from: first, to: size });
        const suffix = partOf(`bytes=-${first}`, size);
        assert.deepEqual(suffix, first === 0 || size === 0 ? 'unsatisfiable' : { from: Math.max(0, size - first), to: size });
      }),
    );
  });

  it('what cannot be read, and several ranges at once, is answered with the whole', () => {
    for (const header of [undefined, '', 'bytes', 'bytes=-', 'bytes=5-2', 'lines=1-2', 'bytes=0-1,4-5', 'bytes=a-b', 'bytes=1-2; drop']) {
      assert.equal(partOf(header, 100), 'whole', String(header));
    }
  });
});

describe('sheets', () => {
  it('columns after Z have two letters', () => {
    const columns = Array.from({ length: 30 }, (_, n) => ({ heading: `h${n}`, width: 5, value: () => n }));
    const xml = [...sheetXml(columns, [{}])].join('');
    for (const at of ['A1', 'Z1', 'AA1', 'AD2']) assert.ok(xml.includes(`r="${at}"`), at);
    assert.ok(xml.includes('<autoFilter ref="A1:AD2"/>'));
  });
});

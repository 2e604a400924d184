import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { setTimeout as talkFor } from 'node:timers/promises';
import { after, before, describe, it } from 'mocha';
import type { Page } from 'playwright-core';
import { type AdminPages, openAdministration } from '../../src/browser/admin-pages.js';
import { accessibilityFaults, type TestBrowser } from '../../src/browser/browser.js';
import { eventually, readWav, toneDurationMs } from '../../src/peers/index.js';
import type { Scenario } from '../../src/scenario.js';

const CALLER_HZ = 700;
const AGENT_HZ = 1100;
const TALK_MS = 2_000;

interface RecordingRow {
  id: string;
  state: string;
  encryption: string;
  held: boolean;
}

describe('recordings and messages in the browser', function () {
  this.timeout(120_000);
  let s: Scenario;
  let browser: TestBrowser;
  let page: Page;
  let pages: AdminPages;
  /** The recordings of the calls that were made, oldest first. */
  const ids: string[] = [];

  before(async function () {
    ({ s, browser, page, pages } = await openAdministration(this, '/recordings', 'baresip'));
    await s.admin.put('/settings', { recordingEncryption: 'aes-256-gcm' });
    await s.phone('1001', { answer: 'auto', toneHz: AGENT_HZ });
    await s.ready('1001');
    for (const number of ['13800000501', '13800000502']) ids.push(await talked(number));
  });
  after(async () => {
    await browser?.close();
    await s?.close();
  });

  /** A recorded conversation; resolves with the recording's id once it is whole. */
  async function talked(number: string): Promise<string> {
    const caller = await s.caller(number, { toneHz: CALLER_HZ });
    await caller.dial(s.uri('12320'));
    const callId = await s.callOf(number);
    await s.events.wait('call.entered-flow', (e) => e.callId === callId);
    await caller.sendDigits('1');
    await s.events.wait('call.connected', (e) => e.callId === callId);
    await talkFor(TALK_MS);
    await caller.hangUp();
    await s.record(callId);
    await s.agentState('1001', 'ready');
    const whole = await eventually(`the recording of ${number}`, async () => {
      const { items } = await s.admin.get<{ items: RecordingRow[] }>(`/recordings?callId=${callId}`);
      return items.find((row) => row.state === 'complete');
    });
    return whole.id;
  }
  const row = (number: string) => page.getByRole('row').filter({ hasText: number });
  const remove = () => pages.drawer().getByRole('button', { name: /^删\s?除$/ });
  const confirm = () =>
    page
      .locator('.ant-modal-confirm')
      .getByRole('button', { name: /^删\s?除$/ })
      .click();
  const playing = () =>
    eventually('it plays', () => page.evaluate(() => (document.querySelector('audio')?.currentTime ?? 0) > 0.3 || undefined));

  it('an encrypted recording: both channels are drawn, it plays at the speed that was chosen, and is saved as it was said', async () => {
    await pages.go('recordings');
    await row('13800000501').click();
    await pages.drawer().getByText('aes-256-gcm').waitFor();
    const lanes = pages.drawer().getByTestId('waveform').locator('g');
    await lanes.first().waitFor();
    assert.equal(await lanes.count(), 2, 'a lane for each side');
    await pages.drawer().getByText('客户', { exact: true }).waitFor();
    await pages.drawer().getByText('坐席', { exact: true }).waitFor();
    // neither lane is a flat line: the outline leaves the middle by more than the least that is drawn
    for (const lane of [0, 1]) {
      const outline = (await lanes.nth(lane).locator('path').first().getAttribute('d')) ?? '';
      const heights = outline
        .slice(1, -1)
        .split('L')
        .map((point) => Number(point.split(',')[1]));
      assert.ok(Math.max(...heights) - Math.min(...heights) > 4, `lane ${lane} is silent`);
    }
    await pages.drawer().getByText('2×', { exact: true }).click();
    await pages.drawer().getByRole('button', { name: '播放' }).click();
    await playing();
    assert.equal(await page.evaluate(() => document.querySelector('audio')?.playbackRate), 2);
    assert.deepEqual(await accessibilityFaults(page), []);
    const [saved] = await Promise.all([page.waitForEvent('download'), pages.drawer().getByRole('button', { name: '下载' }).click()]);
    const sound = await readWav(await saved.path());
    for (const [channel, hertz] of [CALLER_HZ, AGENT_HZ].entries()) {
      const heard = toneDurationMs(sound.channels[channel] ?? new Int16Array(), hertz);
      assert.ok(heard > TALK_MS / 2, `channel ${channel}: ${heard} ms of ${hertz} Hz`);
    }
    await page.keyboard.press('Escape');
    await pages.drawer().waitFor({ state: 'detached' });
  });

  it('what a search finds is taken along as a zip with its Excel list, the audio in the clear', async function () {
    await pages.go('recordings');
    await page.getByLabel('对方号码').fill('13800000501');
    await page.getByRole('button', { name: /^搜\s?索$/ }).click();
    await row('13800000502').waitFor({ state: 'detached' });
    const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: '导出录音包' }).click()]);
    try {
      execFileSync('python3', ['--version']);
    } catch {
      console.log('        skipped: python3 is not installed');
      return this.skip();
    }
    const script = `import io, re, sys, zipfile
z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None
book = zipfile.ZipFile(io.BytesIO(z.read('录音清单.xlsx')))
print(' '.join(re.findall('<t[^>]*>([^<]*)</t>', book.read('xl/worksheets/sheet1.xml').decode('utf-8'))))
for n in z.namelist():
    if n.endswith('.wav'): print('audio', n, z.read(n)[:4].decode())`;
    const found = execFileSync('python3', ['-c', script, await saved.path()], {
      encoding: 'utf8',
      env: { ...process.env, PYTHONIOENCODING: 'utf-8' },
    });
    const [first = '', second = ''] = ids;
    assert.match(found, new RegExp(`audio .*_1001_13800000501_${first}\\.wav RIFF`));
    assert.ok(found.includes('录音编号') && found.includes(first) && !found.includes(second), found);
  });

  it('one under legal hold is not deleted, and the page says why, also when it was held a moment ago; lifted, it goes', async () => {
    const [, id = ''] = ids;
    await pages.go('recordings');
    await row('13800000502').click();
    await remove().waitFor();
    // another administrator, meanwhile
    await s.admin.put(`/recordings/${id}/hold`, { hold: true });
    await remove().click();
    await confirm();
    await page.getByText('处于法律保留之下').first().waitFor();
    assert.equal(await remove().isDisabled(), true);
    assert.deepEqual(await accessibilityFaults(page), []);
    assert.equal((await s.admin.get<RecordingRow>(`/recordings/${id}`)).state, 'complete');
    await pages.drawer().getByRole('switch').click();
    await pages.drawer().getByText('处于法律保留之下').waitFor({ state: 'detached' });
    await remove().click();
    await confirm();
    await page.getByText('录音已删除').waitFor();
    await row('13800000502').waitFor({ state: 'detached' });
    assert.equal((await s.admin.get<RecordingRow>(`/recordings/${id}`)).state, 'deleted');
    assert.equal((await s.admin.raw('GET', `/recordings/${id}/audio`)).status, 404);
  });

  it('a message is listened to, marked as heard and as new again, and deleted', async () => {
    const caller = await s.caller('13800000503', { toneHz: CALLER_HZ });
    await caller.dial(s.uri('12320'));
    const callId = await s.callOf('13800000503');
    await s.events.wait('call.entered-flow', (e) => e.callId === callId);
    await caller.sendDigits('3');
    await s.events.wait('voicemail.started', (e) => e.callId === callId);
    await talkFor(TALK_MS);
    await caller.hangUp();
    await s.record(callId);
    const { items } = await eventually('the message', async () => {
      const found = await s.admin.get<{ items: { id: string }[] }>('/voicemails');
      return found.items.length > 0 ? found : undefined;
    });
    await pages.go('voicemails');
    await row('13800000503').getByText('未听').waitFor();
    await row('13800000503').click();
    await pages.drawer().getByRole('button', { name: '播放' }).click();
    await playing();
    assert.deepEqual(await accessibilityFaults(page), []);
    await pages.drawer().getByRole('button', { name: '标为已听' }).click();
    await row('13800000503').getByText('已听 · admin').waitFor();
    await pages.drawer().getByRole('button', { name: '标为未听' }).click();
    await row('13800000503').getByText('未听').waitFor();
    await remove().click();
    await confirm();
    await page.getByText('没有留言').waitFor();
    assert.equal((await s.admin.raw('GET', `/voicemails/${items[0]?.id}/audio`)).status, 404);
  });
});

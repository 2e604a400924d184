import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, describe, it } from 'mocha';
import { Desk } from '../../src/browser/desk.js';
import { type BaresipPhone, phoneHears, requirePeers, writeToneWav } from '../../src/peers/index.js';
import { Scenario } from '../../src/scenario.js';

const CALLER_HZ = 700;
const AGENT_HZ = 1100;
/** The supervisor's browser. */
const SUPER_HZ = 1500;

/** Counts the tones a page plays: a machine without a loudspeaker is asked for them all the same. */
const COUNT_TONES = `
  globalThis.tonesPlayed = [];
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...args) {
    globalThis.tonesPlayed.push(this.frequency.value);
    return start.apply(this, args);
  };`;

describe('two supervisors: one at the browser’s telephone, one who looks on in English', function () {
  this.timeout(150_000);
  let s: Scenario;
  let first: Desk;
  let second: Desk;
  let agent: BaresipPhone;
  let folder: string;
  let callers = 0;

  before(async function () {
    await requirePeers(this, 'chromium', 'baresip', 'redis');
    folder = mkdtempSync(path.join(tmpdir(), 'yixian-mic-'));
    const microphone = await writeToneWav(path.join(folder, 'mic.wav'), SUPER_HZ, 120);
    s = await Scenario.start();
    const { password } = await s.admin.post<{ password: string }>('/users', {
      username: 'super1200',
      roles: ['supervisor'],
      groups: ['demo'],
    });
    const options = { where: '/supervise' };
    [first, second] = await Promise.all([
      Desk.open(s.hotline, s.hotline.firstRun().supervisor, { ...options, microphone }),
      Desk.open(s.hotline, { username: 'super1200', password }, { ...options, language: 'en' }),
    ]);
    await first.page.getByRole('switch', { name: '用本浏览器接听' }).click();
    await first.telephone();
    agent = await s.phone('1001', { toneHz: AGENT_HZ, answer: 'auto' });
  });

  afterEach(async () => {
    for (const caller of open.splice(0)) await s.stopPhone(caller);
    // what a test that failed has left open covers the page for those after it
    for (let i = 0; i < 3 && (await first.page.locator('.ant-drawer-mask').isVisible()); i++) await first.page.keyboard.press('Escape');
  });

  after(async () => {
    await Promise.all([first?.close(), second?.close()]);
    await s?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  const open: BaresipPhone[] = [];

  /** A caller who waits in the queue 咨询. */
  async function waiting() {
    const number = `1370000${4000 + callers++}`;
    const caller = await s.caller(number, { toneHz: CALLER_HZ });
    open.push(caller);
    await caller.dial(s.uri('12320'));
    await caller.waitFor('CALL_ESTABLISHED');
    const callId = await s.callOf(number);
    await s.events.wait('call.entered-flow', (e) => e.callId === callId);
    await caller.sendDigits('1');
    return { number, caller, callId };
  }

  async function talking() {
    await s.ready('1001');
    const call = await waiting();
    await s.events.wait('call.connected', (e) => e.callId === call.callId);
    await phoneHears(call.caller, AGENT_HZ);
    return call;
  }

  const mode = (name: string) => first.page.getByTestId('supervision').getByText(name, { exact: true });

  it('listens unheard, whispers to the agent alone, speaks in to both; the other supervisor sees it, also after a reload', async () => {
    const { caller, callId } = await talking();
    await first.button('监听 1001').click();
    // the own browser answers by itself
    await first.page
      .getByTestId('supervision')
      .getByText(/正在监听/)
      .waitFor();
    await first.hears(CALLER_HZ);
    await first.hears(AGENT_HZ);
    await phoneHears(agent, SUPER_HZ, false);
    const watched = (how: string) => second.page.getByTestId('agent-1001').getByTitle(`1100: ${how}`);
    await watched('Listen').waitFor();
    await second.page.reload();
    await watched('Listen').waitFor();

    await mode('密语').click();
    await phoneHears(agent, SUPER_HZ);
    await phoneHears(agent, CALLER_HZ);
    await phoneHears(caller, SUPER_HZ, false);
    await watched('Whisper').waitFor();

    await mode('强插').click();
    await phoneHears(caller, SUPER_HZ);
    await phoneHears(caller, AGENT_HZ);

    await first.button('停止').click();
    await phoneHears(caller, SUPER_HZ, false);
    await phoneHears(caller, AGENT_HZ);
    await watched('Barge in').waitFor({ state: 'detached' });
    await caller.hangUp();
    await s.record(callId);
  });

  it('takes a call over: the agent is out, the caller talks with the supervisor, who ends it in the browser', async () => {
    const { caller, callId } = await talking();
    await first.button('更多操作 1001').click();
    await first.page
      .getByRole('dialog')
      .getByRole('button', { name: /^拦\s?截$/ })
      .click();
    await first.page
      .getByRole('dialog')
      .getByRole('button', { name: /确\s?定/ })
      .click();
    await first.page
      .getByTestId('supervision')
      .getByText(/已拦截/)
      .waitFor();
    await agent.waitFor('CALL_CLOSED');
    await phoneHears(caller, SUPER_HZ);
    await phoneHears(caller, AGENT_HZ, false);
    await first.hears(CALLER_HZ);
    await first.page.keyboard.press('Escape');
    await first.page.getByRole('region', { name: '浏览器电话' }).getByRole('button', { name: '挂断' }).click();
    await first.page.getByTestId('supervision').waitFor({ state: 'detached' });
    await caller.hangUp();
    const record = await s.record(callId);
    assert.equal(record.agent, '1100');
  });

  it('releases a call by force: both are hung up, and the record says who did it', async () => {
    const { caller, callId } = await talking();
    await first.button('更多操作 1001').click();
    await first.page
      .getByRole('dialog')
      .getByRole('button', { name: /^强\s?拆$/ })
      .click();
    await first.page
      .getByRole('dialog')
      .getByRole('button', { name: /确\s?定/ })
      .click();
    await caller.waitFor('CALL_CLOSED');
    const { termination } = await s.record(callId);
    assert.equal(termination?.by, 'supervisor');
    await first.page.keyboard.press('Escape');
  });

  it('an alarm by a threshold of one’s own: it sounds, marks its tile, says when it is over, and is acknowledged', async () => {
    const { page } = second;
    await page.addInitScript(COUNT_TONES);
    await page.reload();
    await second.button('Alarm rules').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('spinbutton', { name: 'Threshold' }).first().fill('0');
    await dialog.getByRole('button', { name: 'Save' }).click();
    const tones = () => page.evaluate(() => (globalThis as unknown as { tonesPlayed: number[] }).tonesPlayed);
    assert.deepEqual(await tones(), []);
    await s.signOut('1001');
    const api = await s.api('1002');
    await api.put('/agents/1002/seat', { kind: 'sip' });
    await api.put('/agents/1002/state', { state: 'not-ready' });
    const { caller, callId } = await waiting();
    const alarm = page.getByTestId('alarm').filter({ hasText: 'Waiting > 0' });
    await alarm.waitFor();
    assert.deepEqual((await tones()).slice(0, 2), [880, 660]);
    const tile = page.getByTestId('tile-waiting').and(page.locator('.sv-alarm'));
    await tile.waitFor();
    await caller.hangUp();
    await s.record(callId);
    await alarm.getByText(/over/).waitFor();
    await tile.waitFor({ state: 'detached' });
    await alarm.getByRole('button', { name: 'Acknowledge' }).click();
    await alarm.waitFor({ state: 'detached' });

    await second.button('Mute').click();
    const before = await tones();
    const again = await waiting();
    await alarm.waitFor();
    assert.deepEqual(await tones(), before, 'muted');
    await again.caller.hangUp();
    await s.record(again.callId);
  });
});

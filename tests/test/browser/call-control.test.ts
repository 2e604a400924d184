import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, describe, it } from 'mocha';
import { Desk } from '../../src/browser/desk.js';
import { type BaresipPhone, phoneHears, requirePeers, writeToneWav } from '../../src/peers/index.js';
import { Scenario } from '../../src/scenario.js';

const CALLER_HZ = 700;
/** The Chinese desk of 1001, the English one of 1002. */
const ZH_HZ = 1100;
const EN_HZ = 1500;
const PHONE_HZ = 1900;
const OUTSIDE = '13911110077';

describe('call control from the desk: a Chinese and an English browser at once', function () {
  this.timeout(150_000);
  let s: Scenario;
  let zh: Desk;
  let en: Desk;
  let folder: string;
  let callers = 0;

  before(async function () {
    await requirePeers(this, 'chromium', 'baresip', 'redis');
    folder = mkdtempSync(path.join(tmpdir(), 'yixian-mic-'));
    const microphone = (name: string, hertz: number) => writeToneWav(path.join(folder, `${name}.wav`), hertz, 120);
    s = await Scenario.start();
    for (const extension of ['1001', '1002']) await (await s.api(extension)).put(`/agents/${extension}/seat`, { kind: 'softphone' });
    await s.admin.put('/users/agent1002', { displayName: '李娜' });
    [zh, en] = await Promise.all([
      Desk.open(s.hotline, s.hotline.agent('1001'), { microphone: await microphone('zh', ZH_HZ) }),
      Desk.open(s.hotline, s.hotline.agent('1002'), { microphone: await microphone('en', EN_HZ), language: 'en' }),
    ]);
    await Promise.all([zh.telephone(), en.telephone()]);
  });

  afterEach(async () => {
    await s?.hangUpAllPhones();
  });

  after(async () => {
    await Promise.all([zh?.close(), en?.close()]);
    await s?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  async function callIn(): Promise<{ number: string; caller: BaresipPhone; callId: string }> {
    const number = `1380000${3000 + callers++}`;
    const { caller, callId } = await s.consults(number, { toneHz: CALLER_HZ });
    return { number, caller, callId };
  }

  /** A caller who talks with the Chinese desk. */
  async function talking() {
    await s.agentState('1001', 'ready');
    const call = await callIn();
    await zh.page.getByTestId('pop').getByText(call.number).waitFor();
    await zh.page.keyboard.press('F2');
    await s.events.wait('call.connected', (e) => e.callId === call.callId);
    await phoneHears(call.caller, ZH_HZ);
    return call;
  }

  it('consult: the picker shows who becomes free; taken back while it rings; swap; put through', async () => {
    await zh.button(/^签\s?入/).click();
    const { number, caller, callId } = await talking();
    await zh.more('咨询');
    const row = await zh.agentRow('1002');
    await row.getByText('未签入').waitFor();
    const ask = row.getByRole('button', { name: /^咨\s?询/ });
    assert.ok(await ask.isDisabled(), 'who is off duty cannot be asked');
    await en.button('Go on duty').click();
    await row.getByText('示闲').waitFor();
    await ask.click();
    await en.phase('Ringing');
    await zh.phase('咨询 李娜 1002：振铃中');
    await zh.otherHears('听音乐，听不到你们');
    await zh.button('取消咨询').click();
    await s.events.wait('call.consultation-ended', (e) => e.callId === callId);
    await phoneHears(caller, ZH_HZ);
    await s.agentState('1002', 'ready');

    await zh.more('咨询');
    await (await zh.agentRow('1002')).getByRole('button', { name: /^咨\s?询/ }).click();
    await en.phase('Ringing');
    assert.equal(await en.page.getByTestId('call-number').textContent(), number, 'who is asked sees who it is about');
    await en.page.keyboard.press('F2');
    await zh.phase('咨询 李娜 1002：通话中');
    await zh.otherHears('听音乐，听不到你们');
    await en.phase('坐席 1001 consults you: talking');
    await en.otherHears('hears music, not you');
    assert.equal(await en.button('Put through').count(), 0, 'who is asked has nobody to put through');
    await zh.page.getByRole('listitem').filter({ hasText: '咨询' }).filter({ hasText: '李娜' }).getByText('1002').waitFor();
    await en.hears(ZH_HZ);
    await zh.hears(EN_HZ);
    await phoneHears(caller, ZH_HZ, false);
    await zh.button('切换').click();
    await zh.phase('咨询 李娜 1002：等待中，听音乐');
    await zh.otherHears('与您通话中');
    await en.phase('坐席 1001 consults you: wait');
    await phoneHears(caller, ZH_HZ);
    await en.hears(ZH_HZ, false);
    await zh.button('完成转接').click();
    await s.agentState('1001', 'ready');
    await phoneHears(caller, EN_HZ);
    await en.hears(CALLER_HZ);
    await en.phase('Talking');
    // each desk tells of the same call in its own language
    await zh.page.getByText('上一通电话').waitFor();
    await zh.page.getByText('拨打号码', { exact: true }).waitFor();
    await en.page.getByText('Current call').waitFor();
    await en.page.getByText('Dialled', { exact: true }).waitFor();
    await en.state('Not ready · Meeting');
    await en.page.getByTestId('next-state').getByText('Not ready · Meeting').waitFor();
    await en.page.keyboard.press('F4');
    await caller.hangUp();
    assert.equal((await s.record(callId)).agent, '1002');
    assert.equal((await s.agentState('1002', 'not-ready')).reason, 'Meeting');
  });

  it('a conference by the picker; who is muted is heard by nobody; one leaves, is asked again and joined', async () => {
    const { caller, callId } = await talking();
    await en.state('Ready');
    await zh.more('加入会议');
    const row = await zh.agentRow('1002');
    await row.getByText('示闲').waitFor();
    await row.getByRole('button', { name: /^加入会议/ }).click();
    await en.phase('Ringing');
    await en.page.keyboard.press('F2');
    await en.hears(CALLER_HZ);
    await en.hears(ZH_HZ);
    await zh.hears(CALLER_HZ);
    await zh.hears(EN_HZ);
    await phoneHears(caller, ZH_HZ);
    await phoneHears(caller, EN_HZ);
    const parties = en.page.getByRole('list', { name: 'Who is on the call' });
    await parties.getByText('1001').waitFor();
    await parties.getByText('Me', { exact: true }).waitFor();

    await zh.page.keyboard.press('F9');
    await zh.button(/^取消静音/).waitFor();
    await phoneHears(caller, ZH_HZ, false);
    await phoneHears(caller, EN_HZ);
    await parties.getByLabel('muted').waitFor();
    await zh.page.keyboard.press('F9');
    await phoneHears(caller, ZH_HZ);

    await en.page.keyboard.press('F4');
    await s.agentState('1002', 'ready');
    await phoneHears(caller, EN_HZ, false);
    await phoneHears(caller, ZH_HZ);

    await zh.more('咨询');
    await (await zh.agentRow('1002')).getByRole('button', { name: /^咨\s?询/ }).click();
    await en.phase('Ringing');
    await en.page.keyboard.press('F2');
    await zh.phase('咨询 李娜 1002：通话中');
    await zh.button('三方会议').click();
    await phoneHears(caller, EN_HZ);
    await phoneHears(caller, ZH_HZ);
    await en.hears(CALLER_HZ);
    await caller.hangUp();
    const record = await s.record(callId);
    assert.ok(record.segments.some((one) => one.kind === 'conference'));
  });

  it('parked with the slot told, fetched by a press on another desk', async () => {
    const { number, caller, callId } = await talking();
    await zh.more('停泊');
    const told = await zh.page.getByTestId('parked').textContent();
    const slot = /\*5(\d+)/.exec(told ?? '')?.[1];
    assert.ok(slot && told?.includes(number), `told: ${told}`);
    await s.agentState('1001', 'ready');
    await phoneHears(caller, ZH_HZ, false);
    // the browser answers its own dialling by itself
    await en.dial(`*5${slot}`);
    await s.events.wait('call.retrieved', (e) => e.callId === callId && e.data.by === '1002');
    await phoneHears(caller, EN_HZ);
    await en.hears(CALLER_HZ);
    await zh.page.getByTestId('parked').waitFor({ state: 'detached' });
    await en.more('Park');
    await en.page.getByTestId('parked').getByRole('button', { name: 'Fetch' }).click();
    await phoneHears(caller, EN_HZ);
    await caller.hangUp();
    const record = await s.record(callId);
    assert.equal(record.segments.filter((one) => one.kind === 'parked').length, 2);
  });

  it('dials out; keys reach whoever was called; the recording pauses and goes on', async () => {
    const outside = await s.caller(OUTSIDE, { toneHz: PHONE_HZ });
    const { revision } = await s.admin.get<{ revision: number }>('/trunks/demo');
    await s.admin.put('/trunks/demo', { outboundUri: `sip:127.0.0.1:${outside.sipPort}`, revision });
    await en.dial('139-1111 0077');
    await outside.waitFor('CALL_INCOMING');
    // nobody talks before it is answered, and nobody is there to be held
    await en.phase('Calling');
    assert.equal(await en.button(/^Hold/).count(), 0);
    await outside.accept();
    await phoneHears(outside, EN_HZ);
    await en.hears(PHONE_HZ);
    await en.phase('Talking');
    assert.equal(await en.page.getByTestId('call-number').textContent(), OUTSIDE);
    await en.keys('15#');
    for (const key of ['1', '5', '#']) assert.equal((await outside.waitFor('CALL_DTMF_START')).param, key);

    const recording = en.page.getByTestId('recording');
    await recording.getByText('Recording', { exact: true }).waitFor();
    await en.more('Pause recording');
    await recording.getByText('Recording paused').waitFor();
    await en.more('Resume recording');
    await recording.getByText('Recording', { exact: true }).waitFor();
    const { id } = await (await s.api('1002')).get<{ call: { id: string } }>('/agents/1002').then(({ call }) => call);
    await en.page.keyboard.press('F4');
    await outside.waitFor('CALL_CLOSED');
    // It is put together a little behind the talk, where media are kept elsewhere.
    await s.events.wait('recording.stopped', (e) => e.callId === id);
    const record = await s.record(id);
    assert.deepEqual([record.direction, record.called, record.outcome], ['outbound', OUTSIDE, 'outbound-answered']);
    const types = record.timeline.map((one) => one.type).filter((type) => type.startsWith('recording.'));
    assert.deepEqual(types, ['recording.started', 'recording.paused', 'recording.resumed', 'recording.stopped']);
  });

  it('a telephone on the table as the seat: the same desk holds, mutes, sends keys, asks, puts through and parks', async () => {
    const phone = await s.phone('1002', { toneHz: PHONE_HZ });
    await en.state('Go off duty');
    await en.button(en.words.seat).click();
    await en.page.getByText('SIP phone at the extension').click();
    await en.page.getByRole('dialog').getByRole('button', { name: en.words.use }).click();
    await en.page.getByTestId('phone-status').getByText('Can ring').waitFor();
    await zh.state('示忙');
    await en.button('Go on duty').click();
    await s.agentState('1002', 'ready');
    const { number, caller, callId } = await callIn();
    await phone.waitFor('CALL_INCOMING');
    await en.page.getByTestId('pop').getByText(number).waitFor();
    await en.phase('Ringing');
    await phone.accept();
    await phoneHears(caller, PHONE_HZ);
    await en.page.keyboard.press('F8');
    await en.phase('On hold');
    await phoneHears(caller, PHONE_HZ, false);
    await en.page.keyboard.press('F8');
    await phoneHears(caller, PHONE_HZ);
    await en.page.keyboard.press('F9');
    await phoneHears(caller, PHONE_HZ, false);
    await en.page.keyboard.press('F9');
    await phoneHears(caller, PHONE_HZ);
    await en.keys('7');
    assert.equal((await caller.waitFor('CALL_DTMF_START')).param, '7');
    await en.more('Pause recording');
    await en.page.getByTestId('recording').getByText('Recording paused').waitFor();

    await zh.state('示闲');
    await en.more('Consult');
    const row = await en.agentRow('1001');
    await row.getByText('Ready').waitFor();
    await row.getByRole('button', { name: 'Consult' }).click();
    await zh.phase('振铃');
    await zh.page.keyboard.press('F2');
    await zh.hears(PHONE_HZ);
    await phoneHears(phone, ZH_HZ);
    await en.button('Swap').click();
    await phoneHears(phone, CALLER_HZ);
    await en.button('Put through').click();
    await phone.waitFor('CALL_CLOSED');
    await phoneHears(caller, ZH_HZ);
    await zh.hears(CALLER_HZ);

    // fetched with the telephone on the table, and ended from the desk
    await zh.more('停泊');
    const told = await zh.page.getByTestId('parked').textContent();
    await s.agentState('1002', 'ready');
    await en.dial(/\*5\d+/.exec(told ?? '')?.[0] ?? '');
    await phone.waitFor('CALL_INCOMING');
    await phone.accept();
    await phoneHears(phone, CALLER_HZ);
    await en.page.keyboard.press('F4');
    await phone.waitFor('CALL_CLOSED');
    await caller.hangUp();
    assert.equal((await s.record(callId)).agent, '1002');
  });
});

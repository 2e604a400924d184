import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import { accessibilityFaults, TestBrowser } from '../../src/browser/browser.js';
import { carried, watchSip } from '../../src/browser/sip-watch.js';
import { requirePeers } from '../../src/peers/index.js';
import { Scenario } from '../../src/scenario.js';

describe('the first minute of a newcomer: only the printed link, the passwords, and what the pages say', function () {
  this.timeout(120_000);
  let s: Scenario;
  let browser: TestBrowser;

  before(async function () {
    await requirePeers(this, 'chromium', 'redis');
    [s, browser] = await Promise.all([Scenario.start(), TestBrowser.start()]);
  });

  after(async () => {
    await browser?.close();
    await s?.close();
  });

  it('the link leads to the guide, from there to sign-in; the browser becomes the telephone; a test call to 12320 is answered', async () => {
    const link = /begin\s+(\S+)/.exec(s.hotline.log)?.[1] ?? '';
    assert.ok(link.startsWith(s.hotline.http), s.hotline.log);
    await watchSip(browser.context);
    const guide = await browser.page();
    await guide.goto(link);
    await guide.getByRole('heading', { name: '第一分钟：打通一个电话' }).waitFor();
    assert.deepEqual(await accessibilityFaults(guide), []);

    const { agents, supervisor, admin } = s.hotline.firstRun();
    const agent = agents[0];
    assert.ok(agent);
    const [desk] = await Promise.all([
      browser.context.waitForEvent('page'),
      guide.getByRole('link', { name: '在新标签页中打开' }).first().click(),
    ]);
    await desk.getByLabel('用户名').fill(agent.username);
    await desk.getByLabel('密码').fill(agent.password);
    await desk.getByRole('button', { name: /登\s?录/ }).click();
    // whoever is ready before there is a telephone is told that nothing will ring
    await desk.getByRole('button', { name: /^签\s?入/ }).click();
    await desk.getByRole('alert').getByText('已示闲，但接不到来电').waitFor();
    await desk.getByRole('button', { name: /^话机：/ }).click();
    await desk.getByText('本浏览器（软电话）').click();
    const dialog = desk.getByRole('dialog');
    await dialog.getByRole('button', { name: /使\s?用/ }).click();
    await desk.getByTestId('phone-status').getByText('电话已就绪').waitFor();
    await desk.getByText('示闲中，等待来电。').waitFor();

    await guide.getByLabel('用户名').fill(supervisor.username);
    await guide.getByLabel('密码').fill('of-somebody-else');
    await guide.getByRole('button', { name: '拨打 12320' }).click();
    await guide.getByText('没有打通：用户名或密码不正确').waitFor();
    assert.equal(await guide.getByLabel('用户名').inputValue(), supervisor.username, 'what was typed is kept');
    await guide.getByLabel('密码').fill(supervisor.password);
    await guide.getByRole('button', { name: '拨打 12320' }).click();
    await guide.getByTestId('caller-state').getByText('已接通').waitFor();
    const sent = (await carried(guide)).filter(({ way }) => way === 'sent');
    assert.equal(sent.find(({ text }) => text.startsWith('INVITE '))?.gathering, 'gathering', 'the call waits for no candidate (RFC 8840)');
    assert.ok(sent.some(({ text }) => text.startsWith('INFO ') && text.includes('a=end-of-candidates')));
    await guide.getByRole('button', { name: '1', exact: true }).click();
    await desk.getByTestId('pop').getByText(supervisor.extension).waitFor();
    await desk.getByRole('button', { name: /^接听/ }).and(desk.locator('[aria-keyshortcuts="F2"]')).click();
    const { callId } = await s.events.wait('call.connected', (e) => e.agentId === agent.extension);
    await desk.getByTestId('call-phase').getByText('通话').waitFor();
    await guide.getByRole('button', { name: /^挂\s?断$/ }).click();
    assert.equal((await s.record(callId ?? '')).outcome, 'answered');

    // what the last step promises: the call and its recording are there for the administrator
    await desk.evaluate(() => localStorage.removeItem('yixian.session'));
    const page = await browser.signIn(s.hotline, admin, '/calls');
    await page.getByRole('row').filter({ hasText: supervisor.extension }).first().click();
    await page.getByRole('dialog').getByTestId('player').waitFor();
  });
});

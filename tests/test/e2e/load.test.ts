import assert from 'node:assert/strict';
import { callerScenario, eventually, requirePeers, startSipp, steps, succeeded } from '../../src/peers/index.js';
import { type CallView, Scenario } from '../../src/scenario.js';

const CALLS = 30;

describe('thirty calls at one time', function () {
  this.timeout(180_000);
  let s: Scenario;

  before(async function () {
    await requirePeers(this, 'sipp', 'redis');
    s = await Scenario.start();
  });

  after(async () => {
    await s?.close();
  });

  it('are all answered, all wait with music, all leave truthful records, and everything is given back (TEL-10)', async () => {
    const before = await figures();
    const callers = await startSipp({
      scenario: callerScenario({ from: '1390000[call_number]', during: [steps.key('1', 8000)] }),
      remote: { address: '127.0.0.1', port: s.hotline.sipPort },
      service: '12320',
      calls: CALLS,
      rate: 15,
      limit: CALLS,
    });
    await eventually('all in progress', async () => (await figures()).legs >= CALLS, 40_000);
    succeeded(await callers.finished);
    const { items } = await eventually('all records', async () => {
      const page = await s.admin.get<{ items: CallView[] }>(`/calls?limit=100&called=12320`);
      return page.items.filter((call) => call.endedAt).length === CALLS ? page : undefined;
    });
    assert.ok(
      items.every((call) => call.outcome === 'abandoned-in-queue' || call.outcome === 'abandoned-in-flow'),
      JSON.stringify(items.map((call) => call.outcome)),
    );
    await eventually('legs, ports and calls given back', async () => {
      const now = await figures();
      return now.legs === 0 && now.ports <= before.ports;
    });
  });

  async function figures(): Promise<{ legs: number; ports: number }> {
    const text = await (await fetch(`${s.hotline.http}/metrics`)).text();
    const value = (name: string) => Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
    return { legs: value('switch_legs'), ports: value('media_ports_in_use') };
  }
});

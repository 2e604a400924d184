import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { yixian } from '../../src/command.js';
import type { AgentCredentials } from '../../src/hotline.js';
import {
  calleeScenario,
  callerScenario,
  eventually,
  freePort,
  requirePeers,
  runSipp,
  scenario,
  startSipp,
  steps,
  succeeded,
} from '../../src/peers/index.js';
import { type CallView, Scenario } from '../../src/scenario.js';

const CALLS = 30;
const SEATS = 200;

describe('many seats: thirty calls at one time, two hundred seats of a mixture', function () {
  this.timeout(180_000);
  let s: Scenario;

  before(async function () {
    await requirePeers(this, 'sipp', 'redis');
    s = await Scenario.start();
  });

  after(async () => {
    await s?.close();
  });

  it('are answered, reach thirty agents, are bridged and recorded, and everything is given back (TEL-10, REC-02)', async () => {
    const before = await figures();
    const port = await freePort();
    await agentsAt(port);
    const phones = await startSipp({
      scenario: calleeScenario({ hangUp: 'them', waitMs: 60_000 }),
      port,
      calls: CALLS,
      echo: true,
      deadlineMs: 120_000,
    });
    const callers = await startSipp({
      scenario: callerScenario({ from: '1390000[call_number]', during: [steps.key('1', 1500), steps.speech(), steps.pause(9000)] }),
      remote: { address: '127.0.0.1', port: s.hotline.sipPort },
      service: '12320',
      calls: CALLS,
      rate: 10,
      limit: CALLS,
    });
    await eventually('thirty calls, each with its agent, at one time', async () => (await figures()).legs === 2 * CALLS, 40_000);
    succeeded(await callers.finished);
    succeeded(await phones.finished);
    const { items } = await eventually('all records', async () => {
      const page = await s.admin.get<{ items: CallView[] }>('/calls?limit=100&called=12320');
      return page.items.filter((call) => call.endedAt).length === CALLS ? page : undefined;
    });
    assert.deepEqual([...new Set(items.map((call) => call.outcome))], ['answered']);
    assert.equal(new Set(items.map((call) => call.agent)).size, CALLS, 'each had an agent of its own');
    assert.ok(items.every((call) => call.talkSeconds > 5));
    const recordings = await eventually('all recordings', async () => {
      const page = await s.admin.get<{ items: Array<{ id: string; durationSeconds: number; state: string }> }>('/recordings?limit=100');
      return page.items.filter((one) => one.state === 'complete').length === CALLS ? page.items : undefined;
    });
    assert.ok(
      recordings.every((one) => one.durationSeconds > 5),
      JSON.stringify(recordings),
    );
    await eventually('legs and ports given back', async () => {
      const now = await figures();
      return now.legs === 0 && now.ports <= before.ports;
    });
  });

  it('two hundred signed-in seats, every second one a number over a trunk: a call is offered to each kind, one after the other', async () => {
    const sipPort = await freePort();
    const answering = { scenario: calleeScenario({ hangUp: 'them', waitMs: 60_000 }), calls: SEATS, deadlineMs: 120_000 };
    const mobiles = await startSipp(answering);
    const trunk = { inboundAddresses: [], outboundUri: `sip:127.0.0.1:${mobiles.port}`, outboundNumbers: ['^8137\\d{8}$'] };
    await s.admin.post('/trunks', { id: 'mobiles', ...trunk, maxCalls: 250, maxCallsPerSecond: 50 });
    const { items: before } = await s.admin.get<{ items: { extension: string }[] }>('/agents');
    for (const { extension } of before) await s.admin.put(`/agents/${extension}/state`, { state: 'offline' });
    const added = await yixian(['demo', 'agents', '--count', String(SEATS), '--from', '3001', '--skill', 'complaint'], s.hotline.env);
    assert.equal(added.code, 0, added.stderr);
    const agents = JSON.parse(added.stdout) as AgentCredentials[];
    await registerAll(
      agents.filter((_, i) => i % 2 === 0),
      sipPort,
    );
    const phones = await startSipp({ ...answering, port: sipPort });
    for (const [i, { extension }] of agents.entries()) {
      const seat = i % 2 === 0 ? { kind: 'sip' } : { kind: 'phone', number: `8137${extension.padStart(8, '0')}`, confirm: false };
      await s.admin.put(`/agents/${extension}/seat`, seat);
      await s.admin.put(`/agents/${extension}/state`, { state: 'ready' });
    }
    const { items } = await s.admin.get<{ items: { state: string; reachable: boolean; seat: { kind: string } }[] }>('/agents');
    const there = items.filter((one) => one.state === 'ready' && one.reachable);
    assert.deepEqual(
      ['sip', 'phone'].map((kind) => there.filter((one) => one.seat.kind === kind).length),
      [SEATS / 2, SEATS / 2],
    );
    const callers = await startSipp({
      scenario: callerScenario({ from: '1380000[call_number]', during: [steps.key('2', 1500), steps.speech(), steps.pause(6000)] }),
      remote: { address: '127.0.0.1', port: s.hotline.sipPort },
      service: '12320',
      calls: 4,
      rate: 1,
    });
    succeeded(await callers.finished);
    const page = await eventually('four records', async () => {
      const found = await s.admin.get<{ items: CallView[] }>('/calls?limit=10&queue=complaint');
      return found.items.filter((call) => call.endedAt).length === 4 ? found : undefined;
    });
    // the longest idle is first
    assert.deepEqual(page.items.map((call) => call.agent).sort(), ['3001', '3002', '3003', '3004']);
    assert.deepEqual([...new Set(page.items.map((call) => call.outcome))], ['answered']);
    await Promise.all([phones.stop(), mobiles.stop()]);
  });

  /** The phones of these agents are all one sipp at this port: each REGISTER with a line of a file. */
  async function registerAll(agents: readonly AgentCredentials[], port: number): Promise<void> {
    const lines = agents.map(({ extension, sipPassword }) => `${extension};[authentication username=${extension} password=${sipPassword}]`);
    const file = path.join(s.hotline.dataDir, 'seats.csv');
    writeFileSync(file, `SEQUENTIAL\n${lines.join('\n')}\n`);
    const register = scenario([
      steps.register({ user: '[field0]' }),
      steps.recvResponse(401, { auth: true }),
      steps.register({ user: '[field0]', cseq: 2, authenticate: true }).replace('[authentication]', '[field1]'),
      steps.recvResponse(200),
    ]).replaceAll('[service]', '[field0]');
    await runSipp({
      scenario: register,
      remote: { address: '127.0.0.1', port: s.hotline.sipPort },
      port,
      calls: agents.length,
      rate: 50,
      extraArgs: ['-inf', file],
    });
  }

  /** Thirty agents, signed in, whose phones are all one sipp at this port. */
  async function agentsAt(port: number): Promise<void> {
    const added = await yixian(['demo', 'agents', '--count', String(CALLS)], s.hotline.env);
    assert.equal(added.code, 0, added.stderr);
    const agents = JSON.parse(added.stdout) as AgentCredentials[];
    for (const agent of agents) {
      const register = scenario([
        steps.register({ user: agent.extension }),
        steps.recvResponse(401, { auth: true }),
        steps.register({ user: agent.extension, cseq: 2, authenticate: true }),
        steps.recvResponse(200),
      ]);
      await runSipp({
        scenario: register,
        remote: { address: '127.0.0.1', port: s.hotline.sipPort },
        service: agent.extension,
        port,
        auth: { username: agent.extension, password: agent.sipPassword },
      });
      const api = await s.hotline.signIn(agent);
      await api.put(`/agents/${agent.extension}/state`, { state: 'ready' });
    }
  }

  async function figures(): Promise<{ legs: number; ports: number }> {
    const text = await (await fetch(`${s.hotline.http}/metrics`)).text();
    const sum = (name: string) =>
      [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].reduce((total, match) => total + Number(match[1]), 0);
    return { legs: sum('switch_legs'), ports: sum('rtp_ports_in_use') };
  }
});

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { yixian } from '../../src/command.js';
import { type BaresipPhone, requirePeers, startBaresip } from '../../src/peers/index.js';
import { Scenario } from '../../src/scenario.js';

interface CallbackView {
  number: string;
  state: string;
  position: number | null;
}

describe('a backup holds what only Redis knows', function () {
  this.timeout(180_000);
  const owed = ['13911110011', '13911110012'] as const;
  const far: BaresipPhone[] = [];
  let folder: string;
  let s: Scenario | undefined;

  before(async function () {
    await requirePeers(this, 'baresip', 'redis');
    folder = mkdtempSync(path.join(tmpdir(), 'yixian-backup-'));
  });
  after(async () => {
    await Promise.all(far.map((phone) => phone.stop()));
    await s?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const callbacks = async (of: Scenario) =>
    (await of.admin.get<{ items: CallbackView[] }>('/callbacks?queue=owed')).items.map(({ number, state, position }) => [
      number,
      state,
      position,
    ]);
  const agentOf = async (of: Scenario, extension: string) => {
    const { state, reason } = await of.admin.get<{ state: string; reason: string | null }>(`/agents/${extension}`);
    return [state, reason];
  };
  const doorOf = async (of: Scenario) => (await of.admin.get<{ door: { door: string } }>('/queues/operator')).door.door;

  it('both stores are lost: the restored hotline calls back whom it owes a call, each at its place; doors and agents are as they were', async () => {
    const first = await Scenario.start();
    s = first;
    const callback = { offerAfterSeconds: 0, key: '1', order: 'agent-first', attempts: 2, retryEverySeconds: 30, ringSeconds: 20 };
    await first.admin.post('/queues', { id: 'owed', requiredSkills: ['consult'], wrapUpSeconds: 0, announceEverySeconds: 0, callback });
    for (const number of owed) {
      const phone = await startBaresip({ user: number });
      far.push(phone);
      const way = { outboundUri: `sip:127.0.0.1:${phone.sipPort}`, outboundNumbers: [number], maxCalls: 5, maxCallsPerSecond: 5 };
      await first.admin.post('/trunks', { id: `to-${number}`, inboundAddresses: [], ...way });
      await first.admin.post('/callbacks', { queue: 'owed', number });
    }
    await (await first.api('1002')).put('/agents/1002/state', { state: 'not-ready', reason: 'lunch' });
    await first.admin.put('/queues/operator/door', { door: 'closed' });
    const before = await callbacks(first);
    assert.deepEqual(before, [
      [owed[0], 'waiting', 1],
      [owed[1], 'waiting', 2],
    ]);
    const archive = path.join(folder, 'backup.tar.gz');
    const made = await yixian(['backup', archive], { ...first.hotline.env });
    assert.equal(made.code, 0, made.stderr);
    s = undefined;
    await first.close();

    const dataDir = path.join(folder, 'restored');
    const restored = await yixian(['restore', archive], { DATA_DIR: dataDir });
    assert.equal(restored.code, 0, restored.stderr);
    const other = await Scenario.start({ dataDir });
    s = other;
    assert.deepEqual(await callbacks(other), before);
    assert.deepEqual(await agentOf(other, '1002'), ['not-ready', 'lunch']);
    assert.equal(await doorOf(other), 'closed');

    const agent = await other.phone('1001', { answer: 'auto' });
    await other.ready('1001');
    for (const [n, phone] of far.entries()) {
      await phone.waitFor('CALL_INCOMING');
      assert.deepEqual(
        (await callbacks(other)).slice(1).map(([number]) => number),
        owed.slice(n + 1),
        'the others wait behind',
      );
      await phone.accept();
      const done = await other.events.wait('callback.completed', (e) => e.queueId === 'owed' && !completed.has(String(e.data.callbackId)));
      completed.add(String(done.data.callbackId));
      const talk = await other.events.wait('call.connected', (e) => e.callId === done.callId);
      assert.equal(talk.agentId, '1001');
      await phone.hangUp();
      assert.equal((await other.record(done.callId ?? '')).outcome, 'outbound-answered');
    }
    assert.deepEqual(await callbacks(other), []);
    await agent.hangUp();
  });
  const completed = new Set<string>();

  it('a Redis that holds another hotline’s state is not overwritten without being told to', async () => {
    assert.ok(s);
    const archive = path.join(folder, 'again.tar.gz');
    const made = await yixian(['backup', archive], { ...s.hotline.env });
    assert.equal(made.code, 0, made.stderr);
    const { dataDir } = s.hotline;
    await s.close({ keepData: true });
    s = undefined;
    for (const gone of ['postgres', 'first-run.json', 'keys', 'flow-secrets.json'])
      rmSync(path.join(dataDir, gone), { recursive: true, force: true });
    const refused = await yixian(['restore', archive], { DATA_DIR: dataDir });
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /^yixian: Redis holds callbacks or states of agents .*--force/);
    const forced = await yixian(['restore', archive, '--force'], { DATA_DIR: dataDir });
    assert.equal(forced.code, 0, forced.stderr);
    s = await Scenario.start({ dataDir });
    assert.deepEqual(await agentOf(s, '1002'), ['not-ready', 'lunch']);
  });
});

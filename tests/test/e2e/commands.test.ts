import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { yixian } from '../../src/command.js';
import { type AgentCredentials, Hotline } from '../../src/hotline.js';
import { freePort, requirePeers } from '../../src/peers/index.js';

describe('the yixian command', function () {
  this.timeout(120_000);
  let dataDir: string;

  before(async function () {
    await requirePeers(this, 'redis');
  });

  beforeEach(() => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'yixian-cli-'));
    chmodSync(dataDir, 0o755);
  });

  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  for (const [variable, value] of [
    ['SIP_PORT', '70000'],
    ['HTTP_PORT', 'http'],
    ['RTP_PORTS', '30000'],
    ['HOTLINE_HOST', 'localhorst'],
    ['TZ_HOTLINE', 'Mars/Base'],
    ['DATABASE_URL', 'mysql://x'],
    ['SEED_DEMO', 'maybe'],
  ] as const) {
    it(`stops with one line naming ${variable} when it is ${value}`, async () => {
      const { code, stderr } = await yixian(['start'], { DATA_DIR: dataDir, [variable]: value });
      assert.equal(code, 2);
      assert.match(stderr, new RegExp(`^yixian: ${variable} .*${value}.*\n$`));
    });
  }

  it('stops with one line when the database cannot be reached', async () => {
    const port = await freePort();
    const { code, stderr } = await yixian(['start'], { DATA_DIR: dataDir, DATABASE_URL: `postgres://127.0.0.1:${port}/x` });
    assert.equal(code, 1);
    assert.match(stderr, /^yixian: the database cannot be reached \(DATABASE_URL\).*\n$/);
  });

  it('stops with one line naming the port when the SIP port is in use, and leaves nothing running', async () => {
    const port = await freePort();
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(port, '127.0.0.1', resolve));
    try {
      const { code, stderr } = await yixian(['start'], {
        DATA_DIR: dataDir,
        SIP_PORT: String(port),
        HTTP_PORT: String(await freePort()),
        LOG_LEVEL: 'error',
      });
      assert.equal(code, 1);
      assert.match(stderr, new RegExp(`^yixian: .*${port}.*in use.*\n$`));
    } finally {
      blocker.close();
    }
  });

  it('refuses a second hotline on the same data folder, lets doctor see the first, adds agents to it while it runs', async () => {
    const hotline = await Hotline.start({ dataDir });
    try {
      assert.equal(statSync(path.join(dataDir, 'first-run.json')).mode & 0o777, 0o600);
      const second = await yixian(['start'], { ...hotline.env });
      assert.equal(second.code, 1);
      assert.match(second.stderr, /another Yixian \(pid \d+\) runs/);

      const doctor = await yixian(['doctor'], { ...hotline.env });
      assert.equal(doctor.code, 0, doctor.stdout + doctor.stderr);
      assert.match(doctor.stdout, /nothing is wrong/);
      assert.ok(!doctor.stdout.includes(hotline.firstRun().admin.password));

      const added = await yixian(['demo', 'agents', '--count', '3', '--from', '2001', '--skill', 'consult'], { ...hotline.env });
      assert.equal(added.code, 0, added.stderr);
      const agents = JSON.parse(added.stdout) as AgentCredentials[];
      assert.deepEqual(
        agents.map((a) => a.extension),
        ['2001', '2002', '2003'],
      );
      const first = agents[0] as AgentCredentials;
      const api = await hotline.signIn(first);
      await api.put('/agents/2001/state', { state: 'not-ready', reason: 'new' });
      assert.equal((await api.get<{ state: string }>('/agents/2001')).state, 'not-ready');

      const again = await yixian(['demo', 'agents', '--count', '1', '--from', '2001'], { ...hotline.env });
      assert.equal(again.code, 1);
      assert.match(again.stderr, /2001/);
      assert.equal(await hotline.stop(), 0);
    } finally {
      await hotline.kill();
    }
  });

  it('says with doctor before the first start that nothing is wrong', async () => {
    const ports = { SIP_PORT: String(await freePort()), HTTP_PORT: String(await freePort()) };
    const { code, stdout } = await yixian(['doctor'], { DATA_DIR: dataDir, ...ports });
    assert.equal(code, 0, stdout);
    assert.match(stdout, /✓ recordings +the database is empty: the first start makes its tables/);
  });

  it('says with doctor which port is in use', async () => {
    const port = await freePort();
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(port, '127.0.0.1', resolve));
    try {
      const { code, stdout } = await yixian(['doctor'], { DATA_DIR: dataDir, SIP_PORT: String(await freePort()), HTTP_PORT: String(port) });
      assert.equal(code, 1);
      assert.match(stdout, new RegExp(`HTTP_PORT.*${port}.*in use`));
    } finally {
      blocker.close();
    }
  });

  it('knows no other commands', async () => {
    const { code, stderr } = await yixian(['strat'], { DATA_DIR: dataDir });
    assert.equal(code, 2);
    assert.match(stderr, /unknown command/);
  });
});

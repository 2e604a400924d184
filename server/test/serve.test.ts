import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRAM = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../bin/yixian.mjs');

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`${what} did not come to pass`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('yixian start', function () {
  this.timeout(120_000);
  let dataDir: string;
  let child: ChildProcess | undefined;

  beforeEach(() => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'yixian-serve-'));
    chmodSync(dataDir, 0o755);
  });

  afterEach(() => {
    child?.kill('SIGKILL');
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('asked to stop while it starts, it leaves neither PostgreSQL nor redis behind, and ends with 0', async () => {
    const env = { ...process.env, DATA_DIR: dataDir, HTTP_PORT: '0', SIP_PORT: '0', RTP_PORTS: '29000-29099' };
    const running = spawn(process.execPath, [PROGRAM, 'start'], { cwd: dataDir, env, stdio: ['ignore', 'pipe', 'pipe'] });
    child = running;
    const exited = once(running, 'exit');
    let said = '';
    for (const stream of [running.stdout, running.stderr]) stream?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const pidFile = path.join(dataDir, 'postgres/cluster/postmaster.pid');
    await until('the start of PostgreSQL', () => existsSync(pidFile) || running.exitCode !== null);
    const postgres = Number.parseInt(readFileSync(pidFile, 'utf8'), 10);
    running.kill('SIGINT');
    const [code, signal] = await exited;
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, said);
    assert.doesNotMatch(said, /is ready/);
    assert.equal(lives(postgres), false, 'PostgreSQL still runs');
    assert.equal(existsSync(path.join(dataDir, 'redis/redis.pid')), false, 'redis-server still runs');
    child = undefined;
  });
});

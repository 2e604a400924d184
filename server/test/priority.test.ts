import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { constants, platform } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);

describe('priority of the program', () => {
  it('is that of all its threads, helpers of the collector included, and of those that come later', async function () {
    if (platform() !== 'linux') {
      console.log('      skipped: threads have priorities of their own on Linux only');
      this.skip();
    }
    const module = new URL('../src/priority.js', import.meta.url).href;
    // In a process of its own: a priority that was raised stays.
    const script = `
      import { readdirSync, readFileSync } from 'node:fs';
      import { once } from 'node:events';
      import { Worker } from 'node:worker_threads';
      import { silentLogger } from ${JSON.stringify(import.meta.resolve('@yixian/contracts'))};
      import { raisePriority } from ${JSON.stringify(module)};
      const nice = () => readdirSync('/proc/self/task').map((id) =>
        Number(readFileSync('/proc/self/task/' + id + '/stat', 'latin1').split(') ')[1].split(' ')[16]));
      const before = nice();
      raisePriority(silentLogger);
      const raised = nice();
      const code = 'require("node:worker_threads").parentPort.on("message", () => undefined)';
      // without our own options, by which its code would be a module
      const worker = new Worker(code, { eval: true, execArgv: [] });
      await once(worker, 'online');
      console.log(JSON.stringify({ before, raised, later: nice() }));
      await worker.terminate();`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script]);
    const { before, raised, later } = JSON.parse(stdout) as Record<'before' | 'raised' | 'later', number[]>;
    assert.ok(before && raised && later && raised.length > 1 && later.length > raised.length, stdout);
    // Without the right to it all stays as it was, without an error.
    if (raised.every((nice, n) => nice === before[n])) {
      console.log('      skipped: this user may not raise priorities, or they were raised already');
      this.skip();
    }
    assert.deepEqual([...new Set(later)], [constants.priority.PRIORITY_HIGH]);
  });
});

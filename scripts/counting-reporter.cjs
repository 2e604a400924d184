// mocha's own reporter; the counts and the failures are appended to a file, so that several runs can be summed up.
const { appendFileSync } = require('node:fs');
const { reporters } = require('mocha');

/** What a test left open keeps its process alive; after this time that is told and ended. */
const LINGER_MS = 20_000;

/** Of each running hotline's log, when a test has failed. */
const TOLD_LINES = 25;

function tellLogs(what, test, error) {
  process.stdout.write(`\n${what}: ${test.fullTitle()}: ${String(error?.message ?? error).split('\n')[0]}\n`);
  for (const hotline of globalThis.yixianHotlines ?? []) {
    const lines = hotline.log.split('\n').filter(Boolean).slice(-TOLD_LINES);
    process.stdout.write(`the hotline at ${hotline.httpPort} logged last:\n  ${lines.join('\n  ')}\n`);
  }
}

module.exports = class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const file = process.env.YIXIAN_TEST_COUNTS;
    const failed = [];
    runner.on('fail', (test, error) => failed.push(`${test.fullTitle()}: ${String(error?.message ?? error).split('\n')[0]}`));
    runner.on('retry', (test, error) => tellLogs('tried again', test, error));
    runner.on('fail', (test, error) => tellLogs('failed', test, error));
    runner.once('end', () => {
      const { passes = 0, failures = 0, pending = 0 } = this.stats;
      if (file) appendFileSync(file, `${JSON.stringify({ passes, failures, pending, failed })}\n`);
      if (runner.isWatching?.()) return;
      setTimeout(() => {
        process.stderr.write(`tests: all are over, the process is not; still open: ${process.getActiveResourcesInfo().join(', ')}\n`);
        process.exit(1);
      }, LINGER_MS).unref();
    });
  }
};

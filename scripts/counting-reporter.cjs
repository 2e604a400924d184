// mocha's own reporter; the counts and the failures are appended to a file, so that several runs can be summed up.
const { appendFileSync } = require('node:fs');
const { reporters } = require('mocha');

/** What a test left open keeps its process alive; after this time that is told and ended. */
const LINGER_MS = 20_000;

module.exports = class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const file = process.env.YIXIAN_TEST_COUNTS;
    const failed = [];
    runner.on('fail', (test, error) => failed.push(`${test.fullTitle()}: ${String(error?.message ?? error).split('\n')[0]}`));
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

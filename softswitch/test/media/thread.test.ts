import assert from 'node:assert/strict';
import { silentLogger } from '@yixian/contracts';
import { MediaFront } from '../../src/media/shell/front.js';
import { systemClock } from '../../src/media/shell/system-clock.js';
import { eventually } from './fixture.js';

const worker = new URL('../../src/media/shell/worker.js', import.meta.url).href;
const settings = { rtpPorts: { min: 31500, max: 31599 }, mediaTimeoutMs: 60_000, priority: 'normal', nativeSockets: true } as const;
const entry = (code: string): URL => new URL(`data:text/javascript,${encodeURIComponent(code)}`);

describe('media thread', () => {
  it('that dies takes its calls with it, told as lost media, and a new one serves the next call', async () => {
    // Dies when a session with the number of a key press is configured: a stand-in for a crash.
    const dying = `import { parentPort } from 'node:worker_threads'; import ${JSON.stringify(worker)};
      parentPort.on('message', (m) => { if (m.do === 'configure' && m.parameters.ptimeMs === 13) process.exit(3); });`;
    // One pair: the new thread has to find it free.
    const onePair = { ...settings, rtpPorts: { min: 31598, max: 31599 } };
    const engine = new MediaFront({ settings: onePair, clock: systemClock, logger: silentLogger, entry: entry(dying) });
    await engine.start();
    try {
      let lost = 0;
      const session = await engine.open('127.0.0.1', { onDigit: () => undefined, onMediaTimeout: () => void lost++ });
      const parameters = {
        remote: undefined,
        codec: 'PCMA',
        payloadType: 8,
        telephoneEventSend: undefined,
        telephoneEventReceive: undefined,
        direction: 'sendrecv',
      } as const;
      session.configure({ ...parameters, ptimeMs: 20 });
      const play = session.play([{ kind: 'tone', tone: 'busy' }], { loop: true, interruptOn: 'none' });
      const collect = session.collect({
        maxDigits: 1,
        terminators: '',
        firstDigitTimeoutMs: 60_000,
        interDigitTimeoutMs: 1000,
        inBand: false,
      });
      session.configure({ ...parameters, ptimeMs: 13 });
      assert.equal((await play.finished).end, 'leg-ended');
      assert.equal((await collect).reason, 'leg-ended');
      await eventually('the loss to be told', () => lost === 1);
      assert.equal((await session.close()).packetsReceived, 0);
      assert.equal(engine.metrics().media_thread_restarts_total, 1);
      await eventually('a new thread', async () => {
        const next = await engine.open('127.0.0.1', { onDigit: () => undefined, onMediaTimeout: () => undefined }).catch(() => undefined);
        await next?.close();
        return next !== undefined;
      });
    } finally {
      await engine.stop();
    }
  });

  it('that dies takes the ports with it that were ready: whoever calls next gets one of the new thread', async () => {
    const dying = `import { parentPort } from 'node:worker_threads'; import ${JSON.stringify(worker)};
      parentPort.on('message', (m) => { if (m.do === 'mute') process.exit(3); });`;
    const engine = new MediaFront({ settings, clock: systemClock, logger: silentLogger, entry: entry(dying) });
    await engine.start();
    try {
      const open = () => engine.open('127.0.0.1', { onDigit: () => undefined, onMediaTimeout: () => undefined });
      const session = await open();
      const ready = (): boolean => engine.metrics().media_spare_sessions === 3;
      await eventually('three of 50 pairs', ready);
      session.mute(true);
      await eventually('the end of the thread', () => engine.metrics().media_thread_restarts_total === 1);
      assert.equal(engine.metrics().media_spare_sessions, 0);
      await eventually('three of the new thread', ready);
      const next = await open();
      assert.deepEqual(await next.play([{ kind: 'tone', tone: 'beep' }], { loop: false, interruptOn: 'none' }).finished, {
        end: 'finished',
      });
    } finally {
      await engine.stop();
    }
  });

  it('that cannot start makes start() fail', async () => {
    const engine = new MediaFront({ settings, clock: systemClock, logger: silentLogger, entry: entry('process.exit(7)') });
    await assert.rejects(engine.start(), /did not start \(code 7\)/);
    await assert.rejects(engine.open('127.0.0.1', { onDigit: () => undefined, onMediaTimeout: () => undefined }), /not running/);
    await engine.stop();
  });

  it('goes on after a fault of its own, and counts it', async () => {
    const faulty = `import { parentPort } from 'node:worker_threads'; import ${JSON.stringify(worker)};
      parentPort.on('message', (m) => { if (m.do === 'configure') throw new Error('made up'); });`;
    const logged: string[] = [];
    const logger = { ...silentLogger, error: (_facts: object, message: string) => void logged.push(message) };
    const engine = new MediaFront({ settings, clock: systemClock, logger, entry: entry(faulty) });
    await engine.start();
    try {
      const session = await engine.open('127.0.0.1', { onDigit: () => undefined, onMediaTimeout: () => undefined });
      session.configure({
        remote: undefined,
        codec: 'PCMA',
        payloadType: 8,
        telephoneEventSend: undefined,
        telephoneEventReceive: undefined,
        direction: 'sendrecv',
        ptimeMs: 20,
      });
      await eventually('the fault in the log', () => logged.includes('fault in the media thread'));
      assert.deepEqual(await session.play([{ kind: 'tone', tone: 'beep' }], { loop: false, interruptOn: 'none' }).finished, {
        end: 'finished',
      });
      await eventually('the counter', () => engine.metrics().media_faults_total === 1);
    } finally {
      await engine.stop();
    }
  });
});

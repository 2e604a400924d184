import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { keysOfRunning } from '../src/shell/running-file.js';
import { Bench } from './support/bench.js';
import { fakeLeg, wav } from './support/fakes.js';

describe('a new master key', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.open();
  });
  afterEach(() => bench.close());

  const row = (id: string) => bench.row(id);
  const heard = (recorder: ReturnType<Bench['recorder']>, id: string): Promise<Buffer> => bench.heard(recorder, id);

  const keyIds = async (): Promise<string[]> => (await readdir(bench.keys)).map((name) => name.replace('.key', '')).sort();

  /** A database that takes this kind of write only when told to go on. */
  function slowRows(what: 'insert' | 'update' = 'update') {
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let asked = 0;
    const rows = new Proxy(bench.rows, {
      get(all, name) {
        const method = (Reflect.get(all, name) as (...given: unknown[]) => Promise<unknown>).bind(all);
        if (name !== what) return method;
        return async (...given: unknown[]): Promise<void> => {
          asked += 1;
          await held;
          await method(...given);
        };
      },
    });
    return { rows, begun: () => bench.until(() => asked > 0, 'a change of a row'), goOn };
  }

  for (const cipher of ['none', 'aes-256-gcm', 'sm4-ctr-sm3'] as const) {
    it(`${cipher}: everything depends on it after a while, the old one is removed, everything plays and is good`, async () => {
      bench.configuration.change({ recordingEncryption: cipher });
      const recorder = bench.recorder();
      const id = await bench.record(recorder, 40_000);
      const message = await bench.message(recorder);
      const before = await heard(recorder, id);
      const [old] = await keyIds();
      const { keyId } = await recorder.archive.rotateKey();
      await recorder.changeKeys();
      assert.deepEqual(await keyIds(), [keyId]);
      assert.notEqual(keyId, old);
      assert.deepEqual([row(id).seal?.keyId, bench.rows.voicemails.find((m) => m.id === message)?.seal?.keyId], [keyId, keyId]);
      assert.deepEqual(await heard(bench.recorder(), id), before);
      assert.deepEqual(
        (await bench.verify()).map((v) => v.verdict.state),
        ['good', 'good'],
      );
    });
  }

  it('a process that dies before it is done leaves everything playable, and the next one goes on', async () => {
    bench.configuration.change({ recordingEncryption: 'aes-256-gcm' });
    const recorder = bench.recorder();
    const id = await bench.record(recorder);
    await bench.record(recorder);
    bench.rows.failures = 100;
    const { keyId } = await recorder.archive.rotateKey();
    await recorder.changeKeys().catch(() => undefined);
    bench.rows.failures = 0;
    const next = bench.recorder();
    assert.deepEqual(await heard(next, id), Buffer.from(wav(2, 8_000)));
    await next.changeKeys();
    assert.deepEqual(await keyIds(), [keyId]);
    assert.deepEqual(
      (await bench.verify()).map((v) => v.verdict.state),
      ['good', 'good'],
    );
  });

  it('does not make a forged row a true one, nor take away the key that shows it', async () => {
    const recorder = bench.recorder();
    const id = await bench.record(recorder);
    const good = await bench.record(recorder);
    await bench.rows.update(id, { otherParty: '110' });
    const { keyId } = await recorder.archive.rotateKey();
    const result = await recorder.changeKeys();
    assert.equal(result.refused, 1);
    assert.equal(row(good).seal?.keyId, keyId);
    assert.equal((await keyIds()).length, 2);
    assert.deepEqual(
      (await bench.verify()).map((v) => v.verdict.state),
      ['row-changed', 'good'],
    );
  });

  it('keeps the key of what is being stored just now', async () => {
    bench.configuration.change({ recordingEncryption: 'aes-256-gcm' });
    const { rows, begun, goOn } = slowRows();
    const recorder = bench.recorder({ rows });
    const active = await recorder.start({ callId: 'c', direction: 'inbound', left: fakeLeg() });
    await bench.until(() => bench.rows.recordings.has('rec-1'));
    await active?.stop();
    await begun();
    await recorder.archive.rotateKey();
    await recorder.changeKeys();
    assert.equal((await keyIds()).length, 2);
    goOn();
    await bench.until(() => row('rec-1').state === 'complete');
    assert.deepEqual(await heard(bench.recorder(), 'rec-1'), Buffer.from(wav(2, 8_000)));
    await recorder.changeKeys();
    assert.equal((await keyIds()).length, 1);
    assert.deepEqual(
      (await bench.verify()).map((v) => v.verdict.state),
      ['good'],
    );
  }).timeout(10_000);

  it('one that another process has added is taken at once', async () => {
    const recorder = bench.recorder();
    await bench.record(recorder);
    bench.now += 1_000;
    const { keyId } = await bench.recorder().archive.rotateKey();
    assert.equal(row(await bench.record(recorder)).seal?.keyId, keyId);
  });

  describe('of several processes', () => {
    /** What the lock of the database does for them. */
    function turns() {
      let last: Promise<unknown> = Promise.resolve();
      let asked = 0;
      const exclusively = <T>(work: () => Promise<T>): Promise<T> => {
        asked += 1;
        const next = last.then(work);
        last = next.catch(() => undefined);
        return next;
      };
      return { exclusively, asked: () => asked };
    }
    const good = async (id: string, frames: number): Promise<void> => {
      assert.deepEqual(await heard(bench.recorder(), id), Buffer.from(wav(2, frames)), 'a process that knows only what is on the disk');
      assert.deepEqual(
        (await bench.verify()).map((v) => v.verdict.state),
        ['good'],
      );
    };

    for (const cipher of ['none', 'aes-256-gcm'] as const) {
      it(`${cipher}: one removes a key that another is just storing with: what is stored depends on the newest`, async () => {
        bench.configuration.change({ recordingEncryption: cipher });
        const { exclusively } = turns();
        const { rows, begun, goOn } = slowRows();
        const [one, other] = [bench.recorder({ exclusively, rows }), bench.recorder({ exclusively })];
        const active = await one.start({ callId: 'c', direction: 'inbound', left: fakeLeg() });
        await bench.until(() => bench.rows.recordings.has('rec-1'));
        await active?.stop();
        await begun();
        const [old = ''] = await keyIds();
        bench.now += 1_000;
        const { keyId } = await other.archive.rotateKey();
        await other.changeKeys();
        assert.deepEqual(await keyIds(), [keyId], 'nobody was seen to use the other');
        goOn();
        await bench.until(() => row('rec-1').seal?.keyId === keyId);
        assert.notEqual(keyId, old);
        await good('rec-1', 8_000);
      }).timeout(10_000);
    }

    it('a recording that has just begun, whose row was not there: what there is of it can be opened after its process died, too', async () => {
      bench.sw.takesSinks = true;
      bench.configuration.change({ recordingEncryption: 'aes-256-gcm' });
      const { exclusively } = turns();
      const { rows, begun, goOn } = slowRows('insert');
      const [one, other] = [bench.recorder({ exclusively, rows }), bench.recorder({ exclusively })];
      const active = await one.start({ callId: 'c', direction: 'inbound', left: fakeLeg(), right: fakeLeg() });
      assert.ok(active);
      await begun();
      await bench.sw.sinks[0]?.say(8_000);
      bench.now += 1_000;
      const { keyId } = await other.archive.rotateKey();
      await other.changeKeys();
      assert.deepEqual(await keyIds(), [keyId]);
      goOn();
      const file = join(bench.directory, '2026/03/01', `${active.id}.yxp`);
      await bench.eventually(async () => (await keysOfRunning(file)).join() === keyId, 'the newest key');
      await bench.sw.sinks[0]?.say(4_000);
      assert.deepEqual(await heard(bench.recorder(), active.id), Buffer.from(wav(2, 12_000)));
    });

    it('two change the keys at once: one after the other, and what they change depends on a key that is there', async () => {
      bench.configuration.change({ recordingEncryption: 'aes-256-gcm' });
      const { exclusively, asked } = turns();
      const { rows: slow, begun, goOn } = slowRows();
      const id = await bench.record(bench.recorder(), 8_000);
      const [one, other] = [bench.recorder({ exclusively, rows: slow }), bench.recorder({ exclusively })];
      bench.now += 1_000;
      await one.archive.rotateKey();
      await begun();
      bench.now += 1_000;
      const { keyId } = await other.archive.rotateKey();
      let done = false;
      const changed = other.changeKeys().then(() => {
        done = true;
      });
      await bench.until(() => done || asked() > 1, 'the other to be done, or to wait');
      goOn();
      await Promise.all([changed, one.changeKeys()]);
      await other.changeKeys();
      assert.deepEqual([row(id).seal?.keyId, await keyIds()], [keyId, [keyId]]);
      await good(id, 8_000);
    }).timeout(10_000);
  });
});

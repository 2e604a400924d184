import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RecordingRow, silentLogger, systemClock } from '@yixian/contracts';
import { createKeyring, createRecorder, type RecorderOptions, type RecorderService, type Verified, verifyAll } from '../../src/index.js';
import { bytesOf } from '../../src/shell/container-file.js';
import { countingIds, FakeConfiguration, FakeSwitch, fakeLeg, TestBus } from './fakes.js';
import { MemoryRows } from './memory-rows.js';

export const NOW = Date.UTC(2026, 2, 1, 4);

/** A recorder with everything around it, in a folder of its own. */
export class Bench {
  readonly sw = new FakeSwitch();
  readonly rows = new MemoryRows();
  readonly events = new TestBus();
  readonly configuration = new FakeConfiguration();
  readonly ids = countingIds();
  now = NOW;
  readonly directory: string;
  readonly keys: string;
  #recorders: RecorderService[] = [];

  private constructor(folder: string) {
    this.directory = join(folder, 'recordings');
    this.keys = join(folder, 'keys');
    this.sw.startedAt = NOW;
  }

  static async open(): Promise<Bench> {
    return new Bench(await mkdtemp(join(tmpdir(), 'yixian-rec-')));
  }

  recorder(change: Partial<RecorderOptions> = {}): RecorderService {
    const { sw, rows, events, configuration, ids, directory } = this;
    const recorder = createRecorder({
      ...{ switch: sw, rows, events, configuration, ids, directory, keysDirectory: this.keys, logger: silentLogger },
      clock: { ...systemClock(), now: () => this.now },
      ...change,
    });
    this.#recorders.push(recorder);
    return recorder;
  }

  /** Of a recording that has to be there. */
  row(id: string): RecordingRow {
    const found = this.rows.recordings.get(id);
    assert.ok(found, id);
    return found;
  }

  /** The audio of a recording as a player gets it. */
  async heard(recorder: RecorderService, id: string): Promise<Buffer> {
    const source = await recorder.archive.open('recording', this.row(id));
    return bytesOf(source, 0, source.bytes);
  }

  /** One finished recording of `frames` samples; resolves with its id when its row is written. */
  async record(recorder: RecorderService, frames = 8_000, change: { callId?: string; agentId?: string } = {}): Promise<string> {
    this.sw.frames = frames;
    const request = {
      callId: 'call-1',
      direction: 'inbound',
      agentId: '1001',
      queueId: 'consult',
      otherParty: '13800000000',
      ...change,
    } as const;
    const active = await recorder.start({ ...request, left: fakeLeg(), right: fakeLeg() });
    await active?.stop();
    const id = active?.id ?? '';
    await this.until(() => this.rows.recordings.get(id)?.state === 'complete');
    return id;
  }

  async message(recorder: RecorderService, box = 'main', frames = 16_000): Promise<string> {
    const begun = this.sw.requests.length + 1;
    const taking = recorder.voicemail({ callId: 'call-v', box, caller: '021', leg: fakeLeg(), maxDurationMs: 60_000 });
    await this.sw.begun(begun);
    this.sw.frames = frames;
    await this.sw.end(begun - 1, 'stopped');
    const id = (await taking)?.voicemailId ?? '';
    await this.until(() => this.rows.voicemails.some((row) => row.id === id));
    return id;
  }

  /** Looks again after everything that is under way had its turn. */
  until(condition: () => boolean, what = 'the condition'): Promise<void> {
    return this.eventually(async () => condition(), what);
  }

  /** The same, of what has to be asked. */
  async eventually(condition: () => Promise<boolean>, what: string): Promise<void> {
    const deadline = Date.now() + 5_000;
    while (!(await condition())) {
      if (Date.now() > deadline) throw new Error(`${what} did not come true`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async verify(): Promise<Verified[]> {
    const found: Verified[] = [];
    const keyring = createKeyring(this.keys, () => this.now);
    for await (const one of verifyAll({ rows: this.rows, directory: this.directory, keyring })) found.push(one);
    return found;
  }

  async close(): Promise<void> {
    // A test may leave recordings running; nobody waits for those.
    await Promise.all(this.#recorders.map((recorder) => recorder.close(50)));
    await rm(join(this.directory, '..'), { recursive: true, force: true });
  }
}

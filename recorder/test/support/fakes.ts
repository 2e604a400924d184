import { writeFile } from 'node:fs/promises';
import {
  type AgentConfig,
  type AudioSink,
  type CallLeg,
  DEFAULT_SETTINGS,
  type DomainEvent,
  type EventBus,
  type EventDraft,
  type Extension,
  type FromSink,
  type HotlineSettings,
  type IdSource,
  type LegEvent,
  type MessagesWaiting,
  type Playback,
  type QueueConfig,
  type RecordingResult,
  type RecordRequest,
  type Switch,
  type ToSink,
  type Trunk,
  type VoicemailBox,
} from '@yixian/contracts';
import type { RecorderOptions } from '../../src/index.js';

/** A WAV as the switch writes it: 8 kHz, 16 bit; the header may claim another length than there is. */
export function wav(channels: number, frames: number, claimed = frames): Uint8Array {
  const bytes = new Uint8Array(44 + frames * channels * 2).fill(1, 44);
  const view = new DataView(bytes.buffer);
  const text = (at: number, s: string): void => bytes.set(new TextEncoder().encode(s), at);
  text(0, 'RIFF');
  view.setUint32(4, 36 + claimed * channels * 2, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, 8000, true);
  view.setUint32(28, 8000 * channels * 2, true);
  view.setUint16(32, channels * 2, true);
  view.setUint16(34, 16, true);
  text(36, 'data');
  view.setUint32(40, claimed * channels * 2, true);
  return bytes;
}

export class FakeLeg {
  state: CallLeg['state'] = 'answered';
  played: string[] = [];
  cleared = 0;
  #listeners = new Set<(event: LegEvent) => void>();

  subscribe(listener: (event: LegEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  press(digit: string): void {
    for (const listener of this.#listeners) listener({ type: 'digit', digit: { digit, durationMs: 100, via: 'rfc4733' } });
  }

  play(items: Parameters<CallLeg['play']>[0]): Playback {
    this.played.push(...items.map((item) => (item.kind === 'tone' ? item.tone : item.kind)));
    return { finished: Promise.resolve('finished'), stop: () => undefined };
  }

  clearDigits(): void {
    this.cleared += 1;
  }
}

/** The parts of a leg the recorder uses; the rest is the switch's business. */
export function fakeLeg(): FakeLeg & CallLeg {
  return new FakeLeg() as FakeLeg & CallLeg;
}

/** The media engine's end of a sink: the same samples as in {@link wav}. */
export class FakeSink {
  readonly #port: AudioSink;
  readonly #channels: number;
  #said = 0;

  constructor(port: AudioSink, channels: number) {
    this.#port = port;
    this.#channels = channels;
  }

  /** Resolves when they are kept. */
  async say(frames: number): Promise<void> {
    this.#said += frames;
    await this.#answer('kept', new Uint8Array(frames * this.#channels * 2).fill(1));
  }

  /** What is missing to so many altogether, and the end. */
  async end(frames: number): Promise<void> {
    if (frames > this.#said) await this.say(frames - this.#said);
    await this.#answer('closed', 'end');
    this.#port.close();
  }

  /** As when the writer dies. */
  die(): void {
    this.#port.close();
  }

  async #answer(is: FromSink['is'], input: ToSink): Promise<void> {
    const heard = new Promise<FromSink>((resolve) => this.#port.once('message', resolve));
    this.#port.postMessage(input);
    const answer = await heard;
    if (answer.is !== is) throw new Error(`the sink answers ${JSON.stringify(answer)}`);
  }
}

/** Stands where the switch's media engine is: writes real files, ends when the test says so. */
export class FakeSwitch implements Pick<Switch, 'record' | 'setMessagesWaiting' | 'takesSinks'> {
  /** Whether recordings go into sinks where they are given one. */
  takesSinks = false;
  /** Of the recordings that do, in order. */
  sinks: FakeSink[] = [];
  /** What phones were told, in order. */
  waiting: string[] = [];
  requests: RecordRequest[] = [];
  /** What happened to each tap, in order. */
  log: string[] = [];
  failStart: Error | undefined;
  /** Never answers. */
  hang = false;
  /** Length of what the next recordings write. */
  frames = 8_000;
  startedAt = 0;
  #listeners = new Set<() => void>();
  #ends: ((reason: RecordingResult['reason'], error?: string) => Promise<void>)[] = [];

  async record(request: RecordRequest): ReturnType<Switch['record']> {
    this.requests.push(request);
    this.#told();
    if (this.failStart) throw this.failStart;
    if (this.hang) return new Promise(() => undefined);
    const sink = request.sink && new FakeSink(request.sink, request.channels);
    if (sink) this.sinks.push(sink);
    else await writeFile(request.file, wav(request.channels, 0));
    let settle = (_result: RecordingResult): void => {};
    const finished = new Promise<RecordingResult>((resolve) => {
      settle = resolve;
    });
    const end = async (reason: RecordingResult['reason'], error?: string): Promise<void> => {
      const content = wav(request.channels, this.frames, reason === 'failed' ? 0 : this.frames);
      if (sink) await sink.end(this.frames);
      else await writeFile(request.file, content);
      const facts = { file: request.file, durationMs: this.frames / 8, bytes: content.byteLength, startedAt: this.startedAt };
      settle({ ...facts, reason, ...(error ? { error } : {}) });
    };
    this.#ends.push(end);
    this.#told();
    return {
      finished,
      setRight: (leg) => this.log.push(leg ? 'right' : 'no-right'),
      setLeft: (leg) => this.log.push(leg ? 'left' : 'no-left'),
      pause: () => this.log.push('pause'),
      resume: () => this.log.push('resume'),
      stop: async () => {
        await end('stopped');
        return finished;
      },
    };
  }

  setMessagesWaiting(extension: string, { newMessages, oldMessages }: MessagesWaiting): void {
    this.waiting.push(`${extension} ${newMessages}/${oldMessages}`);
    this.#told();
  }

  /** Resolves when so much was said to phones. */
  saidToPhones(count: number): Promise<void> {
    return this.#until(() => this.waiting.length >= count);
  }

  #told(): void {
    for (const listener of this.#listeners) listener();
  }

  async #until(condition: () => boolean): Promise<void> {
    if (condition()) return;
    await new Promise<void>((resolve) => {
      const check = (): void => {
        if (!condition()) return;
        this.#listeners.delete(check);
        resolve();
      };
      this.#listeners.add(check);
    });
  }

  /** Resolves when so many recordings have been asked for. */
  asked(count: number): Promise<void> {
    return this.#until(() => this.requests.length >= count);
  }

  /** Resolves when so many recordings run. */
  begun(count: number): Promise<void> {
    return this.#until(() => this.#ends.length >= count);
  }

  /** Ends the recording that was started as number `index`. */
  async end(index: number, reason: RecordingResult['reason'], error?: string): Promise<void> {
    await this.#ends[index]?.(reason, error);
  }
}

/** Keeps what was published, and lets a test wait for it. */
export class TestBus implements EventBus {
  events: DomainEvent[] = [];
  #waiting: { type: string; count: number; resolve(event: DomainEvent): void }[] = [];

  publish(draft: EventDraft): DomainEvent {
    const event = { at: 0, ...draft, id: `ev-${this.events.length}`, seq: this.events.length + 1 } as DomainEvent;
    this.events.push(event);
    for (const w of this.#waiting)
      if (w.type === event.type && this.events.filter((e) => e.type === w.type).length >= w.count) w.resolve(event);
    for (const listener of this.#listeners) listener(event);
    return event;
  }

  #listeners = new Set<(event: DomainEvent) => void>();

  subscribe(listener: (event: DomainEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get types(): string[] {
    return this.events.map((event) => event.type);
  }

  /** The event of this type, the `count`th of them; seen already or still to come. */
  next(type: DomainEvent['type'], count = 1): Promise<DomainEvent> {
    const seen = this.events.filter((event) => event.type === type)[count - 1];
    return seen ? Promise.resolve(seen) : new Promise((resolve) => this.#waiting.push({ type, count, resolve }));
  }
}

export function countingIds(): IdSource {
  let n = 0;
  return {
    next(prefix) {
      n += 1;
      return `${prefix}-${n}`;
    },
  };
}

type Configuration = RecorderOptions['configuration'];

/** The configuration as a test wants it; `change` tells the recorder of what is different. */
export class FakeConfiguration implements Configuration {
  current: HotlineSettings = structuredClone({ ...DEFAULT_SETTINGS, recordingMinFreeMegabytes: 0 });
  agents = new Map<string, AgentConfig>();
  queues = new Map<string, QueueConfig>();
  trunks = new Map<string, Trunk>();
  extensions = new Set<string>();
  voicemailBoxes: VoicemailBox[] = [];
  #listeners = new Set<() => void>();

  agent = (id: string): AgentConfig | undefined => this.agents.get(id);
  queue = (id: string): QueueConfig | undefined => this.queues.get(id);
  trunk = (id: string): Trunk | undefined => this.trunks.get(id);
  extension = (number: string): Extension | undefined => (this.extensions.has(number) ? ({ number } as Extension) : undefined);
  settings = (): HotlineSettings => this.current;
  boxes = (): readonly VoicemailBox[] => this.voicemailBoxes;
  box = (id: string): VoicemailBox | undefined => this.voicemailBoxes.find((box) => box.id === id);

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  change(settings: Partial<HotlineSettings>): void {
    Object.assign(this.current, settings);
    for (const listener of this.#listeners) listener();
  }

  get listeners(): number {
    return this.#listeners.size;
  }
}

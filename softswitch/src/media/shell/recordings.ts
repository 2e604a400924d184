import type { MediaEnvironment } from './environment.js';
import type { MediaLeg } from './leg.js';
import type { Command, RecordSettings } from './protocol.js';
import { Recording, type VoiceTap } from './recording.js';
import { SinkWriter } from './sink-writer.js';
import { WavWriter } from './wav-writer.js';

interface Running {
  recording: Recording;
  /** Who speaks on which channel. */
  voices: { leg: MediaLeg; channel: number; tap: VoiceTap }[];
}

type RecordCommand = Extract<Command, { do: 'record' | 'set-channel' | 'pause' | 'stop-record' }>;

/** All recordings of the thread, and which leg's audio goes where. */
export class Recordings {
  readonly #env: MediaEnvironment;
  readonly #leg: (session: number) => MediaLeg | undefined;
  readonly #running = new Map<number, Running>();
  readonly #closing = new Set<Promise<void>>();

  constructor(env: MediaEnvironment, leg: (session: number) => MediaLeg | undefined) {
    this.#env = env;
    this.#leg = leg;
  }

  get size(): number {
    return this.#running.size;
  }

  carryOut(command: RecordCommand): void {
    switch (command.do) {
      case 'record':
        void this.#start(command.recording, command.settings);
        return;
      case 'set-channel':
        this.#set(command.recording, command.channel === 'left' ? 0 : 1, command.sessions);
        return;
      case 'pause':
        this.#running.get(command.recording)?.recording.pause(command.on, this.#env.now());
        return;
      case 'stop-record':
        this.#finish(command.recording, 'stopped');
        return;
    }
  }

  housekeep(now: number): void {
    for (const { recording } of this.#running.values()) {
      recording.housekeep(now);
      if (recording.over) this.#forget(recording.id);
    }
  }

  /** A recording goes on while one of its parties is there. */
  legEnded(leg: MediaLeg): void {
    for (const [id, running] of this.#running) {
      const staying = running.voices.filter((voice) => voice.leg !== leg);
      if (staying.length === running.voices.length) continue;
      keepOnly(running, staying);
      if (staying.length === 0) this.#finish(id, 'legs-ended');
    }
  }

  /** Resolves when every file is closed. */
  async finished(): Promise<void> {
    for (const id of [...this.#running.keys()]) this.#finish(id, 'stopped');
    await Promise.all(this.#closing);
  }

  async #start(id: number, settings: RecordSettings): Promise<void> {
    let closed: () => void = () => undefined;
    const closing = new Promise<void>((resolve) => {
      closed = resolve;
    });
    this.#closing.add(closing);
    const done = (): void => {
      this.#closing.delete(closing);
      closed();
    };
    try {
      const writer = settings.sink ? new SinkWriter(settings.sink) : await WavWriter.open(settings.file, settings.channels);
      this.#env.notify({ is: 'recording', recording: id, error: undefined });
      const recording = new Recording(id, settings, this.#env, writer, (result) => {
        this.#env.notify({ is: 'recording-ended', recording: id, result });
        done();
      });
      this.#connect(recording);
    } catch (error) {
      done();
      this.#env.counters.recordingFailures++;
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      this.#env.notify({ is: 'recording', recording: id, error: `${settings.file}: cannot be written (${code})` });
    }
  }

  #connect(recording: Recording): void {
    const { left, right } = recording.settings;
    const running: Running = { recording, voices: [] };
    this.#running.set(recording.id, running);
    this.#add(running, 0, [left]);
    this.#add(running, 1, right === undefined ? [] : [right]);
    if (running.voices.length === 0) this.#finish(recording.id, 'legs-ended');
  }

  #set(id: number, channel: number, sessions: readonly number[]): void {
    const running = this.#running.get(id);
    if (!running) return;
    const wanted = sessions.map((session) => this.#leg(session));
    keepOnly(
      running,
      running.voices.filter((voice) => voice.channel !== channel || wanted.includes(voice.leg)),
    );
    this.#add(running, channel, sessions);
  }

  #add(running: Running, channel: number, sessions: readonly number[]): void {
    for (const session of sessions) {
      const leg = this.#leg(session);
      if (!leg || running.voices.some((voice) => voice.leg === leg && voice.channel === channel)) continue;
      const tap = running.recording.tap(channel);
      leg.taps.push(tap);
      running.voices.push({ leg, channel, tap });
    }
  }

  #finish(id: number, reason: 'stopped' | 'legs-ended'): void {
    this.#running.get(id)?.recording.finish(reason, this.#env.now());
    this.#forget(id);
  }

  #forget(id: number): void {
    const running = this.#running.get(id);
    if (!running) return;
    this.#running.delete(id);
    keepOnly(running, []);
  }
}

/** Takes all other voices off the recording. */
function keepOnly(running: Running, staying: Running['voices']): void {
  for (const voice of running.voices) {
    if (staying.includes(voice)) continue;
    const at = voice.leg.taps.indexOf(voice.tap);
    if (at >= 0) voice.leg.taps.splice(at, 1);
    running.recording.untap(voice.tap);
  }
  running.voices = staying;
}

import type { MediaEnvironment } from './environment.js';
import type { MediaLeg, Tap } from './leg.js';
import type { Command, RecordSettings } from './protocol.js';
import { Recording } from './recording.js';
import { WavWriter } from './wav-writer.js';

interface Running {
  recording: Recording;
  left: MediaLeg | undefined;
  right: MediaLeg | undefined;
}

type RecordCommand = Extract<Command, { do: 'record' | 'set-right' | 'pause' | 'stop-record' }>;

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
      case 'set-right':
        this.#setRight(command.recording, command.session);
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
      if (running.left !== leg && running.right !== leg) continue;
      if (running.left === leg) running.left = undefined;
      if (running.right === leg) running.right = undefined;
      if (!running.left && !running.right) this.#finish(id, 'legs-ended');
    }
    leg.taps.length = 0;
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
      const writer = await WavWriter.open(settings.file, settings.channels);
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
    const { left: leftId, right: rightId } = recording.settings;
    const left = this.#leg(leftId);
    const right = rightId === undefined ? undefined : this.#leg(rightId);
    this.#running.set(recording.id, { recording, left, right });
    left?.taps.push(recording.left);
    right?.taps.push(recording.right);
    if (!left && !right) this.#finish(recording.id, 'legs-ended');
  }

  #setRight(id: number, session: number | undefined): void {
    const running = this.#running.get(id);
    if (!running) return;
    untap(running.right, running.recording.right);
    running.right = session === undefined ? undefined : this.#leg(session);
    running.right?.taps.push(running.recording.right);
  }

  #finish(id: number, reason: 'stopped' | 'legs-ended'): void {
    this.#running.get(id)?.recording.finish(reason, this.#env.now());
    this.#forget(id);
  }

  #forget(id: number): void {
    const running = this.#running.get(id);
    if (!running) return;
    this.#running.delete(id);
    untap(running.left, running.recording.left);
    untap(running.right, running.recording.right);
  }
}

function untap(leg: MediaLeg | undefined, tap: Tap): void {
  const at = leg?.taps.indexOf(tap) ?? -1;
  if (at >= 0) leg?.taps.splice(at, 1);
}

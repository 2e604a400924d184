import type { CallLeg, RecordingResult, RecordingTap, RecordRequest } from '@yixian/contracts';
import { Leg } from './leg.js';
import type { MediaEngine, MediaRecording, MediaSession } from './media/port.js';

async function sessionOf(leg: CallLeg): Promise<MediaSession> {
  if (!(leg instanceof Leg)) throw new Error(`leg ${leg.id} belongs to another switch`);
  if (leg.state === 'ended' || !leg.media) throw new Error(`leg ${leg.id} has ended and cannot be recorded`);
  return await leg.media.opened;
}

/** @throws Error naming the leg that has ended, or what the file system refuses */
export async function startRecording(engine: Pick<MediaEngine, 'record'>, request: RecordRequest): Promise<RecordingTap> {
  const left = await sessionOf(request.left);
  const right = request.right ? await sessionOf(request.right) : undefined;
  const recording = await engine.record({
    file: request.file,
    channels: request.channels,
    left,
    ...(right ? { right } : {}),
    ...(request.maxDurationMs === undefined ? {} : { maxDurationMs: request.maxDurationMs }),
    ...(request.sink ? { sink: request.sink } : {}),
    ...(request.endAfterSilenceMs === undefined ? {} : { endAfterSilenceMs: request.endAfterSilenceMs }),
  });
  return new Tap(recording);
}

/** Whose voices go into one channel. */
class Side {
  readonly #set: (sessions: readonly MediaSession[]) => void;
  #legs: readonly CallLeg[] = [];

  constructor(set: (sessions: readonly MediaSession[]) => void) {
    this.#set = set;
  }

  put(given: CallLeg | readonly CallLeg[] | undefined): void {
    const legs = given === undefined ? [] : [given].flat();
    this.#legs = legs;
    this.#send();
    // A leg still being dialled has no media yet; by the time it has, others may have been put.
    for (const leg of legs) {
      if (leg instanceof Leg && leg.media?.session) continue;
      const there = (): void => {
        if (this.#legs === legs) this.#send();
      };
      sessionOf(leg).then(there, there);
    }
  }

  #send(): void {
    this.#set(this.#legs.flatMap((leg) => (leg instanceof Leg ? (leg.media?.session ?? []) : [])));
  }
}

class Tap implements RecordingTap {
  readonly finished: Promise<RecordingResult>;
  readonly #recording: MediaRecording;
  readonly #left: Side;
  readonly #right: Side;

  constructor(recording: MediaRecording) {
    this.#recording = recording;
    this.#left = new Side((sessions) => recording.setLeft(sessions));
    this.#right = new Side((sessions) => recording.setRight(sessions));
    this.finished = recording.finished;
  }

  setLeft(legs: CallLeg | readonly CallLeg[] | undefined): void {
    this.#left.put(legs);
  }

  setRight(legs: CallLeg | readonly CallLeg[] | undefined): void {
    this.#right.put(legs);
  }

  pause(): void {
    this.#recording.pause();
  }

  resume(): void {
    this.#recording.resume();
  }

  async stop(): Promise<RecordingResult> {
    this.#recording.stop();
    return await this.finished;
  }
}

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
    ...(request.endAfterSilenceMs === undefined ? {} : { endAfterSilenceMs: request.endAfterSilenceMs }),
  });
  return new Tap(recording, request.right);
}

class Tap implements RecordingTap {
  readonly finished: Promise<RecordingResult>;
  readonly #recording: MediaRecording;
  #right: CallLeg | undefined;

  constructor(recording: MediaRecording, right: CallLeg | undefined) {
    this.#recording = recording;
    this.#right = right;
    this.finished = recording.finished;
  }

  setRight(leg: CallLeg | undefined): void {
    this.#right = leg;
    const session = leg instanceof Leg ? leg.media?.session : undefined;
    if (leg && !session) this.#whenOpen(leg);
    else this.#recording.setRight(session);
  }

  // A leg still being dialled has no media yet; by the time it has, another may have been set.
  #whenOpen(leg: CallLeg): void {
    const set = (session: MediaSession | undefined): void => {
      if (this.#right === leg) this.#recording.setRight(session);
    };
    sessionOf(leg).then(set, () => set(undefined));
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

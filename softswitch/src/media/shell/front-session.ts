import {
  type Clock,
  type CollectResult,
  type DigitEvent,
  type DigitInput,
  type DigitStep,
  digitStep,
  type LegStats,
  type Logger,
  type MediaItem,
  noDigits,
  type PlaybackEnd,
  type Timer,
} from '@yixian/contracts';
import type { MediaParameters, MediaPlayback, MediaSession, MediaSessionEvents } from '../port.js';
import type { Command } from './protocol.js';

interface Engine {
  send(command: Command): void;
  ask<T>(what: string, command: (request: number) => Command): Promise<T>;
  nextPlayback(): number;
}

interface Dependencies {
  id: number;
  address: string;
  rtpPort: number;
  events: MediaSessionEvents;
  engine: Engine;
  clock: Clock;
  logger: Logger;
}

interface Playing {
  interruptOn: string;
  resolve(result: { end: PlaybackEnd; error?: string }): void;
}

const noStats: LegStats = {
  codec: '',
  packetsReceived: 0,
  packetsSent: 0,
  packetsLost: 0,
  packetsDiscarded: 0,
  jitterMs: 0,
  ssrcChanges: 0,
};

/** Within this time the INFO of a key whose tone was heard is the same key. */
const ECHO_MS = 500;

/** A leg's media as the signalling thread sees it. Keys are buffered and collected here, where they are waited for. */
export class FrontSession implements MediaSession {
  readonly id: number;
  readonly address: string;
  readonly rtpPort: number;
  readonly #events: MediaSessionEvents;
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #playing = new Map<number, Playing>();
  #digits = noDigits;
  #digitTimer: Timer | undefined;
  #infoSeen = false;
  #lastTone: { digit: string; at: number } | undefined;
  #collected: ((result: CollectResult) => void) | undefined;
  #closing: Promise<LegStats> | undefined;
  #closed: ((stats: LegStats) => void) | undefined;
  #final: LegStats | undefined;

  constructor({ id, address, rtpPort, events, engine, clock, logger }: Dependencies) {
    this.id = id;
    this.address = address;
    this.rtpPort = rtpPort;
    this.#events = events;
    this.#engine = engine;
    this.#clock = clock;
    this.#logger = logger;
  }

  configure(parameters: MediaParameters): void {
    if (!this.#closing) this.#engine.send({ do: 'configure', session: this.id, parameters });
  }

  expectPackets(withinMs: number): void {
    if (!this.#closing) this.#engine.send({ do: 'expect-packets', session: this.id, withinMs });
  }

  mute(on: boolean): void {
    if (!this.#closing) this.#engine.send({ do: 'mute', session: this.id, on });
  }

  play(items: readonly MediaItem[], { loop, interruptOn }: { loop: boolean; interruptOn: string }): MediaPlayback {
    const playback = this.#engine.nextPlayback();
    const stop = (): void => this.#engine.send({ do: 'stop-play', session: this.id, playback, end: 'stopped' });
    if (this.#closing || this.#final) return { finished: Promise.resolve({ end: 'leg-ended' }), stop };
    const finished = new Promise<{ end: PlaybackEnd; error?: string }>((resolve) => {
      this.#playing.set(playback, { interruptOn, resolve });
    });
    this.#engine.send({ do: 'play', session: this.id, playback, items, loop });
    return { finished, stop };
  }

  collect(options: Parameters<MediaSession['collect']>[0]): Promise<CollectResult> {
    if (this.#closing || this.#final) return Promise.resolve({ digits: '', reason: 'leg-ended' });
    this.cancelCollect();
    if (options.inBand) this.#engine.send({ do: 'listen-in-band', session: this.id, on: true });
    return new Promise((resolve) => {
      this.#collected = (result) => {
        if (options.inBand) this.#engine.send({ do: 'listen-in-band', session: this.id, on: false });
        resolve(result);
      };
      this.#step({ type: 'collect', request: options });
    });
  }

  cancelCollect(): void {
    this.#step({ type: 'end', reason: 'cancelled' });
  }

  clearDigits(): void {
    this.#step({ type: 'clear' });
  }

  injectDigit(digit: string, durationMs: number): void {
    this.digit({ digit, durationMs, via: 'info' });
  }

  sendDigits(digits: string): Promise<void> {
    return this.#engine.ask<void>('send keys', (request) => ({ do: 'send-digits', session: this.id, request, digits }));
  }

  async stats(): Promise<LegStats> {
    if (this.#closing) return this.#closing;
    if (this.#final) return this.#final;
    const stats = await this.#engine.ask<LegStats | undefined>('read statistics', (request) => ({
      do: 'stats',
      session: this.id,
      request,
    }));
    return stats ?? this.#final ?? noStats;
  }

  close(): Promise<LegStats> {
    this.#closing ??= new Promise((resolve) => {
      if (this.#final) {
        resolve(this.#final);
        return;
      }
      this.#closed = resolve;
      this.#step({ type: 'end', reason: 'leg-ended' });
      this.#engine.send({ do: 'close', session: this.id });
    });
    return this.#closing;
  }

  /** A key came: buffer or collection first, so that a decision on it does not wait for anything. */
  digit(digit: DigitEvent): void {
    if (this.#isEcho(digit)) return;
    this.#step({ type: 'digit', digit: digit.digit });
    for (const [playback, { interruptOn }] of this.#playing) {
      if (interruptOn !== 'any' && (interruptOn === 'none' || !interruptOn.includes(digit.digit))) continue;
      this.#engine.send({ do: 'stop-play', session: this.id, playback, end: 'interrupted' });
    }
    this.#tell('onDigit', () => this.#events.onDigit(digit));
  }

  /** Phones that send INFO leave the tone in the audio as well: the key counts once, and INFO is believed from then on. */
  #isEcho({ digit, via }: DigitEvent): boolean {
    const now = this.#clock.monotonic();
    if (via === 'in-band') {
      if (this.#infoSeen) return true;
      this.#lastTone = { digit, at: now };
    }
    if (via !== 'info') return false;
    const first = !this.#infoSeen;
    this.#infoSeen = true;
    return first && this.#lastTone?.digit === digit && now - this.#lastTone.at < ECHO_MS;
  }

  played(playback: number, end: PlaybackEnd, error: string | undefined): void {
    const playing = this.#playing.get(playback);
    this.#playing.delete(playback);
    playing?.resolve(error === undefined ? { end } : { end, error });
  }

  mediaTimeout(): void {
    this.#tell('onMediaTimeout', () => this.#events.onMediaTimeout());
  }

  firstPacket(): void {
    this.#tell('onFirstPacket', () => this.#events.onFirstPacket?.());
  }

  /** The media thread died: for the call that is as if the party's media had failed. */
  lost(): void {
    if (this.#closing) return;
    if (this.#events.onFailed) this.#events.onFailed('the media thread has ended');
    else this.mediaTimeout();
  }

  /** It is over, with these figures when the thread could still give them. */
  settle(stats: LegStats | undefined): void {
    this.#final = stats ?? noStats;
    this.#step({ type: 'end', reason: 'leg-ended' });
    for (const playback of [...this.#playing.keys()]) this.played(playback, 'leg-ended', undefined);
    this.#closed?.(this.#final);
  }

  #step(input: DigitInput): void {
    const { state, result, timer }: DigitStep = digitStep(this.#digits, input);
    this.#digits = state;
    if (timer) {
      this.#digitTimer?.cancel();
      this.#digitTimer =
        timer.ms === undefined ? undefined : this.#clock.setTimer(timer.ms, () => this.#step({ type: 'end', reason: 'timeout' }));
    }
    if (!result) return;
    const collected = this.#collected;
    this.#collected = undefined;
    collected?.(result);
  }

  /** A listener's fault stays with its own call. */
  #tell(what: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#logger.error({ err: error, session: this.id }, `${what} threw`);
    }
  }
}

import type {
  CollectOptions,
  CollectResult,
  DigitEvent,
  LegStats,
  Logger,
  MediaItem,
  Playback,
  PlaybackEnd,
  PlayOptions,
} from '@yixian/contracts';
import type { MediaEngine, MediaParameters, MediaPlayback, MediaSession } from './media/port.js';
import type { WebLink } from './webrtc/gateway.js';

export interface LegMediaDeps {
  engine: Pick<MediaEngine, 'open'>;
  logger: Logger;
  onDigit(digit: DigitEvent): void;
  onMediaTimeout(): void;
  onMediaFailed(reason: string): void;
  /** The browser's connection that this session's packets go through; closed with it. */
  link?: Pick<WebLink, 'close'>;
}

/** A browser sends twenty-five packets a second at least, silence too. */
const BROWSER_SILENT_MS = 2_500;

const NO_FIGURES: LegStats = {
  codec: '',
  packetsReceived: 0,
  packetsSent: 0,
  packetsLost: 0,
  packetsDiscarded: 0,
  jitterMs: 0,
  ssrcChanges: 0,
};

/**
 * A leg's media session from the first wish for a port to its release. The port is asked for once; whatever comes
 * before it is there waits for it, and closing while it is on its way closes it when it comes.
 */
export class LegMedia {
  readonly localAddress: string;
  /** The session once its ports are taken; rejects when there were none or the leg ended first. */
  readonly opened: Promise<MediaSession>;
  readonly #logger: Logger;
  readonly #link: LegMediaDeps['link'];
  #session: MediaSession | undefined;
  #parameters: MediaParameters | undefined;
  #muted = false;
  #closed: Promise<LegStats> | undefined;

  constructor(localAddress: string, deps: LegMediaDeps) {
    this.localAddress = localAddress;
    this.#logger = deps.logger;
    this.#link = deps.link;
    this.opened = this.#open(deps);
    // Whoever needs the session awaits `opened` and is told; nobody may be waiting.
    this.opened.catch((error: unknown) => this.#logger.debug({ localAddress, error: String(error) }, 'media session not opened'));
  }

  async #open(deps: LegMediaDeps): Promise<MediaSession> {
    const session = await deps.engine.open(this.localAddress, {
      onDigit: (digit) => deps.onDigit(digit),
      onMediaTimeout: () => deps.onMediaTimeout(),
      onFailed: (reason) => deps.onMediaFailed(reason),
    });
    if (this.#closed) {
      await session.close();
      throw new Error('the leg ended before its media was open');
    }
    this.#session = session;
    if (this.#parameters) session.configure(this.#parameters);
    if (this.#muted) session.mute(true);
    if (this.#link) session.expectPackets(BROWSER_SILENT_MS);
    return session;
  }

  get session(): MediaSession | undefined {
    return this.#closed ? undefined : this.#session;
  }

  /** The other end is a browser, behind the gateway. */
  get web(): boolean {
    return this.#link !== undefined;
  }

  get parameters(): MediaParameters | undefined {
    return this.#parameters;
  }

  configure(parameters: MediaParameters): void {
    if (this.#closed) return;
    this.#parameters = parameters;
    this.#session?.configure(parameters);
  }

  mute(on: boolean): void {
    if (this.#muted === on) return;
    this.#muted = on;
    this.session?.mute(on);
  }

  play(items: readonly MediaItem[], options: PlayOptions): Playback {
    const playback = new LegPlayback();
    const wish = { loop: options.loop ?? false, interruptOn: options.interruptOn ?? 'none' };
    const session = this.session;
    if (this.#closed) playback.end('leg-ended');
    else if (session) playback.started(session.play(items, wish));
    else {
      this.opened.then(
        (s) => playback.started(s.play(items, wish)),
        () => playback.end('leg-ended'),
      );
    }
    return playback;
  }

  async collect(options: CollectOptions): Promise<CollectResult> {
    try {
      const session = this.session ?? (await this.opened);
      if (this.#closed) return { digits: '', reason: 'leg-ended' };
      return await session.collect({
        maxDigits: options.maxDigits,
        terminators: options.terminators ?? '',
        firstDigitTimeoutMs: options.firstDigitTimeoutMs,
        interDigitTimeoutMs: options.interDigitTimeoutMs,
        inBand: options.inBand ?? false,
      });
    } catch (error) {
      this.#logger.debug({ error: String(error) }, 'digits of a leg without media');
      return { digits: '', reason: 'leg-ended' };
    }
  }

  async stats(): Promise<LegStats> {
    if (this.#closed) return await this.#closed;
    return this.#session ? await this.#session.stats() : { ...NO_FIGURES };
  }

  /** Frees the ports, now or as soon as they are known. */
  close(): Promise<LegStats> {
    this.#link?.close();
    this.#closed ??= this.#session ? this.#lastFigures(this.#session) : Promise.resolve({ ...NO_FIGURES });
    return this.#closed;
  }

  async #lastFigures(session: MediaSession): Promise<LegStats> {
    try {
      return await session.close();
    } catch (error) {
      this.#logger.error({ error: String(error) }, 'media session did not close');
      return { ...NO_FIGURES, codec: this.#parameters?.codec ?? '' };
    }
  }
}

/** A playback that may have been asked for before there was a port to play from. */
class LegPlayback implements Playback {
  readonly finished: Promise<PlaybackEnd>;
  error?: string;
  #resolve: (end: PlaybackEnd) => void = () => {};
  #playing: MediaPlayback | undefined;
  #stopped = false;

  constructor() {
    this.finished = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  started(playing: MediaPlayback): void {
    this.#playing = playing;
    if (this.#stopped) playing.stop();
    playing.finished.then(
      ({ end, error }) => {
        if (error !== undefined) this.error = error;
        this.end(end);
      },
      (error: unknown) => {
        this.error = String(error);
        this.end('failed');
      },
    );
  }

  end(end: PlaybackEnd): void {
    this.#resolve(end);
  }

  stop(): void {
    this.#stopped = true;
    if (this.#playing) this.#playing.stop();
    else this.end('stopped');
  }
}

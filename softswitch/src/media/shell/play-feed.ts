import type { PlaybackEnd } from '@yixian/contracts';
import { ALAW_TO_ULAW, SILENCE, translate, ULAW_TO_ALAW } from '../core/g711.js';
import { FEED_PLAY } from '../core/outgoing-stream.js';
import type { Paced } from '../core/pacer.js';
import { type Clip, Playlist } from '../core/playlist.js';
import { RTP_HEADER_LENGTH, writeRtpHeader } from '../core/rtp.js';
import type { Law } from '../port.js';
import type { MediaEnvironment } from './environment.js';
import type { MediaLeg } from './leg.js';

/** Prompts and tones towards one party, in the place of the bridge's audio until they end. */
export class PlayFeed implements Paced {
  readonly playback: number;
  readonly intervalMs: number;
  readonly #leg: MediaLeg;
  readonly #env: MediaEnvironment;
  readonly #list: Playlist;
  readonly #codec: Law;
  readonly #samples: number;
  readonly #packet: Uint8Array;
  readonly #ended: (end: PlaybackEnd) => void;
  #over = false;

  constructor(
    playback: number,
    leg: MediaLeg,
    env: MediaEnvironment,
    clips: readonly Clip[],
    loop: boolean,
    codec: Law,
    ended: (end: PlaybackEnd) => void,
  ) {
    this.playback = playback;
    this.#leg = leg;
    this.#env = env;
    this.#codec = codec;
    this.#list = new Playlist(clips, loop, SILENCE[codec]);
    this.intervalMs = leg.parameters?.ptimeMs ?? 20;
    this.#samples = this.intervalMs * 8;
    this.#packet = new Uint8Array(RTP_HEADER_LENGTH + this.#samples);
    this.#ended = ended;
  }

  start(): void {
    if (this.#list.finished) {
      this.#over = true;
      this.#ended('finished');
      return;
    }
    this.#leg.ownFeeds++;
    this.#env.pacing.start(this);
  }

  /** Ends it; the bridge is heard again with its next packet. */
  end(how: PlaybackEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#leg.ownFeeds--;
    this.#env.pacing.stop(this);
    this.#ended(how);
  }

  tick(now: number, skipped: number): boolean {
    if (this.#list.finished) {
      this.end('finished');
      return false;
    }
    if (skipped > 0) {
      this.#env.counters.pacingSkipped += skipped;
      this.#list.skip(skipped * this.#samples);
      this.#leg.out.skipTime(skipped * this.#samples);
    }
    if (this.#leg.sendingDigits || !this.#leg.sends) this.#list.skip(this.#samples);
    else this.#send(now);
    return true;
  }

  #send(now: number): void {
    const leg = this.#leg;
    const p = leg.parameters;
    if (!p) return;
    const { out } = leg;
    const b = this.#packet;
    out.generate(FEED_PLAY, this.#samples, now);
    writeRtpHeader(b, 0, out.marker, p.payloadType, out.sequence, out.timestamp, out.ssrc);
    this.#list.read(b, RTP_HEADER_LENGTH, this.#samples);
    // A new answer may have changed the codec while the prompt runs.
    if (p.codec !== this.#codec) translate(b, RTP_HEADER_LENGTH, this.#samples, p.codec === 'PCMA' ? ULAW_TO_ALAW : ALAW_TO_ULAW);
    leg.send(b, this.#samples);
  }
}

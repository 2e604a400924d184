import { FRAME } from '../core/jitter-buffer.js';
import { add, encodeMix, type MixGroup, planMix } from '../core/mix.js';
import { FEED_MIX } from '../core/outgoing-stream.js';
import type { Paced } from '../core/pacer.js';
import { RTP_HEADER_LENGTH, writeRtpHeader } from '../core/rtp.js';
import type { Law } from '../port.js';
import type { MediaEnvironment } from './environment.js';
import type { MediaLeg } from './leg.js';

/** A speaker's frame of this tick. */
interface Voice {
  leg: MediaLeg;
  frame: Int16Array;
  speaking: boolean;
}

interface Share {
  listener: MediaLeg;
  own: Voice | undefined;
  packet: Uint8Array;
}

interface Group {
  voices: Voice[];
  shares: Share[];
}

const sum = new Int32Array(FRAME);
const common: Record<Law, Uint8Array> = { PCMA: new Uint8Array(FRAME), PCMU: new Uint8Array(FRAME) };

/** Mixes for listeners who hear several, every 20 ms. Runs as long as it has listeners. */
export class Mixer implements Paced {
  readonly intervalMs = 20;
  readonly #env: MediaEnvironment;
  #voices: Voice[] = [];
  #groups: Group[] = [];
  #running = false;

  constructor(env: MediaEnvironment) {
    this.#env = env;
  }

  get listeners(): number {
    return this.#groups.reduce((n, group) => n + group.shares.length, 0);
  }

  /** Replaces its listeners; none stops it. */
  set(listeners: readonly MediaLeg[]): void {
    const packets = new Map(this.#groups.flatMap((group) => group.shares.map((share) => [share.listener, share.packet] as const)));
    const voices = new Map<MediaLeg, Voice>();
    const voice = (leg: MediaLeg): Voice => {
      const known = voices.get(leg) ?? this.#voices.find((v) => v.leg === leg) ?? { leg, frame: new Int16Array(FRAME), speaking: false };
      voices.set(leg, known);
      return known;
    };
    const share = ({ listener, own }: MixGroup<MediaLeg>['listeners'][number]): Share => ({
      listener,
      own: own ? voice(listener) : undefined,
      packet: packets.get(listener) ?? new Uint8Array(RTP_HEADER_LENGTH + FRAME),
    });
    this.#groups = planMix(new Map(listeners.map((listener) => [listener, listener.hears]))).map((group) => ({
      voices: group.voices.map(voice),
      shares: group.listeners.map(share),
    }));
    this.#voices = [...voices.values()];
    const run = listeners.length > 0;
    if (run === this.#running) return;
    this.#running = run;
    if (run) this.#env.pacing.start(this);
    else this.#env.pacing.stop(this);
  }

  tick(now: number, skipped: number): boolean {
    if (skipped > 0) this.#skip(skipped);
    for (const voice of this.#voices) voice.speaking = voice.leg.speaker?.read(voice.frame) ?? false;
    for (const group of this.#groups) this.#mix(group, now);
    return this.#running;
  }

  #skip(frames: number): void {
    this.#env.counters.pacingSkipped += frames;
    for (const voice of this.#voices) voice.leg.speaker?.skip(frames);
    for (const { shares } of this.#groups) for (const { listener } of shares) listener.out.skipMixed(frames * FRAME);
  }

  #mix({ voices, shares }: Group, now: number): void {
    let speaking = 0;
    sum.fill(0);
    for (const voice of voices) {
      if (!voice.speaking) continue;
      speaking++;
      add(sum, voice.frame);
    }
    const made: Partial<Record<Law, boolean>> = {};
    for (const { listener, own, packet } of shares) {
      const p = listener.parameters;
      if (!p || listener.ownFeeds > 0 || !listener.sends) continue;
      const heard = own?.speaking ? speaking - 1 : speaking;
      // Nobody speaks: nothing is sent, and what comes next begins a talkspurt.
      if (heard === 0) {
        listener.out.newFeed();
        continue;
      }
      if (own?.speaking) encodeMix(sum, own.frame, p.codec, packet, RTP_HEADER_LENGTH);
      else {
        if (!made[p.codec]) encodeMix(sum, undefined, p.codec, common[p.codec], 0);
        made[p.codec] = true;
        packet.set(common[p.codec], RTP_HEADER_LENGTH);
      }
      const { out } = listener;
      out.generate(FEED_MIX, FRAME, now);
      writeRtpHeader(packet, 0, out.marker, p.payloadType, out.sequence, out.timestamp, out.ssrc);
      this.#env.counters.mixed++;
      listener.send(packet, FRAME);
    }
  }
}

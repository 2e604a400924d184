import {
  type Clock,
  type CollectResult,
  type DigitInput,
  digitStep,
  type LegStats,
  type Logger,
  type MediaItem,
  type MediaParameters,
  type MediaPlayback,
  type MediaSession,
  type MediaSessionEvents,
  noDigits,
  type PlaybackEnd,
  type Timer,
} from '@yixian/contracts';
import { partySdp } from '../../core/freeswitch/media-sdp.js';
import { heldAt, type Since } from '../../core/freeswitch/recording.js';
import { fieldsOf, statsOf } from '../../core/freeswitch/stats.js';
import { playable, quoted } from '../../core/freeswitch/tones.js';
import type { Channel } from './channel.js';

const NO_STATS: LegStats = {
  codec: '',
  packetsReceived: 0,
  packetsSent: 0,
  packetsLost: 0,
  packetsDiscarded: 0,
  jitterMs: 0,
  ssrcChanges: 0,
};
/** How long a key sounds, and the pause behind it. */
const KEY_MS = 160;
const PAUSE_MS = 100;
const JOIN_MS = 5_000;
/** By then the jitter buffer has what it fills up with at the beginning. */
const FILLED_MS = 500;
export const PROFILE = 'yixian';
/** What a mixer may still have of a party that was muted: a few frames. */
const DRAIN_MS = 120;

/** A mixer takes a party that leaves with frames in hand out of the sum for those who must not hear it, though it never came in: they would hear it. */
export function drained(clock: Clock): Promise<void> {
  return new Promise((resolve) => clock.setTimer(DRAIN_MS, resolve));
}

export interface SessionDeps {
  id: number;
  address: string;
  rtpPort: number;
  events: MediaSessionEvents;
  clock: Clock;
  logger: Logger;
  mediaTimeoutMs: number;
  newRoom(): string;
  /** Somebody of its room must not hear it, and others do. */
  hiddenFromSome(session: FsMediaSession): boolean;
  closed(session: FsMediaSession): void;
}

interface Playing {
  items: readonly MediaItem[];
  loop: boolean;
  interruptOn: string;
  /** How many files are still to be told of as done. */
  left: number;
  resolve(result: { end: PlaybackEnd; error?: string }): void;
}

/** One party's channel on a media server, in a room of its own or with others. */
export class FsMediaSession implements MediaSession {
  readonly id: number;
  readonly address: string;
  readonly rtpPort: number;
  readonly #deps: SessionDeps;
  #channel: Channel | undefined;
  #version = 1;
  #codec = '';
  /** Commands to this channel follow one another. */
  #queue: Promise<unknown> = Promise.resolve();
  #room: { name: string; member: string } | undefined;
  #joining: { room: string; joined(member: string): void; failed(error: Error): void } | undefined;
  #playing: Playing | undefined;
  /** Whose file each is that FreeSWITCH has for this member, in the order it was told. */
  #files: Playing[] = [];
  #muted = false;
  /** Somebody of its room hears it, or it is alone there. */
  #heard = true;
  /** As FreeSWITCH was told. */
  #quietThere = false;
  readonly #muteLog: Since<boolean>[] = [];
  #inBand = false;
  #digits = noDigits;
  #digitTimer: Timer | undefined;
  #collected: ((result: CollectResult) => void) | undefined;
  #collectInBand = false;
  #silence: Timer | undefined;
  #packets = 0;
  /** How long silence may last when the party has begun to send and is to: a browser sends without a pause. */
  #missedAfterMs: number | undefined;
  #silentMs = 0;
  #listening = false;
  #filling: Timer | undefined;
  #closing: Promise<LegStats> | undefined;

  constructor(deps: SessionDeps) {
    this.#deps = deps;
    this.id = deps.id;
    this.address = deps.address;
    this.rtpPort = deps.rtpPort;
  }

  /** Called once, before anything else. */
  use(channel: Channel): void {
    this.#channel = channel;
    this.#watchSilence();
  }

  get channel(): Channel | undefined {
    return this.#channel;
  }

  get room(): string | undefined {
    return this.#room?.name;
  }

  get member(): string | undefined {
    return this.#room?.member;
  }

  get playing(): boolean {
    return this.#playing !== undefined;
  }

  get muted(): boolean {
    return this.#muted;
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  #enqueue<T>(what: string, work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(() => {
      if (this.#closing) throw new Error('the leg has ended');
      return work();
    });
    this.#queue = done.catch((error: unknown) => {
      if (!this.#closing) this.#deps.logger.warn({ channel: this.#channel?.uuid, what, error: String(error) }, 'FreeSWITCH did not do it');
    });
    return done;
  }

  async #command(name: string, args: string): Promise<string> {
    if (!this.#channel) throw new Error('there is no channel');
    return await this.#channel.command(name, args);
  }

  configure(parameters: MediaParameters): void {
    this.#codec = parameters.codec;
    if (parameters.remote) this.#filling ??= this.#deps.clock.setTimer(FILLED_MS, () => this.#useWhatIsThere());
    this.#listening = parameters.direction === 'sendrecv' || parameters.direction === 'recvonly';
    this.#enqueue('configure', async () => {
      this.#version++;
      await this.#channel?.describe(partySdp(this.#version, parameters));
      if (parameters.telephoneEventSend === undefined) await this.#hearTones();
    }).catch(() => {});
  }

  /** The buffer of FreeSWITCH gives nothing while it has less than its length: filled once, and of length one from then on, it has packets in hand. */
  #useWhatIsThere(): void {
    this.#enqueue('jitter buffer', () => this.#command('uuid_jitterbuffer', `${this.#channel?.uuid} 1p`)).catch(() => {});
  }

  async #hearTones(): Promise<void> {
    if (this.#inBand) return;
    this.#inBand = true;
    await this.#channel?.execute('start_dtmf', '');
  }

  expectPackets(withinMs: number): void {
    this.#missedAfterMs = withinMs;
    this.#watchSilence();
  }

  /** Asks now and then whether packets still come. */
  #watchSilence(): void {
    const { mediaTimeoutMs, clock, events } = this.#deps;
    const everyMs = this.#missedAfterMs ?? mediaTimeoutMs;
    this.#silence?.cancel();
    this.#silence = clock.setTimer(everyMs, () => {
      void this.stats().then(({ packetsReceived }) => {
        if (this.#closing) return;
        this.#silentMs = packetsReceived === this.#packets ? this.#silentMs + everyMs : 0;
        this.#packets = packetsReceived;
        if (this.#silentMs >= (packetsReceived > 0 && this.#listening ? everyMs : mediaTimeoutMs)) {
          this.#silentMs = 0;
          this.#tell('onMediaTimeout', () => events.onMediaTimeout());
        }
        this.#watchSilence();
      });
    });
  }

  // Rooms.

  /** Into this room, unheard and hearing nothing until `setHearing` says otherwise, unless it is alone there. */
  join(room: string, silent: boolean): Promise<void> {
    return this.#enqueue('join', () => this.#join(room, silent));
  }

  async #join(room: string, silent: boolean): Promise<void> {
    if (this.#room?.name === room) return;
    const cut = this.#playing;
    const member = new Promise<string>((resolve, reject) => {
      const deadline = this.#deps.clock.setTimer(JOIN_MS, () => reject(new Error(`FreeSWITCH did not join room ${room}`)));
      const settled = (tell: () => void) => {
        deadline.cancel();
        tell();
      };
      this.#joining = { room, joined: (number) => settled(() => resolve(number)), failed: (error) => settled(() => reject(error)) };
    });
    member.catch(() => {});
    this.#room = undefined;
    // What it had for the member of the other room is gone with it.
    this.#files = [];
    this.#heard = !silent;
    this.#quietThere = silent || this.#muted;
    const flags = silent ? '++flags{mute|deaf}' : this.#muted ? '++flags{mute}' : '';
    await this.#command('uuid_transfer', `${this.#channel?.uuid} conference:${room}@${PROFILE}${flags} inline`);
    this.#room = { name: room, member: await member };
    if (cut && cut === this.#playing) await this.#begin(cut);
  }

  joined(room: string, member: string): void {
    if (this.#joining?.room !== room) return;
    const { joined } = this.#joining;
    this.#joining = undefined;
    joined(member);
  }

  /** It came silent; told when all relationships of the room are as they have to be. */
  admit(): Promise<void> {
    return this.#enqueue('admit', async () => {
      if (this.#room) await this.#command('conference', `${this.#room.name} undeaf ${this.#room.member}`);
    });
  }

  /**
   * Nobody of the room hears it, or somebody does again.
   * @returns whether FreeSWITCH had to be told
   */
  async setHeard(on: boolean): Promise<boolean> {
    this.#heard = on;
    return await this.#enqueue('heard', () => this.#tellQuiet());
  }

  async #tellQuiet(): Promise<boolean> {
    const quiet = this.#muted || !this.#heard;
    if (!this.#room || this.#quietThere === quiet) return false;
    this.#quietThere = quiet;
    await this.#command('conference', `${this.#room.name} ${quiet ? 'mute' : 'unmute'} ${this.#room.member}`);
    return true;
  }

  mute(on: boolean): void {
    if (this.#muted === on) return;
    this.#muted = on;
    this.#muteLog.push({ at: this.#deps.clock.now(), value: on });
    this.#enqueue('mute', () => this.#tellQuiet()).catch(() => {});
  }

  /** For recordings, which are written a little later. */
  mutedAt(at: number): boolean {
    return heldAt(this.#muteLog, at, false);
  }

  // Recording.

  /** What this party says, raw, into a file both sides see. */
  async record(file: string): Promise<void> {
    await this.#enqueue('record', () =>
      this.#command('uuid_record', `${this.#channel?.uuid} start ${quoted(file)} 0 {RECORD_READ_ONLY=true,RECORD_USE_THREAD=false}`),
    );
  }

  async stopRecording(file: string): Promise<void> {
    await this.#enqueue('stop recording', () => this.#command('uuid_record', `${this.#channel?.uuid} stop ${quoted(file)}`));
  }

  // Playing.

  play(items: readonly MediaItem[], { loop, interruptOn }: { loop: boolean; interruptOn: string }): MediaPlayback {
    this.#endPlayback('replaced');
    let playing: Playing | undefined;
    const finished = new Promise<{ end: PlaybackEnd; error?: string }>((resolve) => {
      playing = { items, loop, interruptOn, left: 0, resolve };
    });
    const made = playing as Playing | undefined;
    if (!made || this.#closing) return { finished: Promise.resolve({ end: 'leg-ended' }), stop() {} };
    this.#playing = made;
    this.#enqueue('play', async () => {
      if (this.#playing !== made) return;
      if (!this.#room) await this.#join(this.#deps.newRoom(), false);
      await this.#begin(made);
    }).catch((error: unknown) => this.#failed(made, String(error)));
    const stop = (): void => {
      if (this.#playing === made) this.#endPlayback('stopped');
    };
    return { finished, stop };
  }

  async #begin(playing: Playing): Promise<void> {
    if (!this.#room || this.#playing !== playing) return;
    playing.left = playing.items.length;
    if (playing.left === 0) {
      this.#endPlayback('finished');
      return;
    }
    for (const item of playing.items) {
      if (this.#playing !== playing) return;
      this.#files.push(playing);
      try {
        await this.#command('conference', `${this.#room.name} play ${playable(item)} ${this.#room.member} nomux`);
      } catch (error) {
        const last = this.#files.lastIndexOf(playing);
        if (last >= 0) this.#files.splice(last, 1);
        this.#failed(playing, item.kind === 'file' ? `${item.path} cannot be played: ${String(error)}` : String(error));
      }
    }
  }

  /** The eldest file of this member is done, played or stopped. */
  played(member: string): void {
    if (member !== this.#room?.member) return;
    const playing = this.#files.shift();
    if (!playing || playing !== this.#playing) return;
    playing.left--;
    if (playing.left > 0) return;
    if (playing.loop) this.#enqueue('play again', () => this.#begin(playing)).catch(() => {});
    else this.#endPlayback('finished');
  }

  #failed(playing: Playing, error: string): void {
    if (this.#playing !== playing) return;
    this.#playing = undefined;
    this.#quiet(playing);
    playing.resolve({ end: this.#closing ? 'leg-ended' : 'failed', error });
  }

  #endPlayback(end: PlaybackEnd): void {
    const playing = this.#playing;
    if (!playing) return;
    this.#playing = undefined;
    if (end !== 'finished' && end !== 'leg-ended') this.#quiet(playing);
    playing.resolve({ end });
  }

  #quiet(playing: Playing): void {
    this.#enqueue('stop playing', async () => {
      if (!this.#room || !this.#files.includes(playing)) return;
      await this.#command('conference', `${this.#room.name} stop all ${this.#room.member}`);
    }).catch(() => {});
  }

  // Keys.

  /** A key that FreeSWITCH heard. */
  heardDigit(digit: string, durationMs: number, source: string): void {
    const inBand = /INBAND/i.test(source);
    if (inBand && !this.#collectInBand) return;
    this.#digit(digit.toUpperCase(), durationMs, inBand ? 'in-band' : 'rfc4733');
  }

  injectDigit(digit: string, durationMs: number): void {
    this.#digit(digit, durationMs, 'info');
  }

  #digit(digit: string, durationMs: number, via: 'rfc4733' | 'info' | 'in-band'): void {
    this.#step({ type: 'digit', digit });
    const interrupt = this.#playing?.interruptOn ?? 'none';
    if (interrupt === 'any' || (interrupt !== 'none' && interrupt.includes(digit))) this.#endPlayback('interrupted');
    this.#tell('onDigit', () => this.#deps.events.onDigit({ digit, durationMs, via }));
  }

  collect(options: Parameters<MediaSession['collect']>[0]): Promise<CollectResult> {
    if (this.#closing) return Promise.resolve({ digits: '', reason: 'leg-ended' });
    this.cancelCollect();
    if (options.inBand) this.#enqueue('hear tones', () => this.#hearTones()).catch(() => {});
    return new Promise((resolve) => {
      this.#collected = resolve;
      this.#collectInBand = options.inBand;
      this.#step({ type: 'collect', request: options });
    });
  }

  cancelCollect(): void {
    this.#step({ type: 'end', reason: 'cancelled' });
  }

  clearDigits(): void {
    this.#step({ type: 'clear' });
  }

  #step(input: DigitInput): void {
    const { state, result, timer } = digitStep(this.#digits, input);
    this.#digits = state;
    if (timer) {
      this.#digitTimer?.cancel();
      const { ms } = timer;
      this.#digitTimer = ms === undefined ? undefined : this.#deps.clock.setTimer(ms, () => this.#step({ type: 'end', reason: 'timeout' }));
    }
    if (!result) return;
    const collected = this.#collected;
    this.#collected = undefined;
    this.#collectInBand = false;
    collected?.(result);
  }

  async sendDigits(digits: string): Promise<void> {
    await this.#enqueue('send digits', () => this.#command('uuid_send_dtmf', `${this.#channel?.uuid} ${digits}@${KEY_MS}`));
    await new Promise<void>((resolve) => this.#deps.clock.setTimer(digits.length * (KEY_MS + PAUSE_MS), resolve));
  }

  // Figures and the end.

  async stats(): Promise<LegStats> {
    if (this.#closing) return await this.#closing;
    return await this.#figures().catch(() => ({ ...NO_STATS, codec: this.#codec }));
  }

  async #figures(): Promise<LegStats> {
    const uuid = this.#channel?.uuid ?? '';
    await this.#command('uuid_set_media_stats', uuid);
    return { ...statsOf(fieldsOf(await this.#command('uuid_dump', uuid)), this.#codec), codec: this.#codec };
  }

  close(): Promise<LegStats> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<LegStats> {
    this.#silence?.cancel();
    this.#filling?.cancel();
    this.#settle();
    await this.#hush();
    const stats = await this.#figures().catch(() => ({ ...NO_STATS, codec: this.#codec }));
    await this.#channel?.close();
    this.#deps.closed(this);
    return stats;
  }

  /** Before it goes from those who must not hear it. */
  async #hush(): Promise<void> {
    if (!this.#room || !this.#deps.hiddenFromSome(this)) return;
    this.#heard = false;
    await this.#tellQuiet().catch(() => false);
    await drained(this.#deps.clock);
  }

  #settle(): void {
    // Whoever brings parties together waits for this one no longer.
    this.#joining?.failed(new Error('the leg has ended'));
    this.#joining = undefined;
    this.#step({ type: 'end', reason: 'leg-ended' });
    this.#endPlayback('leg-ended');
  }

  /** Its server is gone: nobody can be told anything there. */
  abandon(why: string): void {
    this.#channel?.abandon(why);
  }

  /** FreeSWITCH has ended the channel, or is gone. */
  lost(why: string): void {
    if (this.#closing) return;
    this.#settle();
    const { events } = this.#deps;
    this.#tell('onFailed', () => (events.onFailed ? events.onFailed(why) : events.onMediaTimeout()));
  }

  /** A listener's fault stays with its own call. */
  #tell(what: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#deps.logger.error({ error: String(error), session: this.id }, `${what} threw`);
    }
  }
}

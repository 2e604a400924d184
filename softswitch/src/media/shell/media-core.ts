import type { DigitEvent, PlaybackEnd } from '@yixian/contracts';
import { PortPool } from '../core/port-pool.js';
import { areKeys } from '../core/telephone-event.js';
import type { Law } from '../port.js';
import { ClipCache } from './clip-cache.js';
import { DigitFeed } from './digit-feed.js';
import type { LegOwner, MediaEnvironment } from './environment.js';
import { MediaLeg as Leg, type MediaLeg } from './leg.js';
import { PlayFeed } from './play-feed.js';
import { openPair } from './port-pair.js';
import type { Command, WorkerSettings } from './protocol.js';
import { Recordings } from './recordings.js';
import { type RouteChange, Routes } from './routes.js';

const CLIP_CACHE_BYTES = 64 * 1024 * 1024;

type SendDigits = Extract<Command, { do: 'send-digits' }>;

interface Session {
  leg: MediaLeg;
  rtpPort: number;
  play: { playback: number; feed: PlayFeed | undefined } | undefined;
  /** Keys being sent, and those that wait for them. */
  digits: DigitFeed | undefined;
  waitingDigits: SendDigits[];
}

/** The media thread's side of the engine: carries out the commands of the front. */
export class MediaCore implements LegOwner {
  readonly #env: MediaEnvironment;
  readonly #settings: WorkerSettings;
  readonly #ports: PortPool;
  readonly #clips = new ClipCache(CLIP_CACHE_BYTES);
  readonly #sessions = new Map<number, Session>();
  readonly #recordings: Recordings;
  readonly #routes: Routes;

  constructor(settings: WorkerSettings, env: MediaEnvironment) {
    this.#env = env;
    this.#settings = settings;
    this.#ports = new PortPool(settings.rtpPorts.min, settings.rtpPorts.max, () => env.random32() / 0x1_0000_0000);
    this.#routes = new Routes(env);
    this.#recordings = new Recordings(env, (session) => this.#sessions.get(session)?.leg);
  }

  get clipBytes(): number {
    return this.#clips.bytes;
  }

  get recordings(): number {
    return this.#recordings.size;
  }

  get mixers(): number {
    return this.#routes.mixers;
  }

  mixLoss(): { late: number; madeUp: number } {
    return this.#routes.mixLoss();
  }

  carryOut(command: Exclude<Command, { do: 'stop' }>): void {
    switch (command.do) {
      case 'open':
        void this.#open(command.session, command.address);
        return;
      case 'configure':
        this.#sessions.get(command.session)?.leg.configure(command.parameters);
        return;
      case 'close':
        this.#close(command.session);
        return;
      case 'stats':
        this.#env.notify({ is: 'stats', request: command.request, stats: this.#sessions.get(command.session)?.leg.stats() });
        return;
      case 'play':
        void this.#play(command);
        return;
      case 'stop-play':
        this.#stopPlay(command.session, command.playback, command.end);
        return;
      case 'listen-in-band':
        this.#listen(command.session, command.on);
        return;
      case 'send-digits':
        this.#sendDigits(command);
        return;
      case 'expect-packets':
        this.#sessions.get(command.session)?.leg.expectPackets(command.withinMs);
        return;
      case 'mute':
        this.#mute(command.session, command.on);
        return;
      case 'route':
        this.#route(command.hearing);
        return;
      case 'record':
      case 'set-channel':
      case 'pause':
      case 'stop-record':
        this.#recordings.carryOut(command);
        return;
    }
  }

  /** Lost ends of keys, media timeouts, reports: once every 100 ms. */
  keepLegs(now: number): void {
    for (const { leg } of this.#sessions.values()) leg.housekeep(now, this.#settings.mediaTimeoutMs);
  }

  /** Writes that are due, recordings that end by themselves: once every 20 ms. */
  keepRecordings(now: number): void {
    this.#recordings.housekeep(now);
  }

  /** Ends everything; resolves when the last recording is on disk. */
  async stop(): Promise<void> {
    for (const id of [...this.#sessions.keys()]) this.#close(id);
    await this.#recordings.finished();
  }

  digit(session: number, digit: DigitEvent): void {
    this.#env.notify({ is: 'digit', session, digit });
  }

  firstPacket(session: number): void {
    this.#env.notify({ is: 'first-packet', session });
  }

  mediaTimeout(session: number): void {
    this.#env.notify({ is: 'media-timeout', session });
  }

  async #open(session: number, address: string): Promise<void> {
    const leg = new Leg(session, this.#env, this);
    try {
      const rtpPort = await openPair(this.#env.openRtp, this.#ports, address, leg);
      this.#sessions.set(session, { leg, rtpPort, play: undefined, digits: undefined, waitingDigits: [] });
      this.#env.notify({ is: 'opened', session, rtpPort });
    } catch (error) {
      this.#env.notify({ is: 'open-failed', session, error: error instanceof Error ? error.message : String(error) });
    }
  }

  #close(id: number): void {
    const session = this.#sessions.get(id);
    if (!session) return;
    // First, so that keys that wait find nobody when those being sent end.
    this.#sessions.delete(id);
    this.#endPlay(session, 'leg-ended');
    session.digits?.end('the leg has ended');
    this.#recordings.legEnded(session.leg);
    this.#routes.remove(session.leg);
    session.leg.close();
    this.#ports.giveBack(session.rtpPort);
    this.#env.notify({ is: 'closed', session: id, stats: session.leg.stats() });
  }

  async #play({ session: id, playback, items, loop }: Extract<Command, { do: 'play' }>): Promise<void> {
    const session = this.#sessions.get(id);
    if (!session) return this.#played(id, playback, 'leg-ended');
    this.#endPlay(session, 'replaced');
    session.play = { playback, feed: undefined };
    const codec: Law = session.leg.parameters?.codec ?? 'PCMA';
    try {
      const clips = await Promise.all(items.map((item) => this.#clips.resolve(item, codec)));
      if (session.play?.playback !== playback) return;
      const feed = new PlayFeed(playback, session.leg, this.#env, clips, loop, codec, (end) => {
        if (session.play?.playback === playback) session.play = undefined;
        this.#played(id, playback, end);
      });
      session.play.feed = feed;
      feed.start();
    } catch (error) {
      if (session.play?.playback !== playback) return;
      session.play = undefined;
      this.#played(id, playback, 'failed', error instanceof Error ? error.message : String(error));
    }
  }

  #played(session: number, playback: number, end: PlaybackEnd, error?: string): void {
    this.#env.notify({ is: 'play-ended', session, playback, end, error });
  }

  #stopPlay(id: number, playback: number, end: PlaybackEnd): void {
    const session = this.#sessions.get(id);
    if (session?.play?.playback === playback) this.#endPlay(session, end);
  }

  #endPlay(session: Session, end: PlaybackEnd): void {
    const { play } = session;
    session.play = undefined;
    if (play?.feed) play.feed.end(end);
    else if (play) this.#played(session.leg.id, play.playback, end);
  }

  #listen(id: number, on: boolean): void {
    this.#sessions.get(id)?.leg.listen(on);
  }

  #sendDigits(command: SendDigits): void {
    const session = this.#sessions.get(command.session);
    const refuse = (error: string): void => this.#env.notify({ is: 'digits-sent', request: command.request, error });
    if (!session) refuse('the leg has ended');
    else if (session.leg.parameters?.telephoneEventSend === undefined) refuse('the party takes no telephone-event');
    else if (!areKeys(command.digits)) refuse(`"${command.digits}" are not keys`);
    else if (session.digits) session.waitingDigits.push(command);
    else this.#startDigits(session, command);
  }

  #startDigits(session: Session, { request, digits }: SendDigits): void {
    session.digits = new DigitFeed(session.leg, this.#env, digits, (error) => {
      session.digits = undefined;
      this.#env.notify({ is: 'digits-sent', request, error });
      // Each of those that wait is started or refused.
      while (!session.digits) {
        const next = session.waitingDigits.shift();
        if (!next) break;
        this.#sendDigits(next);
      }
    });
    session.digits.start();
  }

  #mute(id: number, on: boolean): void {
    const leg = this.#sessions.get(id)?.leg;
    if (leg) leg.muted = on;
  }

  #route(hearing: Extract<Command, { do: 'route' }>['hearing']): void {
    const leg = (id: number): MediaLeg[] => {
      const session = this.#sessions.get(id);
      return session ? [session.leg] : [];
    };
    this.#routes.set(
      hearing.flatMap(([listener, heard]) => leg(listener).map((own): RouteChange => [own, heard.flatMap(leg).filter((l) => l !== own)])),
    );
  }
}

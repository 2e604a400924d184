import type { Bridge, CallLeg, Conference, Logger, MediaItem, Prompts, Switch } from '@yixian/contracts';
import type { PartyId } from '../core/conversation.js';
import type { Picture } from '../core/conversation-picture.js';
import { playMusic } from './treatment.js';

export interface ConversationMediaDeps {
  switch: Pick<Switch, 'bridge' | 'conference'>;
  prompts: Prompts;
  logger: Logger;
  callId: string;
  language: string | undefined;
  /** Prompt id of the music. */
  music: string;
  leg(party: PartyId): CallLeg | undefined;
  /** What should be heard now. */
  picture(): Picture;
  /** The legs live and yet cannot be joined: the conversation cannot go on. */
  failed(message: string): void;
}

const RINGBACK: readonly MediaItem[] = [{ kind: 'tone', tone: 'ringback' }];

type Hearing = Picture['hearing'];

/**
 * Makes what is heard what the picture says: two who hear each other by a bridge, anything else by a conference, which is
 * then kept to the end. One change after the other; a picture that is overtaken by a newer one is not drawn.
 */
export class ConversationMedia {
  readonly #deps: ConversationMediaDeps;
  readonly #playing = new Map<PartyId, { sound: string; stop(): void }>();
  #wanted: Picture | undefined;
  #bridge: Bridge | undefined;
  #conference: Conference | undefined;
  /** Legs the conference hears for, to see whether anything changes. */
  #heard = '';
  #working: Promise<void> | undefined;
  #closed = false;
  /** Played once to the caller before the music. */
  intro: readonly MediaItem[] | undefined;

  constructor(deps: ConversationMediaDeps, bridge: Bridge | undefined) {
    this.#deps = deps;
    if (bridge) this.#stand(bridge);
  }

  /** Resolves when everything asked for so far is done; rejects with what went wrong. */
  async settled(): Promise<void> {
    await this.#working;
  }

  show(picture: Picture): void {
    this.#wanted = picture;
    if (this.#working || this.#closed) return;
    const work = this.#work().finally(() => {
      if (this.#working === work) this.#working = undefined;
    });
    this.#working = work;
    work.catch(() => undefined); // whoever waits for `settled` hears of it, and `failed` was told
  }

  async #work(): Promise<void> {
    while (this.#wanted && !this.#closed) {
      const picture = this.#wanted;
      this.#wanted = undefined;
      this.#quieten(picture);
      try {
        const change = this.#connect(picture.hearing);
        if (change) await change;
      } catch (error) {
        if (this.#wanted || this.#closed || this.#someEnded(picture.hearing)) continue; // a newer picture is there or on its way
        this.#deps.failed(messageOf(error));
        throw error;
      }
      if (!this.#closed && !this.#wanted) this.#sound(picture);
    }
  }

  /** Silences whom something else is to be heard by; music that goes on is left alone. */
  #quieten(picture: Picture): void {
    for (const [party, playing] of [...this.#playing]) {
      if (picture.sounds.get(party) === playing.sound) continue;
      playing.stop();
      this.#playing.delete(party);
    }
  }

  #sound({ sounds }: Picture): void {
    for (const [party, sound] of sounds) {
      const leg = this.#deps.leg(party);
      if (this.#playing.has(party) || !leg || leg.state === 'ended') continue;
      this.#playing.set(party, { sound, stop: this.#play(leg, sound) });
    }
  }

  #play(leg: CallLeg, sound: 'music' | 'ringback'): () => void {
    const { prompts, music, language } = this.#deps;
    if (sound === 'ringback') {
      const playback = leg.play(RINGBACK, { loop: true });
      return () => playback.stop();
    }
    const intro = this.intro;
    this.intro = undefined;
    if (!intro || intro.length === 0) {
      const playing = playMusic(leg, prompts, music, language);
      return () => playing.stop();
    }
    const first = leg.play(intro);
    let stop = (): void => first.stop();
    let stopped = false;
    void first.finished.then((end) => {
      if (stopped || (end !== 'finished' && end !== 'failed')) return;
      const playing = playMusic(leg, prompts, music, language);
      stop = () => playing.stop();
    });
    return () => {
      stopped = true;
      stop();
    };
  }

  /** @returns undefined when nothing has to change */
  #connect(hearing: Hearing): Promise<void> | undefined {
    const legs = this.#legs(hearing);
    const pair = this.#conference ? undefined : pairOf(legs);
    if (!this.#conference && legs.size === 0) return this.#part();
    if (pair) return this.#join(pair);
    return this.#confer(legs);
  }

  #legs(hearing: Hearing): Map<CallLeg, CallLeg[]> {
    const legs = new Map<CallLeg, CallLeg[]>();
    for (const [listener, heard] of hearing) {
      const leg = this.#deps.leg(listener);
      if (leg)
        legs.set(
          leg,
          heard.map((id) => this.#deps.leg(id)).filter((l) => l !== undefined),
        );
    }
    return legs;
  }

  #part(): Promise<void> | undefined {
    const standing = this.#bridge;
    this.#bridge = undefined;
    return standing?.unbridge();
  }

  #join([a, b]: readonly [CallLeg, CallLeg]): Promise<void> | undefined {
    const standing = this.#bridge;
    if (standing?.legs.includes(a) && standing.legs.includes(b)) return undefined;
    return this.#rebridge(a, b);
  }

  async #rebridge(a: CallLeg, b: CallLeg): Promise<void> {
    // Both are let go first: the one who is left behind must not hear the other a moment longer.
    await this.#part();
    const made = await this.#deps.switch.bridge(a, b);
    if (this.#closed) return made.unbridge();
    this.#stand(made);
  }

  async #confer(legs: Map<CallLeg, CallLeg[]>): Promise<void> {
    const key = [...legs].map(([leg, heard]) => `${leg.id}:${heard.map((l) => l.id)}`).join(';');
    if (this.#conference && key === this.#heard) return;
    // The legs leave their bridge by joining the conference, which then is no loss.
    this.#bridge = undefined;
    this.#conference ??= this.#deps.switch.conference();
    this.#heard = key;
    try {
      await this.#conference.set(legs);
    } catch (error) {
      this.#heard = 'unknown';
      throw error;
    }
  }

  /** A bridge that ends while both legs live was lost below us: made again, once. */
  #stand(bridge: Bridge): void {
    this.#bridge = bridge;
    void bridge.ended.then(() => {
      const [a, b] = bridge.legs;
      if (this.#closed || this.#bridge !== bridge || a.state === 'ended' || b.state === 'ended') return;
      this.#bridge = undefined;
      this.#deps.logger.warn({ callId: this.#deps.callId }, 'bridge lost, making it again');
      this.show(this.#deps.picture());
    });
  }

  #someEnded(hearing: Hearing): boolean {
    return [...hearing.keys()].some((id) => (this.#deps.leg(id)?.state ?? 'ended') === 'ended');
  }

  /** Lets go of every leg. Resolves when nobody is heard any more through us. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const playing of this.#playing.values()) playing.stop();
    this.#playing.clear();
    const bridge = this.#bridge;
    this.#bridge = undefined;
    await Promise.all([bridge?.unbridge(), this.#conference?.close()]);
  }
}

/** The two of a picture in which two hear each other and nobody else hears anybody. */
function pairOf(legs: ReadonlyMap<CallLeg, readonly CallLeg[]>): readonly [CallLeg, CallLeg] | undefined {
  const [first, second] = legs;
  if (legs.size !== 2 || !first || !second) return undefined;
  const [a, ofA] = first;
  const [b, ofB] = second;
  return ofA.length === 1 && ofA[0] === b && ofB.length === 1 && ofB[0] === a ? [a, b] : undefined;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

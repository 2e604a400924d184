import type { Logger } from '@yixian/contracts';
import { type Hearing, planRooms } from '../../core/freeswitch/rooms.js';
import type { FsMediaSession } from './media-session.js';

/** Brings the sessions of one media server into the rooms that who hears whom asks for, one change after another. */
export class RoomKeeper {
  readonly #logger: Logger;
  readonly #sessions = new Map<string, FsMediaSession>();
  readonly #hearing = new Map<string, Set<string>>();
  /** What was told to FreeSWITCH: listener's member number → those it must not hear. */
  readonly #told = new Map<string, Set<string>>();
  #work: Promise<void> = Promise.resolve();
  #dirty = false;
  readonly newRoom: () => string;

  constructor(newRoom: () => string, logger: Logger) {
    this.newRoom = newRoom;
    this.#logger = logger;
  }

  add(session: FsMediaSession): void {
    this.#sessions.set(String(session.id), session);
  }

  remove(session: FsMediaSession): void {
    const id = String(session.id);
    this.#sessions.delete(id);
    this.#hearing.delete(id);
    for (const heard of this.#hearing.values()) heard.delete(id);
    if (session.member !== undefined) this.#told.delete(session.member);
  }

  route(changes: ReadonlyMap<FsMediaSession, readonly FsMediaSession[]>): void {
    for (const [listener, heard] of changes) {
      if (!this.#sessions.has(String(listener.id))) continue;
      this.#hearing.set(String(listener.id), new Set(heard.map((s) => String(s.id))));
    }
    if (this.#dirty) return;
    this.#dirty = true;
    this.#work = this.#work.then(() => this.#apply());
  }

  /** Resolves when what was asked for so far is in force. */
  async settled(): Promise<void> {
    await this.#work;
  }

  async #apply(): Promise<void> {
    this.#dirty = false;
    const hearing: Hearing = new Map([...this.#hearing].map(([id, heard]) => [id, new Set(heard)]));
    const parties = [...this.#sessions.values()].map((s) => ({ id: String(s.id), room: s.room, playing: s.playing }));
    const plan = planRooms(parties, hearing, this.newRoom);
    const came = new Set<string>();
    await Promise.all(
      plan.moves.map(async ({ id, room }) => {
        const session = this.#sessions.get(id);
        const silent = plan.deaf.has(room);
        try {
          await session?.join(room, silent);
          if (silent) came.add(id);
        } catch (error) {
          if (session && !session.closed)
            this.#logger.warn({ session: id, room, error: String(error) }, 'a party could not be brought together with the others');
        }
      }),
    );
    for (const [room, pairs] of plan.deaf) await this.#relate(room, pairs);
    await Promise.all(
      [...came].map((id) =>
        this.#sessions
          .get(id)
          ?.admit()
          .catch(() => {}),
      ),
    );
  }

  /** Sets and takes back relationships until who must not hear whom is as it has to be. */
  async #relate(room: string, pairs: readonly (readonly [string, string])[]): Promise<void> {
    const members = [...this.#sessions.values()].filter((s) => s.room === room && s.member !== undefined);
    const [any] = members;
    if (!any) return;
    const wanted = new Map<string, Set<string>>(members.map((s) => [s.member ?? '', new Set()]));
    for (const [listener, speaker] of pairs) {
      const [a, b] = [this.#sessions.get(listener)?.member, this.#sessions.get(speaker)?.member];
      if (a !== undefined && b !== undefined) wanted.get(a)?.add(b);
    }
    for (const [listener, deafTo] of wanted) {
      const told = this.#told.get(listener) ?? new Set<string>();
      const more = [...deafTo].filter((m) => !told.has(m));
      const less = [...told].filter((m) => !deafTo.has(m));
      this.#told.set(listener, deafTo);
      if (more.length > 0) await this.#say(any, `${room} relate ${listener} ${more.join(',')} nohear`);
      if (less.length > 0) await this.#say(any, `${room} relate ${listener} ${less.join(',')} clear`);
    }
  }

  async #say(through: FsMediaSession, args: string): Promise<void> {
    try {
      await through.channel?.command('conference', args);
    } catch (error) {
      this.#logger.warn({ args, error: String(error) }, 'FreeSWITCH did not change who hears whom');
    }
  }
}

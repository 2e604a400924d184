import type { Clock, Logger } from '@yixian/contracts';
import { type Hearing, planRooms } from '../../core/freeswitch/rooms.js';
import { drained, type FsMediaSession } from './media-session.js';

/** Brings the sessions of one media server into the rooms that who hears whom asks for, one change after another. */
export class RoomKeeper {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #sessions = new Map<string, FsMediaSession>();
  readonly #hearing = new Map<string, Set<string>>();
  /** What was told to FreeSWITCH: listener's member number → those it must not hear. */
  readonly #told = new Map<string, Set<string>>();
  #work: Promise<void> = Promise.resolve();
  #dirty = false;
  readonly newRoom: () => string;

  constructor(newRoom: () => string, { clock, logger }: { clock: Clock; logger: Logger }) {
    this.newRoom = newRoom;
    this.#clock = clock;
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

  /** Whether somebody of its room was told not to hear it. */
  hidesFromSome({ member }: FsMediaSession): boolean {
    return member !== undefined && [...this.#told.values()].some((deafTo) => deafTo.has(member));
  }

  async #apply(): Promise<void> {
    this.#dirty = false;
    const hearing: Hearing = new Map([...this.#hearing].map(([id, heard]) => [id, new Set(heard)]));
    const parties = [...this.#sessions.values()].map((s) => ({ id: String(s.id), room: s.room, playing: s.playing }));
    const plan = planRooms(parties, hearing, this.newRoom);
    this.#forgetLeft();
    await this.#hush([...plan.moves.map(({ id }) => id), ...[...plan.unheard.values()].flat()]);
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
    for (const [room, pairs] of plan.deaf) await this.#relate(room, pairs, new Set(plan.unheard.get(room)));
    await Promise.all(
      [...came].map((id) =>
        this.#sessions
          .get(id)
          ?.admit()
          .catch(() => {}),
      ),
    );
  }

  #isClosing(member: string): boolean {
    return [...this.#sessions.values()].some((s) => s.member === member && s.closed);
  }

  /** A member number dies with its room. */
  #forgetLeft(): void {
    const members = new Set([...this.#sessions.values()].map((s) => s.member));
    for (const member of [...this.#told.keys()]) if (!members.has(member)) this.#told.delete(member);
  }

  /** These are heard by nobody from here on, before anything changes about who must not hear them. */
  async #hush(ids: readonly string[]): Promise<void> {
    const hushed = await Promise.all(
      [...new Set(ids)].map(async (id) => {
        const session = this.#sessions.get(id);
        if (!session || !this.hidesFromSome(session)) return false;
        return await session.setHeard(false).catch(() => false);
      }),
    );
    if (hushed.includes(true)) await drained(this.#clock);
  }

  /** Sets and takes back relationships until who must not hear whom is as it has to be; whoever nobody is to hear is muted, which costs no mixing. */
  async #relate(room: string, pairs: readonly (readonly [string, string])[], unheard: ReadonlySet<string>): Promise<void> {
    const members = [...this.#sessions.values()].filter((s) => s.room === room && s.member !== undefined);
    const [any] = members;
    if (!any) return;
    const quiet = members.filter((s) => unheard.has(String(s.id)));
    await Promise.all(quiet.map((s) => s.setHeard(false).catch(() => false)));
    const wanted = new Map<string, Set<string>>(members.map((s) => [s.member ?? '', new Set()]));
    for (const [listener, speaker] of pairs) {
      const [a, b] = [this.#sessions.get(listener)?.member, this.#sessions.get(speaker)?.member];
      if (a !== undefined && b !== undefined && !unheard.has(speaker)) wanted.get(a)?.add(b);
    }
    for (const [listener, deafTo] of wanted) {
      const told = this.#told.get(listener) ?? new Set<string>();
      const more = [...deafTo].filter((m) => !told.has(m));
      // One that is about to be hung up stays hidden to its end.
      const less = [...told].filter((m) => !deafTo.has(m) && !this.#isClosing(m));
      this.#told.set(listener, new Set([...deafTo, ...[...told].filter((m) => this.#isClosing(m))]));
      if (more.length > 0) await this.#say(any, `${room} relate ${listener} ${more.join(',')} nohear`);
      if (less.length > 0) await this.#say(any, `${room} relate ${listener} ${less.join(',')} clear`);
    }
    await Promise.all(members.map((s) => (quiet.includes(s) ? undefined : s.setHeard(true).catch(() => false))));
  }

  async #say(through: FsMediaSession, args: string): Promise<void> {
    try {
      await through.channel?.command('conference', args);
    } catch (error) {
      this.#logger.warn({ args, error: String(error) }, 'FreeSWITCH did not change who hears whom');
    }
  }
}

import assert from 'node:assert/strict';
import { silentLogger, systemClock } from '@yixian/contracts';
import type { Channel } from '../../../src/shell/freeswitch/channel.js';
import { FsMediaSession } from '../../../src/shell/freeswitch/media-session.js';
import { RoomKeeper } from '../../../src/shell/freeswitch/room-keeper.js';

/** What FreeSWITCH was told, by the names of sessions in place of member numbers. */
class Server {
  readonly told: string[] = [];
  readonly rooms: RoomKeeper;
  readonly sessions: FsMediaSession[] = [];
  readonly #members = new Map<string, string>();
  #count = 0;

  constructor() {
    let rooms = 0;
    this.rooms = new RoomKeeper(() => `room${++rooms}`, { clock: systemClock(), logger: silentLogger });
  }

  party(name: string): FsMediaSession {
    const session = new FsMediaSession({
      id: ++this.#count,
      address: '127.0.0.1',
      rtpPort: 30_000 + 2 * this.#count,
      events: { onDigit() {}, onMediaTimeout() {} },
      clock: systemClock(),
      logger: silentLogger,
      mediaTimeoutMs: 60_000,
      newRoom: this.rooms.newRoom,
      hiddenFromSome: (one) => this.rooms.hidesFromSome(one),
      closed: () => {},
    });
    const command = async (command: string, args: string): Promise<string> => {
      if (command === 'uuid_transfer') {
        const [, room = '', flags = ''] = /conference:([^@]+)@yixian(?:\+\+flags\{(.*)\})? inline$/.exec(args) ?? [];
        this.told.push(`${name} to ${room} ${flags}`.trim());
        const member = String(this.#members.size + 1);
        this.#members.set(member, name);
        queueMicrotask(() => session.joined(room, member));
      } else if (command === 'conference') {
        const named = args.replace(
          / (\d+(?:,\d+)*)/g,
          (_, numbers: string) => ` ${numbers.split(',').map((n) => this.#members.get(n) ?? n)}`,
        );
        this.told.push(named);
      } else if (command === 'uuid_kill') this.told.push(`${name} is hung up`);
      return '+OK';
    };
    session.use({ uuid: name, command, close: () => command('uuid_kill', name) } as unknown as Channel);
    this.rooms.add(session);
    this.sessions.push(session);
    return session;
  }

  async hears(of: ReadonlyMap<FsMediaSession, readonly FsMediaSession[]>): Promise<string[]> {
    this.told.length = 0;
    this.rooms.route(of);
    await this.rooms.settled();
    return [...this.told];
  }
}

describe('rooms of FreeSWITCH', () => {
  let server: Server;
  afterEach(() => Promise.all(server.sessions.map((one) => one.close())));

  const talk = async () => {
    server = new Server();
    const [caller, agent, supervisor] = [server.party('caller'), server.party('agent'), server.party('supervisor')];
    const two: [FsMediaSession, FsMediaSession[]][] = [
      [caller, [agent]],
      [agent, [caller]],
    ];
    await server.hears(new Map(two));
    return { caller, agent, supervisor, two };
  };

  it('a listener is muted from its coming to its going: no relationship is needed, and nothing of it can slip through', async () => {
    const { caller, agent, supervisor, two } = await talk();
    const came = await server.hears(new Map([...two, [supervisor, [caller, agent]]]));
    assert.deepEqual(came, ['supervisor to room1 mute|deaf', 'room1 undeaf supervisor']);
    assert.deepEqual(await server.hears(new Map([...two, [supervisor, []]])), ['supervisor to room2']);
  });

  it('whoever whispers is made unheard before it goes: the mixer would give its last frames to whom must not hear them', async () => {
    const { caller, agent, supervisor, two } = await talk();
    await server.hears(new Map([...two, [supervisor, [caller, agent]]]));
    const whisper = await server.hears(
      new Map([
        [caller, [agent]],
        [agent, [caller, supervisor]],
        [supervisor, [caller, agent]],
      ]),
    );
    assert.deepEqual(whisper, ['room1 relate caller supervisor nohear', 'room1 unmute supervisor']);
    const left = await server.hears(new Map([...two, [supervisor, []]]));
    assert.deepEqual(left, ['room1 mute supervisor', 'supervisor to room2', 'room1 relate caller supervisor clear']);
  });

  it('back from whispering to listening: mute first, the relationship goes after it', async () => {
    const { caller, agent, supervisor, two } = await talk();
    await server.hears(
      new Map([
        [caller, [agent]],
        [agent, [caller, supervisor]],
        [supervisor, [caller, agent]],
      ]),
    );
    const back = await server.hears(new Map([...two, [supervisor, [caller, agent]]]));
    assert.deepEqual(back, ['room1 mute supervisor', 'room1 relate caller supervisor clear']);
  });

  it('one that ends while it whispers is muted before it is hung up', async () => {
    const { caller, agent, supervisor } = await talk();
    await server.hears(
      new Map([
        [caller, [agent]],
        [agent, [caller, supervisor]],
        [supervisor, [caller, agent]],
      ]),
    );
    server.told.length = 0;
    const over = supervisor.close();
    // The talk is told at the same time that one is gone from it.
    server.rooms.route(
      new Map([
        [agent, [caller]],
        [supervisor, []],
      ]),
    );
    await Promise.all([over, server.rooms.settled()]);
    assert.deepEqual(server.told, ['room1 mute supervisor', 'supervisor is hung up']);
    server.told.length = 0;
    await agent.close();
    assert.deepEqual(server.told, ['agent is hung up'], 'all of the room heard the agent');
  });

  it('a party muted by its own wish stays so when it is heard again', async () => {
    const { caller, agent, supervisor, two } = await talk();
    supervisor.mute(true);
    await server.hears(new Map([...two, [supervisor, [caller, agent]]]));
    const barge = await server.hears(
      new Map([
        [caller, [agent, supervisor]],
        [agent, [caller, supervisor]],
        [supervisor, [caller, agent]],
      ]),
    );
    assert.deepEqual(barge, []);
    supervisor.mute(false);
    await supervisor.admit();
    assert.deepEqual(server.told, ['room1 unmute supervisor', 'room1 undeaf supervisor']);
  });
});

import { randomUUID } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { sdpAt } from './framing.js';

/** How long every file plays. */
const PLAYS_MS = 30;

interface Channel {
  uuid: string;
  socket: Socket;
  room: string;
  member: number;
  /** Files told, in their order. */
  files: string[];
}

/**
 * FreeSWITCH as the hotline sees it: the event socket, and for each channel a connection of its own to the hotline. Rooms and playing
 * are told of; there is no audio.
 */
export class FakeFreeswitch {
  readonly secret: string;
  /** Every `api` command, of the control connection and of channels. */
  readonly commands: string[] = [];
  readonly channels = new Map<string, Channel>();
  answersStatus = true;
  /** Its clock, seconds. */
  now = 1_700_000_000;
  /** Rooms that nobody of this test has made. */
  readonly orphans: string[] = [];
  /** Folders are the same on both sides. */
  seesFiles = true;
  /** Files can be made where the hotline asks for it. */
  writes = true;
  /** Calls of drachtio-server are followed by a connection to the hotline. */
  connectsBack = true;
  /** Where the hotline was connected to, `address:port` of each channel. */
  readonly connectedTo: string[] = [];
  readonly #variables = new Map<string, string>();
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #port = 0;
  #members = 0;

  constructor(secret = 'media-secret') {
    this.secret = secret;
    this.#server = createServer((socket) => {
      this.#keep(socket);
      this.#serve(socket, undefined);
      socket.write('Content-Type: auth/request\n\n');
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    const address = this.#server.address();
    this.#port = typeof address === 'object' && address ? address.port : 0;
  }

  get url(): string {
    return `127.0.0.1:${this.#port},${this.secret}`;
  }

  get name(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Where its SIP profile would be; only a name by which drachtio-server finds it. */
  get sipAddress(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** A global variable. */
  set(name: string, value: number): void {
    this.#variables.set(name, String(value));
  }

  /** The process dies. */
  async kill(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    this.channels.clear();
    this.#variables.clear();
    await closed;
  }

  /** drachtio-server has called: answers with an SDP and connects to the hotline. */
  invited(userAgent: string, hotline: string): string {
    const [host = '', port = '0'] = hotline.split(':');
    const uuid = randomUUID();
    this.connectedTo.push(hotline);
    if (!this.connectsBack) return sdpAt('127.0.0.1', 40_000);
    const socket = connect(Number(port), host);
    this.#keep(socket);
    const channel: Channel = { uuid, socket, room: '', member: 0, files: [] };
    this.channels.set(uuid, channel);
    socket.on('close', () => this.channels.delete(uuid));
    this.#serve(socket, { channel, userAgent });
    return sdpAt('127.0.0.1', 40_000 + 2 * this.channels.size);
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
  }

  #serve(socket: Socket, of: { channel: Channel; userAgent: string } | undefined): void {
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes.toString('utf8');
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const command = text.slice(0, end).trim();
        text = text.slice(end + 2);
        if (command.startsWith('api ')) this.#api(socket, command.slice(4));
        else if (command === 'connect' && of) this.#connected(socket, of.channel, of.userAgent);
        else if (command.startsWith('auth ') && command.slice(5) !== this.secret) {
          socket.end(
            'Content-Type: command/reply\nReply-Text: -ERR invalid\n\nContent-Type: text/disconnect-notice\nContent-Length: 0\n\n',
          );
        } else if (command === 'exit') socket.end();
        else if (command !== '') socket.write('Content-Type: command/reply\nReply-Text: +OK accepted\n\n');
      }
    });
  }

  #connected(socket: Socket, { uuid }: Channel, userAgent: string): void {
    const lines = ['Content-Type: command/reply', 'Event-Name: CHANNEL_DATA', `Unique-ID: ${uuid}`, `Channel-Unique-ID: ${uuid}`];
    socket.write(`${[...lines, `variable_sip_user_agent: ${encodeURIComponent(userAgent)}`].join('\n')}\n\n`);
  }

  #api(socket: Socket, text: string): void {
    const [command = '', ...args] = text.trim().split(' ');
    if (command === 'status' && !this.answersStatus) return;
    if (command !== 'status') this.commands.push(text.trim());
    const answer = this.#answer(command, args);
    socket.write(`Content-Type: api/response\nContent-Length: ${Buffer.byteLength(answer)}\n\n${answer}`);
  }

  #answer(command: string, args: readonly string[]): string {
    if (command === 'version') return '1.11.3';
    if (command === 'module_exists') return 'true';
    if (command === 'status') return `${this.channels.size} session(s) - peak 9\n2000 session(s) max\n`;
    if (command === 'sofia') return `  drachtio_mrf\tprofile\tsip:mod_sofia@${this.sipAddress}\tRUNNING (0)\n`;
    if (command === 'strepoch') return String(this.now);
    if (command === 'conference' && args[0] === 'list') return this.#rooms();
    if (command === 'file_exists') return String(this.seesFiles && existsSync(args.join(' ')));
    if (command === 'global_getvar') return this.#variables.get(args[0] ?? '') ?? '';
    if (command === 'global_setvar') {
      const [name = '', value = ''] = (args[0] ?? '').split('=');
      this.#variables.set(name, value);
    }
    if (command === 'uuid_transfer') this.#joins(args[0] ?? '', /^conference:([^@]+)@/.exec(args[1] ?? '')?.[1] ?? '');
    if (command === 'uuid_record' && args[1] === 'start') return this.#records(args[2] ?? '');
    if (command === 'uuid_kill') this.channels.get(args[0] ?? '')?.socket.end();
    if (command === 'conference') this.#conference(args);
    return command === 'uuid_dump' ? 'variable_rtp_audio_in_media_packet_count: 100\n' : '+OK\n';
  }

  #records(file: string): string {
    if (!this.writes) return '-ERR Cannot record session!\n';
    writeFileSync(file, '');
    return '+OK Success\n';
  }

  #rooms(): string {
    const rooms = [...new Set([...this.orphans, ...[...this.channels.values()].map((c) => c.room)])].filter((room) => room !== '');
    return rooms.map((room) => `+OK Conference ${room} (1 member rate: 8000 flags: running)\n`).join('') || '+OK No active conferences.\n';
  }

  #joins(uuid: string, room: string): void {
    const channel = this.channels.get(uuid);
    if (!channel) return;
    channel.room = room;
    channel.member = ++this.#members;
    channel.files = [];
    this.#tell(channel, { Action: 'add-member' });
  }

  #conference([room, action, ...rest]: readonly string[]): void {
    const member = Number(action === 'play' ? rest[rest.length - 2] : rest.at(-1));
    const channel = [...this.channels.values()].find((c) => c.room === room && c.member === member);
    if (!channel) return;
    if (action === 'stop') for (const _ of channel.files) this.#done(channel);
    if (action !== 'play') return;
    channel.files.push(rest.slice(0, -2).join(' '));
    if (channel.files.length === 1) this.#next(channel);
  }

  #next(channel: Channel): void {
    const [file] = channel.files;
    // What never ends by itself.
    if (file === undefined || /loops=-1|silence_stream:\/\/-1/.test(file)) return;
    setTimeout(() => {
      if (channel.files[0] !== file) return;
      this.#done(channel);
      this.#next(channel);
    }, PLAYS_MS);
  }

  #done(channel: Channel): void {
    const File = channel.files.shift() ?? '';
    this.#tell(channel, { Action: 'play-file-member-done', File });
  }

  #tell({ uuid, room, member, socket }: Channel, fields: Record<string, string>): void {
    const subclass = { 'Event-Name': 'CUSTOM', 'Event-Subclass': 'conference::maintenance' };
    const event = JSON.stringify({ ...subclass, 'Unique-ID': uuid, 'Conference-Name': room, 'Member-ID': String(member), ...fields });
    socket.write(`Content-Type: text/event-json\nContent-Length: ${Buffer.byteLength(event)}\n\n${event}`);
  }
}

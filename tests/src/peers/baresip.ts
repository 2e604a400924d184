import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readWav, type Sound, writeToneWav } from './audio.js';
import { NetstringReader, netstring } from './netstring.js';
import { freePort, freePorts } from './ports.js';
import { type PeerProcess, startProcess } from './process.js';
import { eventually, within } from './wait.js';

/** Four calls, with what baresip leaves unused between them. */
const RTP_PORTS = 12;
const MODULES = '/usr/lib/baresip/modules';

export interface BaresipOptions {
  /** SIP user. */
  user: string;
  /** Registers and sends calls here; without it the phone only takes and makes direct calls. */
  registrar?: { address: string; port: number; transport?: 'udp' | 'tcp' };
  /** Digest password; default none. */
  password?: string;
  /** Digest user where it is another one. */
  authUser?: string;
  /** What this phone says, all the time. Or a WAV file, 8 kHz mono PCM16, played once. */
  toneHz?: number;
  audioFile?: string;
  /** Codecs in order of preference; default both, µ-law first. */
  codecs?: readonly ('PCMA' | 'PCMU')[];
  /** `auto` answers at once with 200; default `manual`. */
  answer?: 'manual' | 'auto' | 'early';
  /** Seconds between registrations, default 300. */
  registerEverySeconds?: number;
  /** How long it rings before it gives up, seconds. */
  ringSeconds?: number;
  /** Shows the texts it gets: `shown()`. */
  showsTexts?: boolean;
  /** URI that `message` writes to. */
  contact?: string;
  /** Subscribes to message waiting once it has registered (RFC 3842). */
  messageWaiting?: boolean;
}

export type BaresipEventType =
  | 'REGISTER_OK'
  | 'REGISTER_FAIL'
  | 'UNREGISTERING'
  | 'CALL_INCOMING'
  | 'CALL_RINGING'
  | 'CALL_PROGRESS'
  | 'CALL_ESTABLISHED'
  | 'CALL_CLOSED'
  | 'CALL_RTPESTAB'
  | 'CALL_DTMF_START'
  | 'CALL_DTMF_END'
  | 'CALL_LOCAL_SDP'
  | 'CALL_REMOTE_SDP'
  | 'CALL_RTCP'
  | 'TRANSFER'
  | 'TRANSFER_FAILED'
  | 'MWI_NOTIFY';

export interface BaresipEvent {
  type: BaresipEventType | string;
  direction?: 'incoming' | 'outgoing';
  peeruri?: string;
  id?: string;
  param?: string;
  /** Monotonic milliseconds at which the event was read. */
  at: number;
}

/** A headless baresip: an agent's phone or a caller, ended by its own pid. */
export interface BaresipPhone {
  readonly pid: number;
  readonly user: string;
  readonly sipPort: number;
  readonly events: readonly BaresipEvent[];
  /**
   * The next event of this type that no earlier `waitFor` has taken; it may have happened already.
   * @throws Error with the events so far and the end of baresip's log
   */
  waitFor(type: BaresipEventType, deadlineMs?: number): Promise<BaresipEvent>;
  /** Registers somewhere else as well, as a phone that has several registrars: an account more. */
  again(registrar: NonNullable<BaresipOptions['registrar']>): Promise<void>;
  dial(target: string): Promise<void>;
  accept(): Promise<void>;
  hangUp(): Promise<void>;
  hold(): Promise<void>;
  resume(): Promise<void>;
  /** Keys by RFC 4733. */
  sendDigits(digits: string): Promise<void>;
  /** The transfer key: REFER in the current call. */
  transfer(target: string): Promise<void>;
  /** SIP MESSAGE to `contact`. */
  message(text: string): Promise<void>;
  /** Any command of baresip's menu. @returns its output */
  command(name: string, params?: string): Promise<string>;
  /** What was heard in the calls so far, oldest first; a call's file is whole once it is closed. Silence between packets is not in it. */
  heard(): Promise<Sound[]>;
  /** What was heard in the last call. @throws Error when nothing was */
  lastHeard(): Promise<Sound>;
  log(): string;
  /** What it would have on its screen, texts above all (`showsTexts`). */
  shown(): string;
  /** Ends without unregistering, as when the phone loses its power. */
  kill(): Promise<void>;
  /** Ends and removes its folder. */
  stop(): Promise<void>;
}

function configText(
  options: BaresipOptions,
  folder: string,
  wav: string,
  ports: { sip: number; control: number; rtp: number; console?: number },
): string {
  const codecs = options.codecs ?? ['PCMU', 'PCMA'];
  return [
    'poll_method epoll',
    `sip_listen 127.0.0.1:${ports.sip}`,
    'net_interface 127.0.0.1',
    `call_local_timeout ${options.ringSeconds ?? 120}`,
    'call_max_calls 4',
    `audio_source aufile,${wav}`,
    `audio_player aubridge,heard-${ports.sip}`,
    `audio_alert aubridge,alert-${ports.sip}`,
    'ausrc_srate 8000',
    'auplay_srate 8000',
    'ausrc_channels 1',
    'auplay_channels 1',
    'audio_buffer 20-160',
    'jitter_buffer_delay 1-10',
    `rtp_ports ${ports.rtp}-${ports.rtp + RTP_PORTS - 1}`,
    `ctrl_tcp_listen 127.0.0.1:${ports.control}`,
    `snd_path ${join(folder, 'heard')}`,
    `module_path ${MODULES}`,
    ...(codecs.length > 0 ? ['module g711.so'] : []),
    'module aufile.so',
    'module aubridge.so',
    'module sndfile.so',
    'module_app account.so',
    'module_app menu.so',
    ...(options.contact ? ['module_app contact.so'] : []),
    ...(options.messageWaiting ? ['module_app mwi.so'] : []),
    ...(ports.console ? ['module cons.so', `cons_listen 127.0.0.1:${ports.console}`] : []),
    'module_app ctrl_tcp.so',
    '',
  ].join('\n');
}

function accountText(options: BaresipOptions, sipPort: number): string {
  const { registrar, user } = options;
  const host = registrar ? `${registrar.address}:${registrar.port}` : `127.0.0.1:${sipPort}`;
  const transport = registrar?.transport ? `;transport=${registrar.transport}` : '';
  return [
    `<sip:${user}@${host}${transport}>`,
    `auth_user=${options.authUser ?? user}`,
    ...(options.password ? [`auth_pass=${options.password}`] : []),
    `audio_codecs=${(options.codecs ?? ['PCMU', 'PCMA']).map((c) => `${c}/8000/1`).join(',')}`,
    `answermode=${options.answer ?? 'manual'}`,
    `regint=${registrar ? (options.registerEverySeconds ?? 300) : 0}`,
  ].join(';');
}

/**
 * Starts a phone; it registers by itself: wait for `REGISTER_OK`.
 * @throws Error with baresip's log when it does not come up
 */
export async function startBaresip(options: BaresipOptions): Promise<BaresipPhone> {
  const folder = await mkdtemp(join(tmpdir(), `yx-phone-${options.user}-`));
  await mkdir(join(folder, 'heard'));
  const ports = {
    ...{ sip: await freePorts(2), control: await freePort(), rtp: await freePorts(RTP_PORTS) },
    ...(options.showsTexts ? { console: await freePort() } : {}),
  };
  const wav = options.audioFile ?? (await writeToneWav(join(folder, 'says.wav'), options.toneHz ?? 440, 180));
  await writeFile(join(folder, 'config'), configText(options, folder, wav, ports));
  await writeFile(join(folder, 'accounts'), '');
  await writeFile(join(folder, 'contacts'), options.contact ? `<${options.contact}>\n` : '');
  if (options.contact) await writeFile(join(folder, 'current_contact'), options.contact);
  const child = await startProcess('baresip', ['-f', folder], { cwd: folder });
  try {
    const socket = await connectControl(child, ports.control);
    const screen = ports.console ? await connectControl(child, ports.console) : undefined;
    const phone = new Phone(options, folder, ports.sip, child, socket, screen);
    // Created over the control port, so that not even the first REGISTER_OK is missed.
    await phone.command('uanew', accountText(options, ports.sip));
    return phone;
  } catch (error) {
    await child.stop();
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function connectControl(child: PeerProcess, port: number): Promise<Socket> {
  let gone: number | undefined;
  void child.exited.then((code) => {
    gone = code;
  });
  const attempt = (): Promise<Socket | undefined> =>
    new Promise((resolve) => {
      if (gone !== undefined) throw new Error(`baresip ended with ${gone}:\n${child.output().slice(-2000)}`);
      const socket = connect(port, '127.0.0.1', () => resolve(socket));
      socket.once('error', () => resolve(undefined));
    });
  return await eventually(`baresip's control port ${port}`, attempt, 15_000);
}

interface Waiting {
  type: string;
  give(event: BaresipEvent): void;
}

class Phone implements BaresipPhone {
  readonly user: string;
  readonly sipPort: number;
  readonly events: BaresipEvent[] = [];
  readonly #options: BaresipOptions;
  readonly #folder: string;
  readonly #child: PeerProcess;
  readonly #socket: Socket;
  readonly #answers = new Map<string, (text: string) => void>();
  readonly #screen: Socket | undefined;
  #shown = '';
  #untaken: BaresipEvent[] = [];
  #waiting: Waiting[] = [];
  #token = 0;

  constructor(options: BaresipOptions, folder: string, sipPort: number, child: PeerProcess, socket: Socket, screen?: Socket) {
    this.#options = options;
    this.user = options.user;
    this.sipPort = sipPort;
    this.#folder = folder;
    this.#child = child;
    this.#socket = socket;
    this.#screen = screen;
    screen?.on('data', (bytes) => {
      this.#shown += bytes.toString('utf8');
    });
    screen?.on('error', (error) => this.events.push({ type: 'SCREEN_LOST', param: error.message, at: performance.now() }));
    const reader = new NetstringReader();
    socket.on('data', (bytes) => {
      for (const payload of reader.push(bytes)) this.#received(JSON.parse(payload));
    });
    // The phone's end closes the socket; waiters then meet their deadline with the log attached.
    socket.on('error', (error) => this.events.push({ type: 'CONTROL_LOST', param: error.message, at: performance.now() }));
  }

  get pid(): number {
    return this.#child.pid;
  }

  #received(message: Record<string, unknown>): void {
    if (message.response === true) {
      const token = String(message.token);
      this.#answers.get(token)?.(String(message.data ?? ''));
      this.#answers.delete(token);
      return;
    }
    const event = { ...message, at: performance.now() } as unknown as BaresipEvent;
    this.events.push(event);
    const index = this.#waiting.findIndex((w) => w.type === event.type);
    if (index < 0) this.#untaken.push(event);
    else this.#waiting.splice(index, 1)[0]?.give(event);
  }

  async waitFor(type: BaresipEventType, deadlineMs = 15_000): Promise<BaresipEvent> {
    const index = this.#untaken.findIndex((e) => e.type === type);
    const [event] = index < 0 ? [] : this.#untaken.splice(index, 1);
    if (event) return event;
    let waiting: Waiting | undefined;
    const next = new Promise<BaresipEvent>((give) => {
      waiting = { type, give };
      this.#waiting.push(waiting);
    });
    try {
      return await within(`phone ${this.user}: ${type}`, deadlineMs, next);
    } catch (error) {
      this.#waiting = this.#waiting.filter((w) => w !== waiting);
      const seen = this.events.map((e) => `${e.type} ${e.param ?? ''}`).join('\n  ');
      throw new Error(`${(error as Error).message}\nevents:\n  ${seen}\nlog:\n${this.log().slice(-1500)}`);
    }
  }

  async command(name: string, params = ''): Promise<string> {
    const token = `t${++this.#token}`;
    const answer = new Promise<string>((resolve) => this.#answers.set(token, resolve));
    this.#socket.write(netstring(JSON.stringify({ command: name, params, token })));
    return await within(`phone ${this.user}: answer to command ${name}`, 10_000, answer);
  }

  async again(registrar: NonNullable<BaresipOptions['registrar']>): Promise<void> {
    await this.command('uanew', accountText({ ...this.#options, registrar }, this.sipPort));
  }

  async dial(target: string): Promise<void> {
    await this.command('dial', target);
  }

  async accept(): Promise<void> {
    await this.command('accept');
  }

  async hangUp(): Promise<void> {
    await this.command('hangup');
  }

  async hold(): Promise<void> {
    await this.command('hold');
  }

  async resume(): Promise<void> {
    await this.command('resume');
  }

  async sendDigits(digits: string): Promise<void> {
    await this.command('sndcode', digits);
  }

  async transfer(target: string): Promise<void> {
    await this.command('transfer', target);
  }

  async message(text: string): Promise<void> {
    await this.command('message', text);
  }

  async heard(): Promise<Sound[]> {
    const folder = join(this.#folder, 'heard');
    const files = (await readdir(folder)).filter((f) => f.endsWith('-dec.wav')).sort();
    return await Promise.all(files.map((f) => readBegun(join(folder, f))));
  }

  async lastHeard(): Promise<Sound> {
    const last = (await this.heard()).at(-1);
    if (!last) throw new Error(`phone ${this.user} heard nothing; log:\n${this.log().slice(-1500)}`);
    return last;
  }

  shown(): string {
    return this.#shown;
  }

  log(): string {
    return this.#child.output();
  }

  async kill(): Promise<void> {
    process.kill(this.#child.pid, 'SIGKILL');
    await this.#child.exited;
  }

  async stop(): Promise<void> {
    this.#socket.destroy();
    this.#screen?.destroy();
    await this.#child.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Between making the file of a stream and writing its head baresip may stand still, as anything on a busy machine. */
async function readBegun(file: string): Promise<Sound> {
  return (await stat(file)).size === 0 ? { sampleRate: 8_000, channels: [new Int16Array()] } : readWav(file);
}

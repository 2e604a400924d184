import { randomUUID } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { eventually } from '../peers/index.js';
import type { FakeFreeswitch } from './fake-freeswitch.js';
import { bodyOf, headersOf, sdpAt } from './framing.js';

/** One call from the network, as drachtio-server would keep it. */
export class NetworkCall {
  readonly id = `call-${randomUUID().slice(0, 8)}`;
  /** Answers of the hotline, whole. */
  readonly answers: string[] = [];
  /** The hotline has hung up: its BYE. */
  bye: string | undefined;

  /** The first answer of this status, as soon as it is there. */
  async answered(status: number): Promise<string> {
    return await eventually(`${status} for ${this.id}`, () => this.answers.find((a) => a.startsWith(`SIP/2.0 ${status} `)));
  }

  async hungUp(): Promise<string> {
    return await eventually(`BYE for ${this.id}`, () => this.bye);
  }
}

interface Of {
  transaction: string;
  dialog?: string;
}

/** drachtio-server as the hotline sees it: its control protocol, callers of the test's making, and media servers to be called. */
export class FakeDrachtioServer {
  readonly secret = 'sip-secret';
  readonly #media: readonly FakeFreeswitch[];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** By transaction or dialog. */
  readonly #calls = new Map<string, { call: NetworkCall; invite: string }>();
  #port = 0;

  constructor(media: readonly FakeFreeswitch[]) {
    this.#media = media;
    this.#server = createServer((socket) => this.#connected(socket));
  }

  get url(): string {
    return `127.0.0.1:${this.#port},${this.secret}`;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    const address = this.#server.address();
    this.#port = typeof address === 'object' && address ? address.port : 0;
  }

  /** The process dies, and knows nothing of its calls when it comes back. */
  async kill(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    this.#calls.clear();
    await closed;
  }

  /** A caller dials in. */
  call(from: string, to: string): NetworkCall {
    const call = new NetworkCall();
    const sdp = sdpAt('127.0.0.1', 30_002);
    const invite = [
      `INVITE sip:${to}@127.0.0.1 SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK${call.id}`,
      `From: <sip:${from}@127.0.0.1>;tag=${call.id}`,
      `To: <sip:${to}@127.0.0.1>`,
      `Call-ID: ${call.id}`,
      'CSeq: 1 INVITE',
      `Contact: <sip:${from}@127.0.0.1:5070>`,
      'Max-Forwards: 70',
      'Content-Type: application/sdp',
      `Content-Length: ${sdp.length}`,
      '',
      sdp,
    ].join('\r\n');
    this.#calls.set(call.id, { call, invite });
    this.#network(invite, { transaction: call.id });
    return call;
  }

  /** The caller hangs up. */
  hangUp(call: NetworkCall): void {
    const known = this.#calls.get(call.id);
    if (!known) return;
    const [line = '', ...rest] = known.invite.split('\r\n\r\n', 1)[0]?.split('\r\n') ?? [];
    const own = rest
      .filter((h) => !/^Content-|^Contact/.test(h))
      .map((h) => (h.startsWith('To: ') ? `${h};tag=hotline-${call.id}` : h.replace('1 INVITE', '2 BYE')));
    const bye = [line.replace('INVITE', 'BYE'), ...own.map((h) => h.replace('z9hG4bK', 'z9hG4bKbye')), 'Content-Length: 0', '', ''];
    this.#network(bye.join('\r\n'), { transaction: `bye-${call.id}`, dialog: `dialog-${call.id}` });
  }

  #connected(socket: Socket): void {
    this.#sockets.add(socket);
    let bytes = Buffer.alloc(0);
    socket.on('data', (more) => {
      bytes = Buffer.concat([bytes, more]);
      for (let hash = bytes.indexOf('#'); hash > 0; hash = bytes.indexOf('#')) {
        const end = hash + 1 + Number(bytes.toString('latin1', 0, hash));
        if (bytes.length < end) return;
        const message = bytes.toString('utf8', hash + 1, end);
        bytes = bytes.subarray(end);
        this.#took(socket, message);
      }
    });
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
  }

  #send(message: string, to: Iterable<Socket> = this.#sockets): void {
    for (const socket of to) socket.write(`${Buffer.byteLength(message)}#${message}`);
  }

  #network(text: string, { transaction, dialog = '' }: Of, to?: Iterable<Socket>): void {
    const meta = `network|${text.length}|udp|127.0.0.1|5070|12:00:00.000|${transaction}|${dialog}|127.0.0.1|5060`;
    this.#send(`${randomUUID()}|sip|${meta}\r\n${text}`, to);
  }

  #sent(socket: Socket, id: string, text: string, { transaction, dialog = '' }: Of): void {
    const meta = `application|${text.length}|udp|127.0.0.1|5070|12:00:00.000|${transaction}|${dialog}`;
    this.#send(`${randomUUID()}|response|${id}|OK|${meta}|Msg sent:|\r\n${text}`, [socket]);
  }

  #took(socket: Socket, message: string): void {
    const line = message.indexOf('\r\n');
    const [id = '', kind, transaction = '', dialog = ''] = (line < 0 ? message : message.slice(0, line)).split('|');
    const text = line < 0 ? '' : message.slice(line + 2);
    if (kind === 'authenticate') this.#authenticate(socket, id, transaction);
    else if (kind === 'sip' && text.startsWith('SIP/2.0')) this.#answered(socket, id, transaction, text);
    else if (kind === 'sip') this.#requested(socket, id, dialog, text);
    else this.#send(`${randomUUID()}|response|${id}|OK`, [socket]);
  }

  #authenticate(socket: Socket, id: string, secret: string): void {
    const fine = secret.trim() === this.secret;
    const told = fine ? 'OK|127.0.0.1:5060|v0.9.10|udp/127.0.0.1:5060,tcp/127.0.0.1:5060' : 'NO|incorrect secret';
    this.#send(`${randomUUID()}|response|${id}|${told}`, [socket]);
  }

  /** The hotline has answered a caller. */
  #answered(socket: Socket, id: string, transaction: string, text: string): void {
    const known = this.#calls.get(transaction);
    if (!known) return;
    const { call, invite } = known;
    const status = Number(text.slice(8, 11));
    const dialog = status < 300 ? `dialog-${call.id}` : '';
    const [first, ...rest] = text.split('\r\n');
    const copied = ['Via', 'From', 'To', 'Call-ID', 'CSeq'].map((name) => `${name}: ${headersOf(invite).get(name.toLowerCase())}`);
    const whole = [first, ...copied.map((h) => (h.startsWith('To: ') ? `${h};tag=hotline-${call.id}` : h)), ...rest].join('\r\n');
    call.answers.push(whole);
    this.#sent(socket, id, whole, { transaction, dialog });
    if (status < 200 || status >= 300) return;
    this.#calls.set(dialog, known);
    const ack = copied.map((h) => (h.startsWith('To: ') ? `${h};tag=hotline-${call.id}` : h.replace('1 INVITE', '1 ACK')));
    const request = [invite.split('\r\n', 1)[0]?.replace('INVITE', 'ACK'), ...ack, 'Content-Length: 0', '', ''].join('\r\n');
    this.#network(request, { transaction: `ack-${call.id}`, dialog }, [socket]);
  }

  /** The hotline asks for something: of a media server, or in a caller's dialog. */
  #requested(socket: Socket, id: string, dialog: string, text: string): void {
    const [method = '', uri = ''] = text.split(' ');
    const headers = headersOf(text);
    const transaction = randomUUID();
    const media = this.#media.find((m) => uri.includes(m.sipAddress));
    const inDialog = dialog !== '' || !media ? dialog : `media-${transaction}`;
    const whole = complete(text, method, inDialog);
    this.#sent(socket, id, whole, { transaction, dialog: inDialog });
    if (method === 'ACK') return;
    let sdp = '';
    if (method === 'INVITE' && media && dialog === '') {
      sdp = media.invited(headers.get('user-agent') ?? '', headers.get('x-esl-outbound') ?? '');
    } else if (method === 'INVITE') sdp = bodyOf(text);
    const known = this.#calls.get(dialog);
    if (method === 'BYE' && known) known.call.bye = whole;
    this.#network(okTo(whole, sdp), { transaction, dialog: inDialog }, [socket]);
  }
}

/** What drachtio-server writes itself. */
function complete(text: string, method: string, dialog: string): string {
  const own = ['Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKown', `Call-ID: ${dialog}`, `CSeq: 1 ${method}`];
  const given = headersOf(text);
  const added = [...own, 'From: <sip:hotline@127.0.0.1>;tag=hotline', 'To: <sip:them@127.0.0.1>', 'Content-Length: 0'].filter(
    (line) => !given.has(line.slice(0, line.indexOf(':')).toLowerCase()),
  );
  const [first, ...rest] = text.split('\r\n');
  return [first, ...added, ...rest].join('\r\n');
}

function okTo(request: string, sdp: string): string {
  const headers = headersOf(request);
  const copied = ['Via', 'From', 'To', 'Call-ID', 'CSeq'].map((name) => {
    const value = headers.get(name.toLowerCase()) ?? '';
    return `${name}: ${name === 'To' && !value.includes('tag=') ? `${value};tag=them` : value}`;
  });
  const body = sdp === '' ? [] : ['Content-Type: application/sdp', 'Contact: <sip:them@127.0.0.1:5070>'];
  return ['SIP/2.0 200 OK', ...copied, ...body, `Content-Length: ${sdp.length}`, '', sdp].join('\r\n');
}

import { randomUUID } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';

interface FakeOptions {
  secret: string;
  version: string;
  points: string;
}

/** The control protocol of drachtio-server from its side: messages are `length#id|kind|…`, the length in bytes. */
export class FakeDrachtio {
  readonly #options: FakeOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** What clients sent, without the length. */
  readonly received: string[] = [];
  #waiting: { match: RegExp; tell: (message: string) => void }[] = [];

  constructor(options: Partial<FakeOptions> = {}) {
    this.#options = { secret: 'right', version: 'v0.9.10', points: 'udp/127.0.0.1:5060,tcp/127.0.0.1:5060', ...options };
    this.#server = createServer((socket) => this.#connected(socket));
  }

  async listen(port = 0): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return this.port;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  async close(): Promise<void> {
    this.dropAll();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The process dies. */
  dropAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #connected(socket: Socket): void {
    this.#sockets.add(socket);
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes.toString('utf8');
      for (let hash = text.indexOf('#'); hash > 0; hash = text.indexOf('#')) {
        const length = Number(text.slice(0, hash));
        if (text.length < hash + 1 + length) return;
        const message = text.slice(hash + 1, hash + 1 + length);
        text = text.slice(hash + 1 + length);
        this.#took(socket, message);
      }
    });
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
  }

  #took(socket: Socket, message: string): void {
    this.received.push(message);
    const [id = '', kind, secret] = message.split(/[|\r]/);
    if (kind === 'authenticate') {
      const ok = secret === this.#options.secret;
      const { version, points } = this.#options;
      this.#send(socket, `${randomUUID()}|response|${id}|${ok ? `OK|127.0.0.1:5060|${version}|${points}` : 'NO|incorrect secret'}`);
      if (!ok) socket.end();
    }
    for (const waiting of this.#waiting.filter(({ match }) => match.test(message))) {
      this.#waiting = this.#waiting.filter((w) => w !== waiting);
      waiting.tell(message);
    }
  }

  /** The next message that matches, or one that has come. */
  got(match: RegExp): Promise<string> {
    const before = this.received.find((m) => match.test(m));
    if (before !== undefined) return Promise.resolve(before);
    return new Promise((tell) => this.#waiting.push({ match, tell }));
  }

  #send(socket: Socket, message: string): void {
    socket.write(`${Buffer.byteLength(message)}#${message}`);
  }

  /** To every client. */
  send(message: string): void {
    for (const socket of this.#sockets) this.#send(socket, message);
  }

  /** A SIP message from the network, or of the server's own when it has no address. */
  network(text: string, { transaction, dialog = '', from = '192.0.2.9' }: { transaction: string; dialog?: string; from?: string }): void {
    const where = from === '' ? '0|udp||0' : `${text.length}|udp|${from}|5070`;
    this.send(`${randomUUID()}|sip|network|${where}|12:00:00.000|${transaction}|${dialog}|127.0.0.1|5060\r\n${text}`);
  }

  /** Says that what a client asked for was sent, as `text`. */
  sent(request: string, text: string, { transaction, dialog = '' }: { transaction: string; dialog?: string }): void {
    const id = request.slice(0, request.indexOf('|'));
    const meta = `application|${text.length}|udp|192.0.2.9|5070|12:00:00.000|${transaction}|${dialog}`;
    this.send(`${randomUUID()}|response|${id}|OK|${meta}|Msg sent:|\r\n${text}`);
  }
}

import { createServer, type Server, type Socket } from 'node:net';

/** The event socket of FreeSWITCH from its side, as far as looking at it goes: `auth`, `api`, `exit`. */
export class FakeEventSocket {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #secret: string;
  readonly #answers: (command: string) => string | undefined;

  /** @param answers to `api` commands; undefined leaves one unanswered */
  constructor(secret: string, answers: (command: string) => string | undefined, greets = true) {
    this.#secret = secret;
    this.#answers = answers;
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#sockets.delete(socket));
      if (greets) this.#serve(socket);
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    socket.write('Content-Type: auth/request\n\n');
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes.toString('utf8');
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        this.#command(socket, text.slice(0, end));
        text = text.slice(end + 2);
      }
    });
  }

  #command(socket: Socket, command: string): void {
    if (command.startsWith('auth ')) {
      const right = command.slice(5) === this.#secret;
      socket.write(`Content-Type: command/reply\nReply-Text: ${right ? '+OK accepted' : '-ERR invalid'}\n\n`);
      if (!right) socket.end('Content-Type: text/disconnect-notice\nContent-Length: 0\n\n');
    } else if (command.startsWith('api ')) {
      const answer = this.#answers(command.slice(4).trim());
      if (answer !== undefined) socket.write(`Content-Type: api/response\nContent-Length: ${Buffer.byteLength(answer)}\n\n${answer}`);
    } else if (command === 'exit') socket.end();
  }
}

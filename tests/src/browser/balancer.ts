import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Hotline } from '../hotline.js';
import { freePort } from '../peers/index.js';

/** One address for several processes, as a load balancer is: new connections go to the process it is turned to. */
export class Balancer {
  readonly http: string;
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  private constructor(http: string, server: Server) {
    this.http = http;
    this.#server = server;
  }

  static async start(first: Hotline): Promise<Balancer> {
    const port = await freePort();
    const server = createServer({ allowHalfOpen: true });
    const balancer = new Balancer(`http://127.0.0.1:${port}`, server);
    balancer.turnTo(first);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    return balancer;
  }

  turnTo(hotline: Hotline): void {
    this.#server.removeAllListeners('connection');
    this.#server.on('connection', (near: Socket) => {
      const far = connect(hotline.httpPort, '127.0.0.1');
      for (const socket of [near, far]) {
        this.#open.add(socket);
        socket.on('close', () => this.#open.delete(socket));
        socket.on('error', () => {
          near.destroy();
          far.destroy();
        });
      }
      near.pipe(far).pipe(near);
    });
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }
}

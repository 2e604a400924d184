import { type ChildProcess, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { eventually } from '../peers/index.js';

const UP_MS = 60_000;

/** A drachtio-server or FreeSWITCH outside of the project, in a process group of its own, started and ended as a whole. */
export class RealServer {
  readonly #command: string;
  readonly #port: number;
  #child: ChildProcess | undefined;

  /**
   * @param command a shell command that stays in the foreground as long as the server runs
   * @param url `host:port,secret` of its control port, on this machine
   */
  constructor(command: string, url: string) {
    this.#command = command;
    this.#port = Number(/:(\d+),/.exec(url)?.[1]);
  }

  /** Resolves when its control port takes connections. */
  async start(): Promise<void> {
    if (await this.#listens())
      throw new Error(`something listens on port ${this.#port} already: these tests start and end their own servers`);
    this.#child = spawn(this.#command, { shell: true, detached: true, stdio: 'ignore' });
    await eventually(`port ${this.#port} takes connections`, () => this.#listens(), UP_MS);
  }

  /** The machine loses its power. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const over = new Promise((resolve) => child.once('exit', resolve));
    process.kill(-child.pid, 'SIGKILL');
    await over;
    await eventually(`port ${this.#port} is free`, async () => !(await this.#listens()));
  }

  #listens(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.#port, '127.0.0.1');
      const settle = (up: boolean): void => {
        socket.destroy();
        resolve(up);
      };
      socket.once('connect', () => settle(true));
      socket.once('error', () => settle(false));
    });
  }
}

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Clock, Logger, Timer } from '@yixian/contracts';
import type { EngineSocket, GatewayCommand, GatewayNotice, GatewaySettings } from './protocol.js';
import { remoteIce, transportOf, type WebTransport } from './sdp.js';
import { CandidateExchange } from './trickle.js';

/** One browser's connection. Closing is the leg's affair; it tells when it is lost. */
export interface WebLink {
  /** Candidates that follow the SDP, when both ends do so. */
  readonly candidates: CandidateExchange;
  /**
   * Answers the browser's offer, or makes one for it. Rejects when the gateway is not there or cannot.
   * @param trickle the browser takes candidates by INFO: there is no waiting for ours
   */
  open(
    engine: EngineSocket,
    trickle: boolean,
    offer?: string,
  ): Promise<{ transport: WebTransport; gateway: { address: string; port: number } }>;
  /** The browser's answer to our offer; only the first counts. */
  answered(sdp: string): void;
  close(): void;
}

export interface WebGateway {
  /** @param onLost told once, when the connection cannot be made or is lost for good */
  link(onLost: (why: string) => void): WebLink;
  metrics(): Record<string, number>;
  stop(): Promise<void>;
}

export interface WebGatewayDeps {
  settings: GatewaySettings;
  clock: Clock;
  logger: Logger;
  /** Entry of the process; another one in tests. */
  entry?: URL;
}

const OPEN_MS = 5_000;
/** ICE may come back from a lost network for so long (RFC 7675 gives consent up after 30 s). */
const DISCONNECTED_MS = 10_000;
/** From the answer to a connection that stands. */
const CONNECT_MS = 15_000;
const STOP_MS = 2_000;
const RESPAWN_MS = 1_000;

interface Opened {
  transport: WebTransport;
  socket: { address: string; port: number };
}

interface Pending {
  resolve(opened: Opened): void;
  reject(error: Error): void;
}

class Link implements WebLink {
  readonly #id: number;
  readonly #gateway: Gateway;
  readonly #onLost: (why: string) => void;
  #pending: Pending | undefined;
  #timer: Timer | undefined;
  #transport: (WebTransport & { candidates: string[] }) | undefined;
  #answered = false;
  #over = false;
  readonly candidates: CandidateExchange;

  constructor(id: number, gateway: Gateway, onLost: (why: string) => void) {
    this.#id = id;
    this.#gateway = gateway;
    this.#onLost = onLost;
    this.candidates = new CandidateExchange((candidate, mid) => gateway.send({ do: 'candidate', link: id, candidate, mid }));
  }

  async open(engine: EngineSocket, trickle: boolean, offer?: string) {
    const opened = await new Promise<Opened>((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#limit(OPEN_MS, 'the gateway did not describe the connection in time');
      this.#gateway.send({ do: 'open', link: this.#id, engine, offer, trickle });
    });
    this.#limit(offer === undefined ? undefined : CONNECT_MS, 'the connection did not come to stand');
    if (offer !== undefined) this.candidates.remote(remoteIce(offer));
    return { transport: opened.transport, gateway: opened.socket };
  }

  answered(sdp: string): void {
    if (this.#answered) return;
    this.#answered = true;
    this.candidates.remote(remoteIce(sdp));
    this.#gateway.send({ do: 'answer', link: this.#id, sdp });
    this.#limit(CONNECT_MS, 'the connection did not come to stand');
  }

  take(notice: GatewayNotice): void {
    if (notice.is === 'opened') this.#opened(notice);
    else if (notice.is === 'open-failed') this.#settle((pending) => pending.reject(new Error(notice.error)));
    else if (notice.is === 'state') this.#state(notice.state);
    else if (notice.is === 'candidate') this.#candidate(notice.candidate);
    else if (notice.is === 'gathered') this.#gathered();
  }

  /** At once, because candidates may be told in the same breath. */
  #opened({ sdp, gathered, socket }: Extract<GatewayNotice, { is: 'opened' }>): void {
    try {
      const own = transportOf(sdp);
      const transport = { ...own, candidates: [...own.candidates], gathered };
      this.#transport = transport;
      this.candidates.local(transport);
      this.#settle((pending) => pending.resolve({ transport, socket }));
    } catch (error) {
      this.#settle((pending) => pending.reject(error as Error));
    }
  }

  #candidate(candidate: string): void {
    if (!this.#transport || this.#transport.candidates.includes(candidate)) return;
    this.#transport.candidates.push(candidate);
    this.candidates.changed();
  }

  #gathered(): void {
    if (!this.#transport) return;
    this.#transport.gathered = true;
    this.candidates.changed();
  }

  #state(state: Extract<GatewayNotice, { is: 'state' }>['state']): void {
    if (state === 'connected') this.#limit(undefined, '');
    else if (state === 'disconnected') this.#limit(DISCONNECTED_MS, 'the connection to the browser was lost');
    else this.lost(state === 'failed' ? 'the connection to the browser failed' : 'the browser closed the connection');
  }

  #limit(ms: number | undefined, why: string): void {
    this.#timer?.cancel();
    this.#timer = ms === undefined || this.#over ? undefined : this.#gateway.clock.setTimer(ms, () => this.lost(why));
  }

  #settle(how: (pending: Pending) => void): void {
    const pending = this.#pending;
    this.#pending = undefined;
    this.#timer?.cancel();
    if (pending) how(pending);
  }

  lost(why: string): void {
    if (this.#over) return;
    this.#settle((pending) => pending.reject(new Error(why)));
    this.close();
    this.#onLost(why);
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#timer?.cancel();
    this.#settle((pending) => pending.reject(new Error('the leg ended')));
    this.#gateway.forget(this.#id);
    this.#gateway.send({ do: 'close', link: this.#id });
  }
}

/** Starts the gateway process with the first browser, and again when it has died: its links are lost, every other call goes on. */
class Gateway implements WebGateway {
  readonly clock: Clock;
  readonly #deps: WebGatewayDeps;
  readonly #links = new Map<number, Link>();
  #child: ChildProcess | undefined;
  #waiting: GatewayCommand[] = [];
  #ready = false;
  #respawn: Timer | undefined;
  #nextId = 1;
  #stopped = false;
  #deaths = 0;
  #figures = { links: 0, toBrowser: 0, fromBrowser: 0, dropped: 0 };

  constructor(deps: WebGatewayDeps) {
    this.#deps = deps;
    this.clock = deps.clock;
  }

  link(onLost: (why: string) => void): WebLink {
    const id = this.#nextId++;
    const link = new Link(id, this, onLost);
    this.#links.set(id, link);
    return link;
  }

  forget(id: number): void {
    this.#links.delete(id);
  }

  send(command: GatewayCommand): void {
    if (this.#stopped) return;
    if (this.#ready && this.#child?.connected) this.#child.send(command);
    else if (command.do !== 'close') {
      this.#waiting.push(command);
      if (!this.#child && !this.#respawn) this.#spawn();
    }
  }

  #spawn(): void {
    const entry = fileURLToPath(this.#deps.entry ?? new URL('./gateway-process.js', import.meta.url));
    const child = fork(entry, [JSON.stringify(this.#deps.settings)], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: [] });
    this.#child = child;
    const { logger } = this.#deps;
    child.stderr?.on('data', (text: Buffer) => logger.warn({ text: text.toString().slice(0, 2_000) }, 'WebRTC gateway'));
    child.on('message', (notice: GatewayNotice) => this.#take(notice));
    child.on('error', (error) => logger.error({ err: error }, 'the WebRTC gateway could not be started'));
    child.on('exit', (code, signal) => this.#died(child, code, signal));
  }

  #take(notice: GatewayNotice): void {
    if (notice.is === 'ready') {
      this.#ready = true;
      for (const command of this.#waiting.splice(0)) this.#child?.send(command);
    } else if (notice.is === 'figures') this.#figures = notice;
    else this.#links.get(notice.link)?.take(notice);
  }

  #died(child: ChildProcess, code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#ready = false;
    this.#waiting = [];
    if (this.#stopped) return;
    this.#deaths++;
    this.#deps.logger.error(
      { code, signal, links: this.#links.size },
      'the WebRTC gateway has died; it is started again with the next browser',
    );
    for (const link of [...this.#links.values()]) link.lost('the WebRTC gateway has died');
    this.#respawn = this.clock.setTimer(RESPAWN_MS, () => {
      this.#respawn = undefined;
      if (this.#waiting.length > 0) this.#spawn();
    });
  }

  metrics(): Record<string, number> {
    const { links, toBrowser, fromBrowser, dropped } = this.#figures;
    return {
      webrtc_links: this.#links.size,
      webrtc_gateway_links: this.#child ? links : 0,
      webrtc_gateway_deaths_total: this.#deaths,
      webrtc_packets_to_browsers_total: toBrowser,
      webrtc_packets_from_browsers_total: fromBrowser,
      webrtc_packets_before_connection_total: dropped,
    };
  }

  async stop(): Promise<void> {
    this.#respawn?.cancel();
    for (const link of [...this.#links.values()]) link.lost('the switch stops');
    const child = this.#child;
    if (child?.connected) child.send({ do: 'stop' });
    this.#stopped = true;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      const cut = this.clock.setTimer(STOP_MS, () => child.kill('SIGKILL'));
      child.once('exit', () => {
        cut.cancel();
        resolve();
      });
    });
  }
}

/** Nothing is started before the first browser calls or is called. */
export function createWebGateway(deps: WebGatewayDeps): WebGateway {
  return new Gateway(deps);
}

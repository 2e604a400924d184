import type { CommandName, EventView } from '@yixian/contracts';
import { io } from 'socket.io-client';
import type { Figures } from './core/figures.js';
import type { CommandAnswer } from './shell/commands.js';
import type { Snapshot } from './shell/snapshot.js';

export type { Figures, Snapshot };

export interface EventClientOptions {
  /** E.g. `http://127.0.0.1:8080`; in a browser the page's own origin when absent. */
  url?: string;
  /** The token of `POST /api/v1/session`. */
  token: string;
  /** `seq` of the last event known from before; without it the stream begins with a snapshot. */
  since?: number;
  /** Each event once, in order. */
  onEvent(event: EventView): void;
  /** The whole picture. With `gap`, events before it are lost to this client: what was shown is to be thrown away. */
  onSnapshot(snapshot: Snapshot): void;
  /** What has changed beside the events: a moment after those it follows from. */
  onFigures?(figures: Figures): void;
  /** `ended`: the session is over, nothing is tried again. */
  onStatus?(status: 'connected' | 'interrupted' | 'ended', why: string): void;
  /** Pause before a connection the server has closed is tried again, milliseconds. Default 1 s. */
  retryMs?: number;
}

export interface EventClient {
  /** `seq` up to which everything was told. */
  readonly lastSeq: number | undefined;
  sync(): void;
  /** Asks the hotline whether it hears; without an answer within seconds the connection is made anew. For when the network may have changed. */
  check(): void;
  /** Rejects with an Error that has `code` and `details` of the API's error. */
  command(name: CommandName, input: Record<string, unknown>): Promise<unknown>;
  close(): void;
}

const COMMAND_DEADLINE_MS = 30_000;
const ALIVE_DEADLINE_MS = 3_000;
const CONNECT_DEADLINE_MS = 5_000;
const MOST_BETWEEN_TRIES_MS = 3_000;

/** Events and commands for desks, wallboards and other systems: reconnects, and misses nothing while it is away. */
export function connectEvents(options: EventClientOptions): EventClient {
  let lastSeq = options.since;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let over = false;
  const socket = io(`${options.url ?? ''}/events`, {
    auth: (give) => give({ token: options.token, ...(lastSeq === undefined ? {} : { since: lastSeq }) }),
    transports: ['websocket', 'polling'],
    forceNew: true,
    timeout: CONNECT_DEADLINE_MS,
    reconnectionDelayMax: MOST_BETWEEN_TRIES_MS,
  });

  function end(why: string): void {
    if (over) return;
    over = true;
    clearTimeout(retry);
    socket.disconnect();
    options.onStatus?.('ended', why);
  }

  /** Socket.IO tries again by itself only when the network failed, not when the server closed or refused. */
  function tryAgain(): void {
    clearTimeout(retry);
    if (!over) retry = setTimeout(() => socket.connect(), options.retryMs ?? 1000);
  }

  socket.on('event', (event: EventView) => {
    if (lastSeq !== undefined && event.seq <= lastSeq) return;
    lastSeq = event.seq;
    options.onEvent(event);
  });
  socket.on('snapshot', (snapshot: Snapshot) => {
    lastSeq = snapshot.seq;
    options.onSnapshot(snapshot);
  });
  socket.on('figures', (figures: Figures) => options.onFigures?.(figures));
  socket.on('closing', ({ reason, message }: { reason: string; message: string }) => {
    if (reason === 'signed-out') end(message);
  });
  socket.on('connect', () => options.onStatus?.('connected', ''));
  socket.on('disconnect', (reason) => {
    if (over) return;
    options.onStatus?.('interrupted', reason);
    if (reason === 'io server disconnect') tryAgain();
  });
  socket.on('connect_error', (error: Error & { data?: { error?: { code: string } } }) => {
    const code = error.data?.error?.code;
    if (code === 'unauthenticated' || code === 'bad-request') end(error.message);
    else if (!socket.active) tryAgain();
  });

  return {
    get lastSeq() {
      return lastSeq;
    },
    sync: () => void socket.emit('sync'),
    check() {
      const asked = socket.io.engine;
      if (!socket.connected) return;
      socket.timeout(ALIVE_DEADLINE_MS).emit('alive', (silent: Error | null) => {
        if (silent && !over && socket.io.engine === asked) asked.close();
      });
    },
    async command(name, input) {
      const answer: CommandAnswer = await socket.timeout(COMMAND_DEADLINE_MS).emitWithAck('command', { ...input, name });
      if (answer.ok) return answer.result;
      const { message, ...rest } = answer.error;
      throw Object.assign(new Error(message), rest);
    },
    close() {
      over = true;
      clearTimeout(retry);
      socket.disconnect();
    },
  };
}

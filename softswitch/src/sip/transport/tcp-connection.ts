import type { Socket } from 'node:net';
import type { Clock } from '@yixian/contracts';
import type { SipLimits } from '../options.js';
import { type FrameEvent, StreamFramer } from './framer.js';
import type { Hop, TransportFault, TransportHandlers } from './types.js';

const PONG = Buffer.from('\r\n');

interface Unsent {
  onError: (error: Error) => void;
}

/** One TCP connection, accepted or opened: framing in, bounded writing out, deadlines for peers that stall. */
export class TcpConnection {
  readonly #socket: Socket;
  readonly #hop: Hop;
  readonly #limits: SipLimits;
  readonly #clock: Clock;
  readonly #handlers: TransportHandlers;
  readonly #onClosed: () => void;
  readonly #framer = new StreamFramer();
  readonly #unsent = new Set<Unsent>();
  readonly #openedAt: number;
  #established: boolean;
  #lastTraffic: number;
  #partialSince: number | undefined;
  #stalledSince: number | undefined;
  #heard = false;
  #closed = false;

  constructor(
    socket: Socket,
    hop: Hop,
    established: boolean,
    limits: SipLimits,
    clock: Clock,
    handlers: TransportHandlers,
    onClosed: () => void,
  ) {
    this.#socket = socket;
    this.#hop = hop;
    this.#established = established;
    this.#limits = limits;
    this.#clock = clock;
    this.#handlers = handlers;
    this.#onClosed = onClosed;
    this.#openedAt = clock.monotonic();
    this.#lastTraffic = this.#openedAt;
    socket.on('connect', () => {
      this.#established = true;
    });
    socket.on('data', (chunk) => this.#received(chunk));
    socket.on('drain', () => {
      this.#stalledSince = undefined;
    });
    socket.on('end', () => socket.end());
    socket.on('error', (error) => this.#over(error));
    socket.on('close', () => this.#over(new Error('the connection was closed')));
  }

  send(bytes: Buffer, onError: (error: Error) => void): void {
    if (this.#closed) {
      onError(new Error('the connection is closed'));
      return;
    }
    if (this.#socket.writableLength + bytes.length > this.#limits.tcpWriteBufferBytes) {
      onError(new Error('the peer does not read'));
      this.#fail('tcp-not-reading');
      return;
    }
    const entry: Unsent = { onError };
    this.#unsent.add(entry);
    this.#lastTraffic = this.#clock.monotonic();
    const flushed = this.#socket.write(bytes, (error) => {
      if (!this.#unsent.delete(entry) || !error) return;
      onError(error);
    });
    if (!flushed) this.#stalledSince ??= this.#clock.monotonic();
  }

  /** Sends what is waiting, then closes; a peer that does not read is cut by its write deadline. */
  closeAfterWriting(): void {
    if (this.#closed) return;
    if (this.#socket.writableLength === 0 || !this.#established) this.#socket.destroy();
    else this.#socket.destroySoon();
  }

  /** Closes at once, whatever is waiting. */
  abort(): void {
    this.#over(new Error('the transport is stopped'));
  }

  checkDeadlines(): void {
    const now = this.#clock.monotonic();
    const limits = this.#limits;
    const since = (at: number | undefined) => (at === undefined ? 0 : now - at);
    const idleLimit = this.#heard ? limits.tcpIdleMs : limits.tcpFirstMessageMs;
    if (!this.#established && since(this.#openedAt) > limits.tcpConnectMs) this.#over(new Error('connecting took too long'));
    else if (since(this.#partialSince) > limits.tcpMessageDeadlineMs) this.#fail('tcp-slow');
    else if (since(this.#stalledSince) > limits.tcpWriteStallMs) this.#fail('tcp-not-reading');
    else if (since(this.#lastTraffic) > idleLimit) this.#fail('tcp-idle');
  }

  #received(chunk: Buffer): void {
    if (this.#closed) return;
    const events = this.#framer.push(chunk);
    const now = this.#clock.monotonic();
    // Bytes of an unfinished message are not traffic, or a slow loris would never be idle.
    if (!this.#framer.partial) this.#partialSince = undefined;
    else if (events.length > 0 || this.#partialSince === undefined) this.#partialSince = now;
    for (const event of events) {
      this.#lastTraffic = now;
      this.#take(event);
    }
  }

  #take(event: FrameEvent): void {
    switch (event.type) {
      case 'message':
        this.#heard = true;
        this.#handlers.packet({ bytes: event.bytes, source: this.#hop });
        break;
      case 'ping':
        this.send(PONG, () => this.#fail('tcp-reset'));
        break;
      case 'lost':
        this.#handlers.fault(event.reason === 'too-large' ? 'tcp-too-large' : 'tcp-bad-length', this.#hop);
        if (event.head) this.#handlers.packet({ bytes: event.head, source: this.#hop, oversize: event.reason === 'too-large' });
        this.closeAfterWriting();
        break;
    }
  }

  #fail(fault: TransportFault): void {
    if (this.#closed) return;
    this.#handlers.fault(fault, this.#hop);
    this.#over(new Error(`connection closed: ${fault}`));
  }

  #over(error: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.destroy();
    this.#onClosed();
    const unsent = [...this.#unsent];
    this.#unsent.clear();
    for (const entry of unsent) entry.onError(error);
  }
}

import type { ListenPoint } from './port.js';
import type { SipSocket } from './transport/sip-socket.js';
import type { Hop, TransportHandlers, TransportLayer } from './transport/types.js';

/** Is given every message that comes and goes, on the hot path: it may keep the bytes' text and do nothing that takes time. */
export interface MessageTap {
  /** @param opens an INVITE: messages of its Call-ID may be of a call */
  received(sipCallId: string, opens: boolean, bytes: Buffer, source: Hop, locals: Pick<TransportLayer, 'localFor'>): void;
  /** @returns whether somebody wants to know when it cannot be sent */
  sent(
    sipCallId: string,
    opens: boolean,
    bytes: Buffer,
    hop: Hop,
    locals: Pick<TransportLayer, 'localFor'>,
  ): ((error: Error) => void) | undefined;
}

const CALL_ID = '\r\nCall-ID: ';
const INVITE = Buffer.from('INVITE ');

/** The transport with every message that is sent shown to the tap. We write Call-ID in full ourselves, so it is found without parsing. */
export class TappedTransport implements TransportLayer {
  readonly #inner: TransportLayer;
  readonly #tap: MessageTap;

  constructor(inner: TransportLayer, tap: MessageTap) {
    this.#inner = inner;
    this.#tap = tap;
  }

  send(hop: Hop, bytes: Buffer, onError: (error: Error) => void): void {
    const at = bytes.indexOf(CALL_ID, 0, 'latin1');
    const from = at + CALL_ID.length;
    const failed =
      at < 0 ? undefined : this.#tap.sent(bytes.toString('latin1', from, bytes.indexOf(13, from)), startsInvite(bytes), bytes, hop, this);
    if (!failed) {
      this.#inner.send(hop, bytes, onError);
      return;
    }
    this.#inner.send(hop, bytes, (error) => {
      failed(error);
      onError(error);
    });
  }

  start(handlers: TransportHandlers): Promise<void> {
    return this.#inner.start(handlers);
  }

  stop(): Promise<void> {
    return this.#inner.stop();
  }

  listening(): readonly ListenPoint[] {
    return this.#inner.listening();
  }

  localFor(hop: Hop): { address: string; port: number } | undefined {
    return this.#inner.localFor(hop);
  }

  connected(hop: Hop): boolean {
    return this.#inner.connected(hop);
  }

  close(hop: Hop): void {
    this.#inner.close(hop);
  }

  connections(): number {
    return this.#inner.connections();
  }

  adopt(socket: SipSocket, source: { address: string; port: number }): void {
    if (this.#inner.adopt) this.#inner.adopt(socket, source);
    else socket.close(1013);
  }
}

function startsInvite(bytes: Buffer): boolean {
  return bytes.length > INVITE.length && bytes[0] === 73 && bytes.compare(INVITE, 0, INVITE.length, 0, INVITE.length) === 0;
}

import type { NodeId } from '@yixian/contracts';
import type { ListenPoint } from '../port.js';
import type { SipSocket } from './sip-socket.js';

/** One next hop: where bytes go, or where they came from. `listener` is the index of the listen point they use. */
export interface Hop {
  readonly transport: 'udp' | 'tcp' | 'ws';
  /** Numeric; IPv6 without brackets. */
  readonly address: string;
  readonly port: number;
  readonly listener?: number;
  /** The process whose socket it is; this one's without. */
  readonly node?: NodeId;
}

/** One message as it arrived, framed but not parsed. */
export interface Packet {
  readonly bytes: Buffer;
  readonly source: Hop;
  /** The head of a message whose declared length is beyond the bound: owed 513, the connection is closed behind it. */
  readonly oversize?: boolean;
}

/** Why the transport threw something away or closed a connection; a label of the discard counter. */
export type TransportFault =
  | 'tcp-too-large'
  | 'tcp-bad-length'
  | 'tcp-slow'
  | 'tcp-idle'
  | 'tcp-not-reading'
  | 'tcp-too-many-connections'
  | 'tcp-reset'
  | 'ws-too-many-connections'
  | 'udp-send-failed';

export interface TransportHandlers {
  packet(packet: Packet): void;
  fault(fault: TransportFault, source: Hop): void;
  /** A connection that only its peer can open again is gone: what was registered over it cannot be reached. */
  closed?(source: Hop): void;
}

/** Moves bytes; knows nothing of SIP beyond Content-Length. Tests replace it by a recorder. */
export interface TransportLayer {
  /** Binds every listen point; rejects with an error naming address and port. */
  start(handlers: TransportHandlers): Promise<void>;
  stop(): Promise<void>;
  listening(): readonly ListenPoint[];
  /** The address and port to put into Via and Contact for this hop; undefined when nothing can reach it. */
  localFor(hop: Hop): { address: string; port: number } | undefined;
  /** Sends, opening a connection when none is there. `onError` is called at most once, when the bytes cannot have arrived. */
  send(hop: Hop, bytes: Buffer, onError: (error: Error) => void): void;
  /** Whether a connection to this hop is open; always true for UDP. */
  connected(hop: Hop): boolean;
  /** Closes a connection whose stream can no longer be framed. */
  close(hop: Hop): void;
  /** Open connections. */
  connections(): number;
  /** Takes over a WebSocket that the HTTP server has accepted (RFC 7118). */
  adopt?(socket: SipSocket, source: { address: string; port: number }): void;
}

/** A connection in order and without loss: nothing is retransmitted, and answers go back the same way. */
export function isStream(hop: Hop): boolean {
  return hop.transport !== 'udp';
}

export function isIpv6(address: string): boolean {
  return address.includes(':');
}

/** IPv4-mapped IPv6 addresses are IPv4 to us. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

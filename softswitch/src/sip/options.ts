import type { Clock, Cluster, Logger } from '@yixian/contracts';
import type { MessageTap } from './message-tap.js';
import type { ListenPoint } from './port.js';

/** Bounds on what a peer may make us spend. */
export interface SipLimits {
  /** Concurrent TCP connections, all peers together. Default 4096. */
  tcpConnections: number;
  /** Concurrent TCP connections of one source address. Default 256. */
  tcpConnectionsPerSource: number;
  /** A begun message has to be complete within so long (slow loris). Default 10 s. */
  tcpMessageDeadlineMs: number;
  /** A connection that never brought a whole message is closed after so long. Default 30 s. */
  tcpFirstMessageMs: number;
  /** A connection without any traffic is closed after so long. Default 3,700 s, above the longest registration. */
  tcpIdleMs: number;
  /** Opening a connection may take so long. Default 5 s. */
  tcpConnectMs: number;
  /** Bytes waiting for a peer that does not read; beyond it the connection is closed. Default 256 KiB. */
  tcpWriteBufferBytes: number;
  /** Bytes waiting may stay unread for so long. Default 32 s (64·T1). */
  tcpWriteStallMs: number;
  /** Server transactions at once; beyond it new requests get 503. Default 20,000. */
  serverTransactions: number;
  /** Subscriptions to message waiting, all phones together; beyond it 503. Default 10,000. */
  subscriptions: number;
  /** Contacts of one extension; more are refused 403. Default 10. */
  contactsPerExtension: number;
}

export const DEFAULT_LIMITS: SipLimits = {
  tcpConnections: 4096,
  tcpConnectionsPerSource: 256,
  tcpMessageDeadlineMs: 10_000,
  tcpFirstMessageMs: 30_000,
  tcpIdleMs: 3_700_000,
  tcpConnectMs: 5_000,
  tcpWriteBufferBytes: 256 * 1024,
  tcpWriteStallMs: 32_000,
  serverTransactions: 20_000,
  subscriptions: 10_000,
  contactsPerExtension: 10,
};

export type DigestAlgorithm = 'SHA-256' | 'MD5';

export interface SipStackOptions {
  listen: readonly ListenPoint[];
  clock: Clock;
  logger: Logger;
  /** Source of unpredictable bytes (tags, branches, nonces). Default node:crypto; tests give a repeatable one. */
  randomBytes?: (count: number) => Buffer;
  /** Digest realm. Default `yixian`. */
  realm?: string;
  /**
   * Challenges offered, in this order (RFC 8760 §2.3: most preferred first). Default MD5 alone: phones before RFC 8760 give up on a
   * second or unknown challenge (baresip 1.0 on any SHA-256, sipp 3.6 on SHA-256 first). Credentials with SHA-256 are taken always.
   */
  digestAlgorithms?: readonly DigestAlgorithm[];
  /** How long a nonce is good, milliseconds. Default 300,000. */
  nonceLifetimeMs?: number;
  /** What nonces are proved by, 32 bytes, shared by the processes of one hotline: a phone may bring one's nonce to another. */
  nonceKey?: Buffer;
  /** User-Agent and Server header. Default `Yixian`. */
  userAgent?: string;
  /** RFC 4028 Session-Expires we ask for, seconds; 0 asks for none. Default 1800. */
  sessionExpiresSeconds?: number;
  /** RFC 4028 Min-SE we insist on, seconds, at least 90. Default 90. */
  minSessionExpiresSeconds?: number;
  /** Shorter registrations get 423 (RFC 3261 §10.3). Default 60. */
  minExpires?: number;
  /** Longer registrations are shortened to this. Default 3600. */
  maxExpires?: number;
  /** Address to put into Via and Contact instead of the bound one (1:1 NAT). */
  advertisedAddress?: string;
  limits?: Partial<SipLimits>;
  /** Shown every message, for a trace. */
  tap?: MessageTap;
  /** The other processes of the hotline: contacts are shared with them, and calls reach phones that are connected to them. */
  cluster?: Cluster;
}

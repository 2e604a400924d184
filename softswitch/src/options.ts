import type { Clock, Cluster, EdgePolicy, IdSource, Logger, RegistrationStore, SipWire } from '@yixian/contracts';
import type { InterfaceAddress } from './local-address.js';
import type { CodecName, MediaEngine } from './media/port.js';
import type { DigestAlgorithm, ListenPoint, SipStack } from './sip/index.js';
import type { SipTrace } from './trace/sip-trace.js';

export interface SoftswitchOptions {
  /** Addresses to bind, IPv4 and IPv6. */
  hosts: readonly string[];
  /** SIP over UDP and TCP; 0 takes free ports (tests). */
  sipPort: number;
  /** UDP ports for RTP, inclusive; each leg takes two. */
  rtpPorts: { min: number; max: number };
  policy: EdgePolicy;
  clock: Clock;
  ids: IdSource;
  logger: Logger;
  /** Keeps registrations across a restart. */
  registrationStore?: RegistrationStore;
  /** User-Agent and Server header. */
  userAgent?: string;
  /** Digest realm. */
  realm?: string;
  /** Algorithms to challenge with, most preferred first; see `SipStackOptions`. Default MD5 alone, SHA-256 is taken all the same. */
  digestAlgorithms?: readonly DigestAlgorithm[];
  /** See `SipStackOptions.nonceKey`. */
  nonceKey?: Buffer;
  /**
   * After so long without RTP, on hold too, the party is asked by OPTIONS whether it is still there; no answer within
   * ten seconds ends the leg with `media-timeout`. Silence alone ends nothing. Default 60,000.
   */
  mediaTimeoutMs?: number;
  /** RFC 4028 interval we ask for; 0 asks for none. */
  sessionExpiresSeconds?: number;
  /** Order of preference, for every leg; one order for all lets bridges pass packets through. Default PCMA, PCMU, G729. */
  codecs?: readonly CodecName[];
  /** The other processes of the hotline; alone without. */
  cluster?: Cluster;
  /** Keeps the SIP messages of calls; without it nothing is traced. */
  trace?: SipTrace;
  /** A SIP server outside of this process in the place of own sockets (drachtio-server). */
  wire?: SipWire;
  /** Other implementations of the two ports: FreeSWITCH for media, fakes for tests. */
  sip?: (listen: readonly ListenPoint[]) => SipStack;
  media?: MediaEngine;
  interfaces?: () => readonly InterfaceAddress[];
}
